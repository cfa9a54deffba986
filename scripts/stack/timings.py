"""How fast a stack lives: everything that `deploy/` says in minutes, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Durations in the terms of Prometheus and Alertmanager.

    Attributes:
        scrape_interval_seconds: Between two scrapes of a host.
        scrape_timeout_seconds: How long a scrape may take; at most the interval.
        evaluation_interval_seconds: Between two evaluations of the rules.
        for_seconds: How long a host must be down before HostDown fires. The other waits of the rules about
            hosts being down are shortened by the same ratio, so that what must outlast another still does.
        group_wait_seconds: From the first alert of a group to its notification; who waits less still does.
        group_interval_seconds: Between two notifications of a group. `repeat_interval` is shortened by the
            same ratio.
    """

    scrape_interval_seconds: float = 1.0
    scrape_timeout_seconds: float = 1.0
    evaluation_interval_seconds: float = 1.0
    for_seconds: float = 2.0
    group_wait_seconds: float = 1.0
    group_interval_seconds: float = 2.0

    @property
    def death_to_webhook_seconds(self) -> float:
        """The longest that it may take from the death of a host to the post at the bridge's webhook."""
        return (
            self.scrape_interval_seconds
            + self.scrape_timeout_seconds
            + self.for_seconds
            + self.evaluation_interval_seconds
            + self.group_wait_seconds
        )


def prometheus_duration(seconds: float) -> str:
    """Return *seconds*, to the millisecond, as Prometheus and Alertmanager write durations."""
    return f"{round(seconds * 1000)}ms"
