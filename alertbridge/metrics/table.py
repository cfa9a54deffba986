"""What the bridge counts about itself: the table of its metrics, save those that are read at each scrape."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from alertbridge.alerts.odd_alert import Refusal
from alertbridge.metrics.at_scrape import BacklogCollector, ClockSkewCollector, RecipientsCollector
from alertbridge.outbox.backlog import Backlog

NOT_MAILED = "not_mailed"


class Metrics:
    """Every metric of the bridge, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.webhook_requests = Counter(
            "alertbridge_webhook_requests_total",
            "Webhook requests, by status code.",
            ["code"],
            registry=registry,
        )
        self.webhook_seconds = Histogram(
            "alertbridge_webhook_seconds",
            "Time from the last byte of a webhook request to its response, in seconds.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=registry,
        )
        self.alerts = Counter(
            "alertbridge_alerts_total",
            "Alerts received, by verdict.",
            ["verdict"],
            registry=registry,
        )
        self.unrouted_alerts = Counter(
            "alertbridge_unrouted_alerts_total",
            "New alerts that match no user's hosts and severities, by who is notified instead.",
            ["notified"],
            registry=registry,
        )
        self.odd_alerts = Counter(
            "alertbridge_odd_alerts_total",
            "Alerts received with something wrong with them: told, or not taken and why.",
            ["result"],
            registry=registry,
        )
        self.truncated_alerts = Counter(
            "alertbridge_truncated_alerts_total",
            "Alerts that Alertmanager left out of webhook requests because of max_alerts.",
            registry=registry,
        )
        self.mails = Counter(
            "alertbridge_mails_total",
            "Mails settled, by kind and result.",
            ["kind", "result"],
            registry=registry,
        )
        self.send_attempts = Counter(
            "alertbridge_send_attempts_total",
            "Attempts to send a mail, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self.ambiguous = Counter(
            "alertbridge_ambiguous_total",
            "Ambiguous mails that were resolved, by how.",
            ["resolved_by"],
            registry=registry,
        )
        self.mailgun_events = Counter(
            "alertbridge_mailgun_events_total",
            "Events received from Mailgun, by result.",
            ["result"],
            registry=registry,
        )
        self.second_lane_in_use = Gauge(
            "alertbridge_second_lane_in_use",
            "Whether failover is on: mail leaves by the second transport, as the primary is failing.",
            registry=registry,
        )
        self.accept_to_send_seconds = Histogram(
            "alertbridge_accept_to_send_seconds",
            "Time from accepting an alert to the provider accepting the mail, in seconds.",
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400),
            registry=registry,
        )
        self.template_fallbacks = Counter(
            "alertbridge_template_fallback_total",
            "Mails sent in plain form because a template failed.",
            registry=registry,
        )
        self.courier_errors = Counter(
            "alertbridge_courier_errors_total",
            "Unexpected errors in the delivery loop; each is in the log with a traceback.",
            registry=registry,
        )
        self.background_errors = Counter(
            "alertbridge_background_errors_total",
            "Failed runs of background tasks; each is in the log.",
            ["task"],
            registry=registry,
        )
        self.reload_success = Gauge(
            "alertbridge_config_last_reload_successful",
            "Whether the last reload of the settings succeeded.",
            registry=registry,
        )
        self.reload_success.set(1)
        for verdict in (
            "opened",
            "reopened",
            "closed",
            "claimed",
            "disputed",
            "repeated",
            "stale",
            "never_told",
            NOT_MAILED,
            "counted",
        ):
            self.alerts.labels(verdict=verdict)
        for notified in ("admins", "nobody"):
            self.unrouted_alerts.labels(notified=notified)
        for result in ("told", *Refusal):
            self.odd_alerts.labels(result=result)
        for way in ("lookup", "resent", "event"):
            self.ambiguous.labels(resolved_by=way)
        self.mailgun_events.labels(result="delivered")

    def count_background_errors(self, task: str) -> Callable[[], None]:
        """Publish how often the background task of that name failed; return what counts one more."""
        return self.background_errors.labels(task=task).inc

    def watch_heartbeat(self, last_unix_seconds: Callable[[], float]) -> None:
        """Publish when the heartbeat last came."""
        Gauge(
            "alertbridge_heartbeat_timestamp_seconds",
            "Unix time of the last heartbeat; before the first, when the bridge began to wait for it.",
            registry=self.registry,
        ).set_function(last_unix_seconds)

    def watch_clock_skew(self, read: Callable[[], float | None]) -> None:
        """Publish what *read* says at each scrape; nothing while that is not known."""
        self.registry.register(ClockSkewCollector(read))

    def watch_recipients(self, read: Callable[[], Mapping[str, bool] | None]) -> None:
        """Publish of each user what *read* says at each scrape; nothing while it cannot be read."""
        self.registry.register(RecipientsCollector(read))

    def watch_backlog(self, read: Callable[[], Backlog | None], unix_seconds: Callable[[], float]) -> None:
        """Publish what *read* says of the outbox at each scrape; nothing of it while it cannot be read."""
        self.registry.register(BacklogCollector(read, unix_seconds))
