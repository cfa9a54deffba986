"""What a payload changes: stored state + alerts + now -> new state + transitions.

An *episode* is one firing of an alert, from its start to its end, numbered from 1 for each alert. Retries,
repeats, HA peers and restarts of Alertmanager send again what is stored already: no change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import is_internal

# A firing that began this much later than the open episode is disputed, by `disputes.py`
ANEW_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One firing of one alert.

    Attributes:
        alert_id: The alert's identity.
        number: 1 for the first firing that was received.
        alert: As it was received when the episode opened.
        opened_unix_seconds: When the bridge received the firing.
        ended_unix_seconds: When it ended, according to Alertmanager; None while it is open.
        closed_unix_seconds: When the bridge received the end; None while it is open.
        is_end_reconciled: Whether Alertmanager sent no "resolved" and the end was found in Prometheus.
        is_unwatched: Whether it ended as Prometheus does not scrape its target any more.
        watched_as: The name under which that target's address is scraped now; empty when it is not.
        reopened_unix_seconds: When it was found to go on after it had been said to have ended; None when it
            never was.
        restarted_unix_seconds: The newest start with which it was found to be firing still; None when it was
            never other than that of its alert.
    """

    alert_id: str
    number: int
    alert: Alert
    opened_unix_seconds: float
    ended_unix_seconds: float | None = None
    closed_unix_seconds: float | None = None
    is_end_reconciled: bool = False
    is_unwatched: bool = False
    watched_as: str = ""
    reopened_unix_seconds: float | None = None
    restarted_unix_seconds: float | None = None

    @property
    def newest_start_unix_seconds(self) -> float:
        """The newest start with which it is known to be firing."""
        return max(self.alert.starts_unix_seconds, self.restarted_unix_seconds or 0.0)

    @property
    def is_open(self) -> bool:
        """Whether no end has been received."""
        return self.ended_unix_seconds is None

    def ended(
        self, ended_unix_seconds: float, closed_unix_seconds: float, end: Alert | None = None
    ) -> "Episode":
        """Return this episode, ended as *end* says, if anything does.

        Written out, as `replace` takes four times as long for each of many.
        """
        return Episode(
            alert_id=self.alert_id,
            number=self.number,
            alert=self.alert,
            opened_unix_seconds=self.opened_unix_seconds,
            ended_unix_seconds=ended_unix_seconds,
            closed_unix_seconds=closed_unix_seconds,
            is_end_reconciled=end is not None and end.is_end_reconciled,
            is_unwatched=end is not None and end.is_unwatched,
            watched_as="" if end is None else end.watched_as,
            reopened_unix_seconds=self.reopened_unix_seconds,
            restarted_unix_seconds=self.restarted_unix_seconds,
        )

    def reopened(self, reopened_unix_seconds: float, firing: Alert) -> "Episode":
        """Return this episode as it goes on by *firing*, though it was said to have ended."""
        return Episode(
            alert_id=self.alert_id,
            number=self.number,
            alert=self.alert,
            opened_unix_seconds=self.opened_unix_seconds,
            reopened_unix_seconds=reopened_unix_seconds,
            restarted_unix_seconds=max(self.newest_start_unix_seconds, firing.starts_unix_seconds),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The end of an episode that is open, as somebody says; not confirmed yet.

    Attributes:
        episode: The episode.
        ends_unix_seconds: When it ended, as they say.
        is_reconciled: Whether it was found in Prometheus, and not sent by Alertmanager.
    """

    episode: Episode
    ends_unix_seconds: float
    is_reconciled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """A firing that contradicts what is stored: it began after the episode that is open, or before its end.

    Attributes:
        episode: The latest episode of the alert.
        alert: As it is firing.
    """

    episode: Episode
    alert: Alert


class Verdict(StrEnum):
    """What one alert of a payload means, compared with the stored state."""

    OPENED = "opened"
    REOPENED = "reopened"
    CLOSED = "closed"
    CLAIMED = "claimed"
    DISPUTED = "disputed"
    REPEATED = "repeated"
    STALE = "stale"
    NEVER_TOLD = "never_told"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """The changes that a payload makes.

    Attributes:
        opened: New episodes, in the payload's order.
        closed: Episodes that were open and have ended, in the payload's order.
        claimed: Ends of open episodes that have to be proven.
        renewed: Open episodes whose alert is still firing, so that nobody claims their end any more.
        lapsed: Episodes that were open and never resolved, and whose alert has fired anew.
        reopened: Episodes that had ended, and go on.
        disputed: Firings that contradict what is stored.
        verdicts: One for each alert, in the payload's order.
    """

    opened: tuple[Episode, ...]
    closed: tuple[Episode, ...]
    lapsed: tuple[Episode, ...]
    verdicts: tuple[Verdict, ...]
    claimed: tuple[Claimed, ...] = ()
    renewed: tuple[Episode, ...] = ()
    reopened: tuple[Episode, ...] = ()
    disputed: tuple[Disputed, ...] = ()


def fold(latest: Mapping[str, Episode], alerts: Iterable[Alert], now_unix_seconds: float) -> Fold:
    """Return what *alerts* change, given the *latest* episode of each alert by its id."""
    folding = _Folding(latest, now_unix_seconds)
    verdicts = tuple(map(folding.take, alerts))
    return Fold(
        opened=tuple(folding.opened.values()),
        closed=tuple(folding.closed.values()),
        lapsed=tuple(folding.lapsed.values()),
        claimed=tuple(folding.claimed.values()),
        renewed=tuple(folding.renewed.values()),
        reopened=tuple(folding.reopened.values()),
        disputed=tuple(folding.disputed.values()),
        verdicts=verdicts,
    )


class _Folding:
    """The state of each alert while a payload's alerts are taken in, one after the other."""

    def __init__(self, latest: Mapping[str, Episode], now_unix_seconds: float) -> None:
        self._now = now_unix_seconds
        self._current = dict(latest)
        self.opened: dict[str, Episode] = {}
        self.closed: dict[str, Episode] = {}
        self.lapsed: dict[str, Episode] = {}
        self.claimed: dict[str, Claimed] = {}
        self.renewed: dict[str, Episode] = {}
        self.reopened: dict[str, Episode] = {}
        self.disputed: dict[str, Disputed] = {}

    def take(self, alert: Alert) -> Verdict:
        before = self._current.get(alert.alert_id)
        verdict = judge(before, alert)
        if verdict is Verdict.OPENED:
            self._open(before, alert)
        elif before is not None:
            self._change(verdict, before, alert)
        return verdict

    def _open(self, before: Episode | None, alert: Alert) -> None:
        key = alert.alert_id
        if before is not None and before.is_open:
            self.lapsed[key] = before.ended(alert.starts_unix_seconds, self._now)
        number = 1 if before is None else before.number + 1
        self._current[key] = self.opened[key] = Episode(
            alert_id=key, number=number, alert=alert, opened_unix_seconds=self._now
        )

    def _change(self, verdict: Verdict, before: Episode, alert: Alert) -> None:
        key, ends = alert.alert_id, alert.ends_unix_seconds or self._now
        if verdict is Verdict.CLOSED:
            changed = self.opened if key in self.opened else self.closed
            self._current[key] = changed[key] = before.ended(ends, self._now, alert)
        elif verdict is Verdict.CLAIMED:
            is_reconciled = alert.is_end_reconciled
            self.claimed[key] = Claimed(episode=before, ends_unix_seconds=ends, is_reconciled=is_reconciled)
        elif verdict is Verdict.REOPENED:
            self._current[key] = self.reopened[key] = before.reopened(self._now, alert)
        elif verdict is Verdict.DISPUTED:
            self.disputed[key] = Disputed(episode=before, alert=alert)
        elif alert.is_firing:
            self.claimed.pop(key, None)
            self.renewed[key] = before


def judge(latest: Episode | None, alert: Alert) -> Verdict:
    """Return what *alert* means, given its *latest* stored episode; None when there is none."""
    if alert.is_firing:
        return _judge_firing(latest, alert)
    if latest is None:
        return Verdict.NEVER_TOLD
    if not latest.is_open:
        return Verdict.REPEATED
    if alert.ends_unix_seconds is not None and alert.ends_unix_seconds < latest.alert.starts_unix_seconds:
        return Verdict.STALE
    return Verdict.CLOSED if alert.is_proven else Verdict.CLAIMED


def _judge_firing(latest: Episode | None, alert: Alert) -> Verdict:
    if latest is None:
        return Verdict.OPENED
    if latest.ended_unix_seconds is None:
        is_later = alert.starts_unix_seconds > latest.newest_start_unix_seconds + ANEW_SECONDS
        if not is_later or not alert.is_start_known:
            return Verdict.REPEATED
        return Verdict.OPENED if alert.is_proven or is_internal(alert) else Verdict.DISPUTED
    if alert.starts_unix_seconds >= latest.ended_unix_seconds or is_internal(alert):
        return Verdict.OPENED
    return Verdict.REOPENED if alert.is_proven else Verdict.DISPUTED
