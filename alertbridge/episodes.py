"""What a payload changes: stored state + alerts + now -> new state + transitions.

Identity is state, not bytes. An *episode* is one firing of an alert, from its start to its end, counted per
alert from 1. Retries, reminders, HA twins and restarts of Alertmanager repeat what is stored: no change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from alertbridge.alerts import Alert

# A firing older than the stored end is a stale replay only this long after that end was told: Alertmanager
# retries for a group interval, its peers wait 15 s each. Later it means that the end was wrong, and is news.
REPLAY_WINDOW_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One firing of one alert.

    Attributes:
        alert_id: The alert's identity.
        number: 1 for the first firing that was told.
        alert: As it was told when the episode opened.
        opened_unix_seconds: When the bridge was told.
        ended_unix_seconds: When it ended by Alertmanager's word; None while it is open.
        closed_unix_seconds: When the bridge was told of the end; None while it is open.
    """

    alert_id: str
    number: int
    alert: Alert
    opened_unix_seconds: float
    ended_unix_seconds: float | None = None
    closed_unix_seconds: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether no end has been told."""
        return self.ended_unix_seconds is None


class Verdict(StrEnum):
    """What one alert of a payload means, held against the stored state."""

    OPENED = "opened"
    CLOSED = "closed"
    REPEATED = "repeated"
    STALE = "stale"
    NEVER_TOLD = "never_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What a payload came to.

    Attributes:
        opened: New episodes, in the payload's order.
        closed: Episodes that were open and have ended, in the payload's order.
        verdicts: One for each alert, in the payload's order.
    """

    opened: tuple[Episode, ...]
    closed: tuple[Episode, ...]
    verdicts: tuple[Verdict, ...]


def fold(latest: Mapping[str, Episode], alerts: Iterable[Alert], now_unix_seconds: float) -> Fold:
    """Return what *alerts* change, given the *latest* episode of each alert by its id."""
    current = dict(latest)
    touched: dict[tuple[str, int], Episode] = {}
    verdicts = []
    for alert in alerts:
        alert_id = alert.alert_id
        verdict = judge(current.get(alert_id), alert, now_unix_seconds)
        verdicts.append(verdict)
        match verdict:
            case Verdict.OPENED:
                number = current[alert_id].number + 1 if alert_id in current else 1
                changed = Episode(
                    alert_id=alert_id, number=number, alert=alert, opened_unix_seconds=now_unix_seconds
                )
            case Verdict.CLOSED:
                changed = replace(
                    current[alert_id],
                    ended_unix_seconds=alert.ends_unix_seconds,
                    closed_unix_seconds=now_unix_seconds,
                )
            case _:
                continue
        current[alert_id] = touched[(alert_id, changed.number)] = changed
    known = {(episode.alert_id, episode.number) for episode in latest.values()}
    return Fold(
        opened=tuple(episode for key, episode in touched.items() if key not in known),
        closed=tuple(episode for key, episode in touched.items() if key in known),
        verdicts=tuple(verdicts),
    )


def judge(latest: Episode | None, alert: Alert, now_unix_seconds: float) -> Verdict:
    """Return what *alert* means for an alert whose *latest* episode is stored, or None is."""
    if alert.is_firing:
        return _judge_firing(latest, alert, now_unix_seconds)
    if latest is None:
        return Verdict.NEVER_TOLD
    if not latest.is_open:
        return Verdict.REPEATED
    ends = alert.ends_unix_seconds or now_unix_seconds
    return Verdict.CLOSED if ends >= latest.alert.starts_unix_seconds else Verdict.STALE


def _judge_firing(latest: Episode | None, alert: Alert, now_unix_seconds: float) -> Verdict:
    if latest is None:
        return Verdict.OPENED
    if latest.ended_unix_seconds is None or latest.closed_unix_seconds is None:
        return Verdict.REPEATED
    if alert.starts_unix_seconds >= latest.ended_unix_seconds:
        return Verdict.OPENED
    is_fresh = 0 <= now_unix_seconds - latest.closed_unix_seconds < REPLAY_WINDOW_SECONDS
    return Verdict.STALE if is_fresh else Verdict.OPENED
