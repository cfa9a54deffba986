"""The alerts of Prometheus: what fires, for how long, and what is sent of it.

As Prometheus' `rules/alerting.go`: an alert that has been firing and is over is kept for 15 minutes, and sent
as resolved. Nothing of it outlasts the process, as no rule here has a `for` of ten minutes or more.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tests.model.storage import Labels, Storage, labels_of, with_labels

EVALUATION_SECONDS = 15.0
RESEND_DELAY_SECONDS = 60.0
_RESOLVED_RETENTION_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An alerting rule; *finds* is its expression: the labels for which it holds."""

    alertname: str
    severity: str
    finds: Callable[[Storage, float], Iterable[Labels]]
    for_seconds: float = 0.0
    keep_firing_for_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAlert:
    """An alert as Prometheus sends it to Alertmanager."""

    labels: Labels
    starts: float
    ends: float
    evaluated: float


@dataclass(slots=True, kw_only=True)
class _Active:
    rule: Rule
    labels: Labels
    active_at: float
    fired_at: float | None = None
    kept_since: float | None = None
    resolved_at: float | None = None
    last_sent_at: float = 0.0

    @property
    def state(self) -> str:
        if self.resolved_at is not None:
            return "inactive"
        return "pending" if self.fired_at is None else "firing"


@dataclass(slots=True, kw_only=True)
class RuleManager:
    """Evaluates *rules* on what is stored, and stores which alerts are active."""

    storage: Storage
    rules: tuple[Rule, ...]
    _active: dict[Labels, _Active] = field(default_factory=dict)

    def evaluate(self, now: float) -> list[SentAlert]:
        """Evaluate all rules; return what has to be sent."""
        for rule in self.rules:
            found = {self._labels(rule, labels) for labels in rule.finds(self.storage, now)}
            for labels in found:
                before = self._active.get(labels)
                if before is None or before.resolved_at is not None:
                    self._active[labels] = _Active(rule=rule, labels=labels, active_at=now)
            for one in [one for one in self._active.values() if one.rule is rule]:
                self._judge(one, now, is_found=one.labels in found)
        return [self._sent(one, now) for one in self._active.values() if _needs_sending(one, now)]

    def _judge(self, one: _Active, now: float, *, is_found: bool) -> None:
        before = one.state
        if is_found:
            one.kept_since = None
            if one.fired_at is None and now - one.active_at >= one.rule.for_seconds:
                one.fired_at = now
        elif before == "firing":
            one.kept_since = now if one.kept_since is None else one.kept_since
            if now - one.kept_since >= one.rule.keep_firing_for_seconds:
                one.resolved_at = now
        if not is_found and (before == "pending" or _is_forgotten(one, now)):
            del self._active[one.labels]
            self._store(one, before, "inactive", now)
        else:
            self._store(one, before, one.state, now)

    def _store(self, one: _Active, before: str, state: str, now: float) -> None:
        if state != before:
            self.storage.end("ALERTS", with_labels(one.labels, alertstate=before), now)
        if state == "inactive":
            self.storage.end("ALERTS_FOR_STATE", one.labels, now)
        else:
            self.storage.append("ALERTS", with_labels(one.labels, alertstate=state), now, 1)
            self.storage.append("ALERTS_FOR_STATE", one.labels, now, one.active_at)

    @staticmethod
    def _labels(rule: Rule, labels: Labels) -> Labels:
        return labels_of(**{**dict(labels), "alertname": rule.alertname, "severity": rule.severity})

    @staticmethod
    def _sent(one: _Active, now: float) -> SentAlert:
        one.last_sent_at = now
        valid_until = now + 4 * max(RESEND_DELAY_SECONDS, EVALUATION_SECONDS)
        ends = valid_until if one.resolved_at is None else one.resolved_at
        return SentAlert(labels=one.labels, starts=one.fired_at or now, ends=ends, evaluated=now)


def _is_forgotten(one: _Active, now: float) -> bool:
    return one.resolved_at is not None and now - one.resolved_at > _RESOLVED_RETENTION_SECONDS


def _needs_sending(one: _Active, now: float) -> bool:
    if one.fired_at is None:
        return False
    if one.resolved_at is not None and one.resolved_at > one.last_sent_at:
        return True
    return one.last_sent_at + RESEND_DELAY_SECONDS < now


def _host_down(storage: Storage, now: float) -> Iterator[Labels]:
    return (labels for labels, _, value in storage.now("up", now) if value == 0)


def _fleet_down(storage: Storage, now: float) -> Iterator[Labels]:
    values = [value for _, _, value in storage.now("up", now)]
    if len(values) >= 4 and sum(values) / len(values) < 0.5:
        yield labels_of(job="marax")


def _high_cpu(storage: Storage, now: float) -> Iterator[Labels]:
    return (labels for labels, _, value in storage.now("cpu", now) if value > 0.9)


def _always(_storage: Storage, _now: float) -> Iterator[Labels]:
    yield ()


# Those of deploy/rules that matter here; HighCpu is not as patient, so that a run need not last for hours
RULES = (
    Rule(alertname="Watchdog", severity="none", finds=_always),
    Rule(
        alertname="FleetDown",
        severity="critical",
        finds=_fleet_down,
        for_seconds=30,
        keep_firing_for_seconds=300,
    ),
    Rule(
        alertname="HostDown",
        severity="critical",
        finds=_host_down,
        for_seconds=60,
        keep_firing_for_seconds=120,
    ),
    Rule(
        alertname="HighCpu", severity="warning", finds=_high_cpu, for_seconds=120, keep_firing_for_seconds=300
    ),
)
