"""What a payload changes: stored state + alerts + now -> new state + transitions.

An *episode* is one firing of an alert, from its start to its end, numbered from 1 for each alert. Retries,
repeats, HA peers and restarts of Alertmanager send again what is stored already: no change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from alertbridge.alerts.alert import Alert

# Alertmanager sends no "resolved" for an alert that is silenced or inhibited when it ends. A firing that
# began this much later than the stored one is a new one; the stored one has ended unseen.
ANEW_SECONDS = 1.0

# A firing older than the stored end is a stale repeat only this long after that end was received, as
# Alertmanager retries for a group interval and its peers wait 15 s each. Later it is news: the end was
# wrong.
REPLAY_WINDOW_SECONDS = 300.0


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


class Verdict(StrEnum):
    """What one alert of a payload means, compared with the stored state."""

    OPENED = "opened"
    CLOSED = "closed"
    CLAIMED = "claimed"
    REPEATED = "repeated"
    STALE = "stale"
    NEVER_TOLD = "never_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """The changes that a payload makes.

    Attributes:
        opened: New episodes, in the payload's order.
        closed: Episodes that were open and have ended, in the payload's order.
        claimed: Ends of open episodes that have to be proven.
        renewed: Open episodes whose alert is still firing, so that nobody claims their end any more.
        lapsed: Episodes that were open and never resolved, and whose alert has fired anew.
        verdicts: One for each alert, in the payload's order.
    """

    opened: tuple[Episode, ...]
    closed: tuple[Episode, ...]
    lapsed: tuple[Episode, ...]
    verdicts: tuple[Verdict, ...]
    claimed: tuple[Claimed, ...] = ()
    renewed: tuple[Episode, ...] = ()


def fold(latest: Mapping[str, Episode], alerts: Iterable[Alert], now_unix_seconds: float) -> Fold:
    """Return what *alerts* change, given the *latest* episode of each alert by its id."""
    current = dict(latest)
    opened: dict[str, Episode] = {}
    closed: dict[str, Episode] = {}
    lapsed: dict[str, Episode] = {}
    claimed: dict[str, Claimed] = {}
    renewed: dict[str, Episode] = {}
    verdicts = []
    for alert in alerts:
        before = current.get(alert.alert_id)
        verdict = judge(before, alert, now_unix_seconds)
        verdicts.append(verdict)
        if verdict is Verdict.OPENED:
            if before is not None and before.is_open:
                lapsed[alert.alert_id] = before.ended(alert.starts_unix_seconds, now_unix_seconds)
            current[alert.alert_id] = opened[alert.alert_id] = Episode(
                alert_id=alert.alert_id,
                number=1 if before is None else before.number + 1,
                alert=alert,
                opened_unix_seconds=now_unix_seconds,
            )
        elif verdict is Verdict.CLOSED and before is not None:
            ends = alert.ends_unix_seconds or now_unix_seconds
            ended = before.ended(ends, now_unix_seconds, alert)
            changed = opened if alert.alert_id in opened else closed
            current[alert.alert_id] = changed[alert.alert_id] = ended
        elif verdict is Verdict.CLAIMED and before is not None:
            ends = alert.ends_unix_seconds or now_unix_seconds
            claimed[alert.alert_id] = Claimed(
                episode=before, ends_unix_seconds=ends, is_reconciled=alert.is_end_reconciled
            )
        elif verdict is Verdict.REPEATED and alert.is_firing and before is not None:
            claimed.pop(alert.alert_id, None)
            renewed[alert.alert_id] = before
    return Fold(
        opened=tuple(opened.values()),
        closed=tuple(closed.values()),
        lapsed=tuple(lapsed.values()),
        claimed=tuple(claimed.values()),
        renewed=tuple(renewed.values()),
        verdicts=tuple(verdicts),
    )


def judge(latest: Episode | None, alert: Alert, now_unix_seconds: float) -> Verdict:
    """Return what *alert* means, given its *latest* stored episode; None when there is none."""
    if alert.is_firing:
        return _judge_firing(latest, alert, now_unix_seconds)
    if latest is None:
        return Verdict.NEVER_TOLD
    if not latest.is_open:
        return Verdict.REPEATED
    ends = alert.ends_unix_seconds or now_unix_seconds
    if ends < latest.alert.starts_unix_seconds:
        return Verdict.STALE
    return Verdict.CLOSED if alert.is_proven else Verdict.CLAIMED


def _judge_firing(latest: Episode | None, alert: Alert, now_unix_seconds: float) -> Verdict:
    if latest is None:
        return Verdict.OPENED
    if latest.ended_unix_seconds is None or latest.closed_unix_seconds is None:
        is_new = alert.starts_unix_seconds > latest.alert.starts_unix_seconds + ANEW_SECONDS
        return Verdict.OPENED if is_new else Verdict.REPEATED
    if alert.starts_unix_seconds >= latest.ended_unix_seconds:
        return Verdict.OPENED
    # A post that waited for the database may be timed before the end that it is compared with
    is_fresh = abs(now_unix_seconds - latest.closed_unix_seconds) < REPLAY_WINDOW_SECONDS
    return Verdict.STALE if is_fresh else Verdict.OPENED
