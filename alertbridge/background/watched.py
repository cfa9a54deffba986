"""Which heartbeats are watched, each by itself: a value, and what becomes of it by what comes or does not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from alertbridge.background.heartbeat_labels import Labels, distinction, key_of, labels_of
from alertbridge.background.silence import (
    FORGOTTEN_AFTER_SECONDS,
    Beat,
    after,
    is_coming,
    is_sign_of_life,
    silence_seconds,
)
from alertbridge.outbox.heartbeat_record import HeartbeatRecord, Heartbeats

MOST_WATCHED = 20
_MOST_SEEN_ONCE = 3
_ANY = key_of(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The heartbeats of one alert name, by key; at least one.

    Attributes:
        alertname: That name; empty when it is not known.
        records: By `key_of` their labels.
        is_merged: Whether there are too many labels to tell them apart, so that all count as one.
    """

    alertname: str
    records: Mapping[str, HeartbeatRecord]
    is_merged: bool = False

    @property
    def newest(self) -> HeartbeatRecord:
        """The one of which most is known."""
        return max(self.records.values(), key=lambda record: record.evaluated_unix_seconds)

    def which(self, record: HeartbeatRecord) -> str:
        """Return the labels that tell the heartbeat of *record* from the others; empty when none does."""
        if record.labels is None:
            return ""
        key = key_of(record.labels)
        others = [one.labels for its, one in self.records.items() if its != key and one.labels is not None]
        return distinction(record.labels, others)

    def coming_beside(self, record: HeartbeatRecord, alarm_after_seconds: float) -> tuple[str, ...]:
        """Return which other heartbeats still come, in the words of `which`."""
        key = key_of(record.labels)
        others = (one for its, one in self.records.items() if its != key)
        return tuple(self.which(one) for one in others if is_coming(one, alarm_after_seconds))

    def is_worn_by_many(self, record: HeartbeatRecord) -> bool:
        """Return whether *record*'s heartbeat and others came just once, as their labels change each time."""
        seen_once = [one for one in self.records.values() if one.labels is not None and not one.is_repeated]
        return record in seen_once and len(seen_once) > _MOST_SEEN_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of the heartbeats that are watched.

    Attributes:
        watched: They from now on.
        back: The record until now of the heartbeat that came; None when none did.
        back_unix_seconds: Up to when nothing was known of its Prometheus.
        forgotten: The last records of those that are not watched any more.
    """

    watched: Watched
    back: HeartbeatRecord | None = None
    back_unix_seconds: float = 0.0
    forgotten: tuple[HeartbeatRecord, ...] = ()


def waiting(alertname: str, now_unix_seconds: float) -> Watched:
    """Return that the bridge waits for any heartbeat of that name."""
    record = HeartbeatRecord(last_unix_seconds=now_unix_seconds, since_unix_seconds=now_unix_seconds)
    return Watched(alertname=alertname, records={_ANY: record})


def watched_of(stored: Heartbeats) -> Watched:
    """Return what was watched before a restart."""
    records = {key_of(record.labels): record for record in stored.records}
    return Watched(alertname=stored.alertname, records=records)


def stored_of(watched: Watched) -> Heartbeats:
    """Return *watched* as it is stored."""
    return Heartbeats(alertname=watched.alertname, records=tuple(watched.records.values()))


def with_alertname(watched: Watched, alertname: str, now_unix_seconds: float) -> Change:
    """Return *watched* once the settings say that the heartbeat has that name."""
    if watched.alertname == alertname:
        return Change(watched=watched)
    if not watched.alertname:
        return Change(watched=replace(watched, alertname=alertname))
    waited = waiting(alertname, now_unix_seconds)
    records = {_ANY: watched.records.get(_ANY, waited.records[_ANY])}
    forgotten = _without(watched.records, [_ANY]).values()
    return Change(watched=replace(waited, records=records), forgotten=tuple(forgotten))


def with_beat(watched: Watched, labels: Labels, beat: Beat) -> Change | None:
    """Return *watched* once the heartbeat with *labels* has come; None when *beat* shows nothing new."""
    own = None if watched.is_merged else labels_of(labels)
    key = key_of(own)
    if key not in watched.records and len(watched.records) >= MOST_WATCHED:
        all_as_one = merged(watched)
        change = with_beat(all_as_one.watched, labels, beat) or all_as_one
        return replace(change, forgotten=all_as_one.forgotten)
    # Whoever comes first is the one that has been waited for
    before = watched.records.get(key, watched.records.get(_ANY))
    if not is_sign_of_life(beat, before):
        return None
    now = after(beat, before, own)
    return Change(
        watched=replace(watched, records=_without(watched.records, [_ANY]) | {key: now}),
        back=before,
        back_unix_seconds=now.since_unix_seconds,
    )


def merged(watched: Watched) -> Change:
    """Return *watched* with all its heartbeats as one."""
    records = watched.records.values()
    latest = min(records, key=silence_seconds)
    one = replace(watched.newest, labels=None, is_repeated=True)
    one = replace(one, silent_seconds=latest.silent_seconds, suspended_seconds=latest.suspended_seconds)
    return Change(
        watched=replace(watched, records={_ANY: one}, is_merged=True),
        forgotten=tuple(record for record in records if record.labels is not None),
    )


def without_retired(watched: Watched, alarm_after_seconds: float) -> Change:
    """Return *watched* without those that have stayed away for a week while others came."""
    retired = {
        key: record
        for key, record in watched.records.items()
        if silence_seconds(record) >= FORGOTTEN_AFTER_SECONDS
        and watched.coming_beside(record, alarm_after_seconds)
    }
    if not retired:
        return Change(watched=watched)
    left = _without(watched.records, retired)
    return Change(watched=replace(watched, records=left), forgotten=tuple(retired.values()))


def _without(records: Mapping[str, HeartbeatRecord], keys: Iterable[str]) -> dict[str, HeartbeatRecord]:
    left_out = set(keys)
    return {key: record for key, record in records.items() if key not in left_out}
