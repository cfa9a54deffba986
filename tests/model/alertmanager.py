"""An Alertmanager: it merges alerts, groups them, and posts what changes to the bridge.

As Alertmanager's `types.Alert.Merge`, `dispatch/dispatch.go` and `notify/notify.go` do it, with the route,
the intervals and the inhibitions of deploy/alertmanager.yml.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from tests.model.rules import SentAlert
from tests.model.storage import Labels

_PEER_TIMEOUT_SECONDS = 15.0
_LEAST_TIMEOUT_SECONDS = 10.0

GroupKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An alert as Alertmanager holds it; it resolves by itself once *ends* has passed."""

    labels: Labels
    starts: float
    ends: float
    updated: float
    evaluated: float

    def is_resolved(self, now: float) -> bool:
        """Return whether it has ended by *now*."""
        return self.ends <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An alert in a post; it fires while *ends* is None."""

    labels: Labels
    starts: float
    ends: float | None
    evaluated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """What the notification log says of a group: what was posted of it, and when."""

    at: float
    firing: frozenset[Labels]
    resolved: frozenset[Labels]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The times of deploy/alertmanager.yml."""

    wait_seconds: float = 10.0
    interval_seconds: float = 30.0
    repeat_seconds: float = 4 * 3600.0


@dataclass(slots=True, kw_only=True)
class _Flush:
    ended: Sequence[Held]
    posted: Sequence[Posted]
    ready_at: float
    deadline: float


@dataclass(slots=True, kw_only=True)
class _Group:
    next_flush: float
    has_flushed: bool = False
    held: dict[Labels, Held] = field(default_factory=dict)
    flush: _Flush | None = None


class Alertmanager:
    """One of them; what is kept in memory is lost when it dies, the notification log too."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log: dict[GroupKey, LogEntry] = {}
        self._held: dict[Labels, Held] = {}
        self._groups: dict[GroupKey, _Group] = {}

    def restart(self, *, keeps_log: bool) -> None:
        """Forget what only the memory holds."""
        self._held, self._groups = {}, {}
        if not keeps_log:
            self.log = {}

    def receive(self, alerts: Iterable[SentAlert], now: float) -> None:
        """Take *alerts* from a Prometheus."""
        for alert in alerts:
            new = Held(
                labels=alert.labels,
                starts=alert.starts,
                ends=alert.ends,
                updated=now,
                evaluated=alert.evaluated,
            )
            old = self._held.get(alert.labels)
            held = self._held[alert.labels] = _merged(old, new) if old is not None else new
            self._insert(held, now)

    def learn(self, log: dict[GroupKey, LogEntry]) -> None:
        """Take over what a peer has posted later than this one."""
        for key, entry in log.items():
            if key not in self.log or self.log[key].at < entry.at:
                self.log[key] = entry

    def run(self, now: float, position: int, post: Callable[[Sequence[Posted]], bool]) -> None:
        """Post what is due, *position* peer timeouts late; *post* returns whether it was answered 200."""
        for key, group in list(self._groups.items()):
            if group.flush is None and group.next_flush <= now:
                self._begin(key, group, now, position * _PEER_TIMEOUT_SECONDS)
            if group.flush is not None:
                self._go_on(key, group, group.flush, now, post)
            if not group.held and group.flush is None:
                del self._groups[key]

    def _insert(self, held: Held, now: float) -> None:
        named = dict(held.labels)
        key = (named["alertname"], named.get("job", ""))
        route = route_of(key)
        group = self._groups.setdefault(key, _Group(next_flush=now + route.wait_seconds))
        group.held[held.labels] = held
        if not group.has_flushed and held.starts + route.wait_seconds < now:
            group.next_flush = now

    def _begin(self, key: GroupKey, group: _Group, now: float, wait_seconds: float) -> None:
        route = route_of(key)
        group.next_flush, group.has_flushed = now + route.interval_seconds, True
        held = list(group.held.values())
        passed = [one for one in held if not self._is_inhibited(one, now)]
        group.flush = _Flush(
            ended=[one for one in held if one.is_resolved(now)],
            posted=[_posted(one, now) for one in passed],
            ready_at=now + wait_seconds,
            deadline=now + max(_LEAST_TIMEOUT_SECONDS, route.interval_seconds) + wait_seconds,
        )

    def _go_on(
        self,
        key: GroupKey,
        group: _Group,
        flush: _Flush,
        now: float,
        post: Callable[[Sequence[Posted]], bool],
    ) -> None:
        if now < flush.ready_at:
            return
        firing = frozenset(one.labels for one in flush.posted if one.ends is None)
        resolved = frozenset(one.labels for one in flush.posted if one.ends is not None)
        if now >= flush.deadline:
            group.flush = None
            return
        if flush.posted and self._is_news(key, firing, resolved, now):
            if not post(flush.posted):
                return
            self.log[key] = LogEntry(at=now, firing=firing, resolved=resolved)
        group.flush = None
        for one in flush.ended:
            if group.held.get(one.labels) is one:
                del group.held[one.labels]

    def _is_news(
        self, key: GroupKey, firing: frozenset[Labels], resolved: frozenset[Labels], now: float
    ) -> bool:
        entry = self.log.get(key)
        if entry is None:
            return bool(firing)
        if not firing <= entry.firing:
            return True
        if not firing:
            return bool(entry.firing)
        return not resolved <= entry.resolved or entry.at < now - route_of(key).repeat_seconds

    def _is_inhibited(self, one: Held, now: float) -> bool:
        named = dict(one.labels)
        sources = {"HostDown": ("FleetDown", "job"), "HighCpu": ("HostDown", "instance")}
        source, equal = sources.get(named["alertname"], ("", ""))
        return any(
            dict(other.labels)["alertname"] == source and dict(other.labels).get(equal) == named.get(equal)
            for other in self._held.values()
            if not other.is_resolved(now)
        )


def route_of(key: GroupKey) -> Route:
    """Return the route of a group."""
    if key[0] == "Watchdog":
        return Route(wait_seconds=0, interval_seconds=60, repeat_seconds=50)
    return Route()


def _posted(one: Held, now: float) -> Posted:
    ends = one.ends if one.is_resolved(now) else None
    return Posted(labels=one.labels, starts=one.starts, ends=ends, evaluated=one.evaluated)


def _merged(old: Held, new: Held) -> Held:
    overlaps = old.starts < new.ends < old.ends or old.starts < new.starts < old.ends
    if not overlaps:
        return new
    ends = new.ends
    is_new_over, is_old_over = new.ends <= new.updated, old.ends <= new.updated
    if (is_new_over and is_old_over and old.ends > new.ends) or (not is_new_over and old.ends > new.ends):
        ends = old.ends
    return replace(new, starts=min(old.starts, new.starts), ends=ends)
