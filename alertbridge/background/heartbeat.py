"""The dead man's switch: when an alert that always fires stops coming, monitoring is blind."""

import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.background.blindness import LongGap, began, began_and_ended, ended, one_of_several
from alertbridge.background.gaps import Uptime
from alertbridge.background.heartbeat_labels import key_of
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.background.silence import Beat, is_too_long, later
from alertbridge.background.watched import (
    Change,
    merged,
    stored_of,
    waiting,
    watched_of,
    with_alertname,
    with_beat,
    without_retired,
)
from alertbridge.outbox.heartbeat_record import HeartbeatRecord, Heartbeats
from marax.clock import Clock

_EVALUATED_AT = "evaluated_at"
_NO_LABELS: Mapping[str, str] = {}
_UNIX_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_CLOCKS_DIFFER_SECONDS = 10.0

logger = logging.getLogger(__name__)


class HeartbeatStore(Protocol):
    """Where the records outlive the process; StoreError when it cannot be read or written."""

    def read(self) -> Heartbeats | None: ...

    def write(self, heartbeats: Heartbeats) -> None: ...


class HeartbeatConfig(Protocol):
    """What the settings in force say of the heartbeat, and who can say why it does not come."""

    @property
    def heartbeat(self) -> HeartbeatSettings: ...

    def diagnose(self) -> str:
        """Return which part does not answer, in a sentence."""
        ...


class Gaps(Protocol):
    """Knows when the bridge did not run."""

    def uptime(self) -> Uptime:
        """Return how the time until now was spent."""
        ...


class RaiseAlert(Protocol):
    """Takes in alerts that belong together; nobody is notified of one twice, across restarts too."""

    def __call__(self, *alerts: Alert) -> object: ...


