"""Metrics of the bridge whose values are read at each scrape."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from alertbridge.outbox.backlog import Backlog
from alertbridge.routing.recipients import Priority


class ClockSkewCollector:
    """Publishes how far Prometheus' clock is ahead, as *read* says; nothing while that is not known."""

    def __init__(self, read: Callable[[], float | None]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "alertbridge_prometheus_clock_skew_seconds",
            "How far Prometheus' clock is ahead of the bridge's, in seconds; absent when not known.",
        )
        seconds = self._read()
        if seconds is not None:
            family.add_metric([], seconds)
        yield family


class RecipientsCollector:
    """Publishes whether mail to each user fails, as *read* says; nothing while it cannot be read."""

    def __init__(self, read: Callable[[], Mapping[str, bool] | None]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        suppressed = self._read()
        if suppressed is None:
            return
        family = GaugeMetricFamily(
            "alertbridge_recipient_suppressed",
            "Whether mail to a user fails permanently or bounces; 0 again once one gets through.",
            labels=["user"],
        )
        for name, is_suppressed in suppressed.items():
            family.add_metric([name], is_suppressed)
        yield family


class BacklogCollector:
    """Publishes what waits in the outbox, as *read* says; nothing while it cannot be read."""

    def __init__(self, read: Callable[[], Backlog | None], unix_seconds: Callable[[], float]) -> None:
        self._read = read
        self._unix_seconds = unix_seconds

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        backlog = self._read()
        if backlog is None:
            return
        now = self._unix_seconds()
        pending = GaugeMetricFamily(
            "alertbridge_outbox_pending", "Pending notices, by priority.", labels=["priority"]
        )
        by_priority = Counter({Priority(number): count for number, count in backlog.pending.items()})
        by_priority[Priority.CRITICAL] += by_priority.pop(Priority.DOWN, 0)
        for priority in Priority:
            if priority is not Priority.DOWN:
                pending.add_metric([priority.name.lower()], by_priority[priority])
        yield pending
        yield GaugeMetricFamily(
            "alertbridge_outbox_held",
            "Notices held until the end of their user's quiet hours, or by the limit of mails per hour.",
            value=backlog.held,
        )
        yield GaugeMetricFamily(
            "alertbridge_outbox_over_limit",
            "Notices held by the limit of mails per hour; among the held.",
            value=backlog.over_limit,
        )
        yield GaugeMetricFamily(
            "alertbridge_outbox_waiting",
            "Notices that wait for an alert to end; not among the pending.",
            value=backlog.waiting,
        )
        oldest = backlog.oldest_unix_seconds
        yield GaugeMetricFamily(
            "alertbridge_oldest_pending_seconds",
            "Age of the oldest pending notice, in seconds; 0 when there is none.",
            value=max(0.0, now - oldest) if oldest is not None else 0.0,
        )
        yield GaugeMetricFamily(
            "alertbridge_dead_letters", "Dead notices: their delivery failed permanently.", value=backlog.dead
        )
        yield GaugeMetricFamily(
            "alertbridge_held_ends",
            "Ends of alerts that are claimed, but not confirmed by Prometheus yet.",
            value=backlog.held_ends,
        )
        claimed = backlog.oldest_held_end_unix_seconds
        yield GaugeMetricFamily(
            "alertbridge_oldest_held_end_seconds",
            "Age of the oldest claimed end that is not confirmed, in seconds; 0 when there is none.",
            value=max(0.0, now - claimed) if claimed is not None else 0.0,
        )
        until = backlog.paused_until_unix_seconds
        yield GaugeMetricFamily(
            "alertbridge_lane_paused_seconds",
            "Time until sending resumes, in seconds, where the provider asked for a pause; otherwise 0.",
            value=max(0.0, until - now) if until is not None else 0.0,
        )
