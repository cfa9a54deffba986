"""The dead man's switch: when the alert that always fires stops coming, monitoring is blind."""

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import blind_alert
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.outbox.heartbeat_record import HeartbeatRecord
from marax.clock import Clock

_EVALUATED_AT = "evaluated_at"
_CLOCKS_DIFFER_SECONDS = 60.0
_OLDEST_REPEAT_SECONDS = 300.0
_UNIX_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")

logger = logging.getLogger(__name__)


class HeartbeatStore(Protocol):
    """Where the record outlives the process; StoreError when it cannot be read or written."""

    def read(self) -> HeartbeatRecord | None: ...

    def write(self, record: HeartbeatRecord) -> None: ...


class HeartbeatConfig(Protocol):
    """What the settings in force say of the heartbeat, and who can say why it does not come."""

    @property
    def heartbeat(self) -> HeartbeatSettings: ...

    def diagnose(self) -> str:
        """Return which part does not answer, in a sentence."""
        ...


class Heartbeat:
    """Waits for the heartbeat; raises an alert when it is silent too long, and resolves it when it is back.

    Silence is measured on the monotonic clock: setting the machine's clock raises no alarm and hides none.
    The outbox behind *raise_alert* keeps anybody from being notified twice, across restarts too.
    """

    def __init__(
        self,
        *,
        store: HeartbeatStore,
        raise_alert: Callable[[Alert], object],
        live: HeartbeatConfig,
        clock: Clock,
        on_beat: Callable[[], None],
    ) -> None:
        self._store = store
        self._raise_alert = raise_alert
        self._live = live
        self._clock = clock
        self._on_beat = on_beat
        self._lock = threading.Lock()
        self._record = store.read() or HeartbeatRecord(last_unix_seconds=clock.unix_seconds())
        self._counted_until = clock.monotonic_seconds()
        self._is_alarmed = False

    def evaluated_unix_seconds(self) -> float:
        """Return Prometheus' newest evaluation that a heartbeat has brought; 0 before the first."""
        return self._record.evaluated_unix_seconds

    def last_unix_seconds(self) -> float:
        """Return when the heartbeat last came, or the bridge first waited for it."""
        return self._record.last_unix_seconds

    def beat(self, evaluated_unix_seconds: float | None = None) -> None:
        """Note that the heartbeat has come, and Prometheus' evaluation that it is from.

        One without a newer evaluation is ignored: Alertmanager repeats the last one for minutes after
        Prometheus has stopped. One that does not say, or names a moment to come, may be as old as that.

        Raises:
            StoreError: That could not be stored.
        """
        with self._lock:
            now = self._clock.unix_seconds()
            latest = now + _CLOCKS_DIFFER_SECONDS
            evaluated = evaluated_unix_seconds
            if evaluated is None or evaluated > latest:
                evaluated = now - _OLDEST_REPEAT_SECONDS
            elif evaluated <= self._record.evaluated_unix_seconds <= latest:
                return
            before = self._record
            self._record = HeartbeatRecord(last_unix_seconds=now, evaluated_unix_seconds=evaluated)
            self._counted_until = self._clock.monotonic_seconds()
            self._is_alarmed = False
            self._store.write(self._record)
            # The clock may have been set back since; an end does not lie before its beginning
            ended = max(now, before.last_unix_seconds)
            self._raise_alert(blind_alert(before.last_unix_seconds, "", ends_unix_seconds=ended))
        self._on_beat()

    def check(self) -> None:
        """Count the time since the last check, and raise the alarm once the silence is too long.

        Raises:
            StoreError: That could not be stored; the next check tries again.
        """
        with self._lock:
            now = self._clock.monotonic_seconds()
            silent = self._record.silent_seconds + now - self._counted_until
            self._record = replace(self._record, silent_seconds=silent)
            self._counted_until = now
            record = self._record
            is_due = silent >= self._live.heartbeat.alarm_after_seconds and not self._is_alarmed
        self._store.write(record)
        if is_due:
            self._raise_alarm(record)

    def _raise_alarm(self, record: HeartbeatRecord) -> None:
        diagnosis = self._live.diagnose()
        with self._lock:
            if self._record.last_unix_seconds != record.last_unix_seconds:
                return  # it came while the diagnosis was made
            logger.error("no heartbeat received", extra={"silent_seconds": round(record.silent_seconds)})
            self._raise_alert(blind_alert(record.last_unix_seconds, diagnosis, ends_unix_seconds=None))
            self._is_alarmed = True


def evaluated_unix_seconds(heartbeat: Alert) -> float | None:
    """Return when Prometheus evaluated the rule of *heartbeat*, by its annotation; None where that lacks."""
    moment = heartbeat.annotations.get(_EVALUATED_AT, "")
    return float(moment) if _UNIX_SECONDS.fullmatch(moment) else None