class Heartbeat:
    """Waits for heartbeats, each by its labels; raises an alert when one is silent too long, and ends it.

    Silence is measured by clocks that nobody sets: setting the wall clock raises no alarm and hides none.
    """

    def __init__(  # noqa: PLR0913 - what stands around it
        self,
        *,
        store: HeartbeatStore,
        raise_alert: RaiseAlert,
        live: HeartbeatConfig,
        clock: Clock,
        gaps: Gaps,
        on_beat: Callable[[], None],
    ) -> None:
        self._store = store
        self._raise_alert = raise_alert
        self._live = live
        self._clock = clock
        self._gaps = gaps
        self._on_beat = on_beat
        self._lock = threading.Lock()
        stored = store.read()
        name, now = live.heartbeat.alertname, clock.unix_seconds()
        self._watched = watched_of(stored) if stored and stored.records else waiting(name, now)
        self._counted_until = gaps.uptime()
        self._alarmed: set[str] = set()
        self._untold_gap: LongGap | None = None

    def evaluated_unix_seconds(self) -> float:
        """Return Prometheus' newest evaluation that a heartbeat has brought; 0 before the first."""
        return self._watched.newest.evaluated_unix_seconds

    def last_unix_seconds(self) -> float:
        """Return when a heartbeat last came, or the bridge first waited for it."""
        return max(record.last_unix_seconds for record in self._watched.records.values())

    def ahead_seconds(self) -> float:
        """Return how far an evaluation lay in the future as its heartbeat came; 0 when none did."""
        return max(record.ahead_seconds for record in self._watched.records.values())

    def beat(
        self, evaluated_unix_seconds: float | None = None, labels: Mapping[str, str] = _NO_LABELS
    ) -> None:
        """Note that the heartbeat with *labels* has come, and Prometheus' evaluation that it is from.

        One without a newer evaluation is ignored: Alertmanager repeats the last one for minutes after
        Prometheus has stopped. One that does not say, or names a moment to come, may be as old as that.

        Raises:
            StoreError: That could not be stored.
        """
        with self._lock:
            self._count()
            beat = Beat(
                now_unix_seconds=self._clock.unix_seconds(),
                evaluated_unix_seconds=evaluated_unix_seconds,
                alarm_after_seconds=self._live.heartbeat.alarm_after_seconds,
            )
            change = with_beat(self._watched, labels, beat)
            if change is None:
                return
            self._apply(change)
            self._tell_gap(beat, change.back_unix_seconds)
        self._on_beat()

    def check(self) -> None:
        """Count the time since the last check, and raise the alarm once a silence is too long.

        Raises:
            StoreError: That could not be stored; the next check tries again.
        """
        with self._lock:
            self._count()
            self._apply(without_retired(self._watched, self._live.heartbeat.alarm_after_seconds))
            due = self._due()
            if any(self._watched.is_worn_by_many(record) for record in due):
                self._apply(merged(self._watched))
                due = self._due()
        if due:
            self._raise_alarms(due)

    def _count(self) -> None:
        """Count the time since this was last done into every record."""
        name, now = self._live.heartbeat.alertname, self._clock.unix_seconds()
        if self._watched.alertname != name:
            self._apply(with_alertname(self._watched, name, now))
        before, self._counted_until = self._counted_until, self._gaps.uptime()
        uptime = self._counted_until
        lost = uptime.lost_seconds - before.lost_seconds
        was_seeing = self._watched.newest.evaluated_unix_seconds > 0 and not self._alarmed
        if lost >= self._live.heartbeat.alarm_after_seconds and was_seeing:
            since = max(record.since_unix_seconds for record in self._watched.records.values())
            self._untold_gap = LongGap(since_unix_seconds=since, lost_seconds=lost)
        records = {key: later(record, before, uptime) for key, record in self._watched.records.items()}
        self._watched = replace(self._watched, records=records)

    def _apply(self, change: Change) -> None:
        """End the alarms that *change* ends, and store what is watched from now on."""
        if change.back is not None:
            self._raise_alert(ended(change.back, change.back_unix_seconds))
            self._alarmed.discard(key_of(change.back.labels))
        for record in change.forgotten:
            self._raise_alert(ended(record, self._clock.unix_seconds(), is_forgotten=True))
            logger.info("heartbeat no longer watched", extra={"heartbeat": key_of(record.labels)})
        if change.watched.is_merged and not self._watched.is_merged:
            logger.warning("heartbeats have too many different labels, counting them as one")
        self._store.write(stored_of(change.watched))
        self._watched = change.watched
        self._alarmed &= set(change.watched.records)

    def _tell_gap(self, beat: Beat, back_unix_seconds: float) -> None:
        """Report, now that the heartbeat is back, that the bridge itself was away for too long before it."""
        gap, resumed = self._untold_gap, self._counted_until.resumed_unix_seconds
        is_older = beat.is_dated and beat.newest_unix_seconds < resumed - _CLOCKS_DIFFER_SECONDS
        if gap is None or is_older:
            return
        self._raise_alert(*began_and_ended(gap, back_unix_seconds))
        self._untold_gap = None

    def _due(self) -> list[HeartbeatRecord]:
        alarm_after = self._live.heartbeat.alarm_after_seconds
        return [
            record
            for key, record in self._watched.records.items()
            if key not in self._alarmed and is_too_long(record, self._counted_until, alarm_after)
        ]

    def _raise_alarms(self, due: Sequence[HeartbeatRecord]) -> None:
        watched, alarm_after = self._watched, self._live.heartbeat.alarm_after_seconds
        coming = [watched.coming_beside(record, alarm_after) for record in due]
        diagnosis = "" if all(coming) else self._live.diagnose()
        with self._lock:
            missing = [pair for pair in zip(due, coming, strict=True) if self._is_still_missing(pair[0])]
            alarms = [
                began(
                    record, watched.which(record), one_of_several(watched.which(record), others) or diagnosis
                )
                for record, others in missing
            ]
            if not alarms:
                return  # they came while the diagnosis was made
            for alert in alarms:
                logger.error("no heartbeat received", extra={"host": alert.labels["host"]})
            self._raise_alert(*alarms)
            self._alarmed |= {key_of(record.labels) for record, _ in missing}
            self._untold_gap = None

    def _is_still_missing(self, record: HeartbeatRecord) -> bool:
        current = self._watched.records.get(key_of(record.labels))
        return current is not None and current.last_unix_seconds == record.last_unix_seconds


def evaluated_unix_seconds(heartbeat: Alert) -> float | None:
    """Return when Prometheus evaluated the rule of *heartbeat*, by its annotation; None where that lacks."""
    moment = heartbeat.annotations.get(_EVALUATED_AT, "")
    return float(moment) if _UNIX_SECONDS.fullmatch(moment) else None
