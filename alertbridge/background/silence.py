"""Whether a heartbeat has been missing for too long: pure, from its record and what has happened since."""

from dataclasses import dataclass, replace

from alertbridge.background.gaps import Uptime
from alertbridge.outbox.heartbeat_record import HeartbeatRecord

FORGOTTEN_AFTER_SECONDS = 7 * 86_400.0

_CLOCKS_DIFFER_SECONDS = 60.0
# Alertmanager ends an alert that nobody has refreshed for so long, so that no heartbeat is older on arrival
_LONGEST_WAY_SECONDS = 240.0
_OLDEST_REPEAT_SECONDS = 300.0
# Prometheus sends a firing alert once a minute, so it may have evaluated for as long after the one that came
_LONGEST_SPACING_SECONDS = 60.0
# After a gap: an evaluation, and Alertmanager's `group_interval`, twice; 90 s were measured
_GRACE_SECONDS = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A heartbeat that came.

    Attributes:
        now_unix_seconds: When.
        evaluated_unix_seconds: When Prometheus evaluated it, as it says; None where it does not.
        alarm_after_seconds: From which silence on monitoring is blind, by the settings.
    """

    now_unix_seconds: float
    evaluated_unix_seconds: float | None
    alarm_after_seconds: float

    @property
    def is_dated(self) -> bool:
        """Whether it says when it was evaluated, and that may be so."""
        evaluated = self.evaluated_unix_seconds
        return evaluated is not None and evaluated <= self.now_unix_seconds + _CLOCKS_DIFFER_SECONDS

    @property
    def newest_unix_seconds(self) -> float:
        """An evaluation that is surely not newer than it; one without a date may be a repeated one."""
        if self.evaluated_unix_seconds is None or not self.is_dated:
            return self.now_unix_seconds - _OLDEST_REPEAT_SECONDS
        return self.evaluated_unix_seconds

    @property
    def age_seconds(self) -> float:
        """How old its evaluation is; 0 where it does not say, or the clocks do not agree."""
        age = self.now_unix_seconds - self.newest_unix_seconds
        is_plausible = self.is_dated and 0 <= age <= min(_LONGEST_WAY_SECONDS, self.alarm_after_seconds)
        return age if is_plausible else 0.0


def is_sign_of_life(beat: Beat, before: HeartbeatRecord | None) -> bool:
    """Return whether *beat* shows more than what *before* has recorded already.

    One without a newer evaluation does not: Alertmanager repeats the last one for minutes after Prometheus
    has stopped. Where the clock was set back, what is recorded may lie in the future, and counts for nothing.
    """
    if before is None or not beat.is_dated:
        return True
    latest = beat.now_unix_seconds + _CLOCKS_DIFFER_SECONDS
    return not beat.newest_unix_seconds <= before.evaluated_unix_seconds <= latest


def after(beat: Beat, before: HeartbeatRecord | None, labels: dict[str, str] | None) -> HeartbeatRecord:
    """Return the record once *beat* has come."""
    spacing = 0.0
    if before is not None:
        spacing = before.spacing_seconds
        distance = beat.newest_unix_seconds - before.evaluated_unix_seconds
        if beat.is_dated and 0 < distance <= beat.alarm_after_seconds:
            spacing = min(distance, _LONGEST_SPACING_SECONDS)
    return HeartbeatRecord(
        labels=labels,
        last_unix_seconds=beat.now_unix_seconds,
        since_unix_seconds=beat.now_unix_seconds - beat.age_seconds,
        silent_seconds=beat.age_seconds,
        evaluated_unix_seconds=beat.newest_unix_seconds,
        spacing_seconds=spacing if beat.is_dated else 0.0,
        is_repeated=before is not None and before.evaluated_unix_seconds > 0,
        ahead_seconds=max(0.0, (beat.evaluated_unix_seconds or 0.0) - beat.now_unix_seconds),
    )


def later(record: HeartbeatRecord, before: Uptime, now: Uptime) -> HeartbeatRecord:
    """Return *record* with the time between two looks at the clocks counted in."""
    return replace(
        record,
        silent_seconds=record.silent_seconds + now.ran_seconds - before.ran_seconds,
        suspended_seconds=record.suspended_seconds + now.lost_seconds - before.lost_seconds,
    )


def silence_seconds(record: HeartbeatRecord) -> float:
    """Return for how long nothing is known of Prometheus, by *record*."""
    return record.silent_seconds + record.suspended_seconds


def limit_seconds(record: HeartbeatRecord, alarm_after_seconds: float) -> float:
    """Return from which silence on monitoring is blind.

    That is counted from Prometheus' last evaluation, of which it sends only one a minute.
    """
    if record.evaluated_unix_seconds <= record.last_unix_seconds - _OLDEST_REPEAT_SECONDS:
        return alarm_after_seconds  # it does not say when
    spacing = record.spacing_seconds or min(_LONGEST_SPACING_SECONDS, alarm_after_seconds)
    return alarm_after_seconds + spacing


def is_too_long(record: HeartbeatRecord, uptime: Uptime, alarm_after_seconds: float) -> bool:
    """Return whether *record* shows a silence for which monitoring is blind.

    What was silent as nothing ran has some time to be heard again first.
    """
    limit = limit_seconds(record, alarm_after_seconds)
    if record.silent_seconds >= limit:
        return True
    heard = uptime.ran_seconds - uptime.resumed_at_seconds
    return silence_seconds(record) >= limit and heard >= min(_GRACE_SECONDS, alarm_after_seconds)


def is_coming(record: HeartbeatRecord, alarm_after_seconds: float) -> bool:
    """Return whether *record* shows no silence to speak of."""
    return silence_seconds(record) < limit_seconds(record, alarm_after_seconds) / 2
