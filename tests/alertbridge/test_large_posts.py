"""Posts of more alerts than are stored at once."""

from collections import Counter

from alertbridge.alerts.alert import Alert
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.ingest.receiver import WebhookReceiver
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.intake import Taken
from alertbridge.routing.recipients import Routing
from tests.alertbridge.alert_builders import a_routing, an_alert
from tests.fakes.clock import FakeClock


class Live:
    """Settings of nothing special."""

    routing = a_routing()
    heartbeat = HeartbeatSettings()


class Intake:
    """Notes what it takes, and the pauses between."""

    def __init__(self) -> None:
        self.taken: list[list[Alert]] = []
        self.pauses: list[float] = []

    def take(self, alerts: list[Alert], _routing: Routing, _now: float) -> Taken:
        self.taken.append(alerts)
        return Taken(verdicts=Counter(), notices=0)


def test_a_large_post_is_stored_in_steps_with_what_is_down_first_and_a_pause_between_them():
    intake = Intake()
    receiver = WebhookReceiver(
        intake=intake,  # type: ignore[arg-type] # the part of it that is used
        heartbeat=None,  # type: ignore[arg-type] # not used
        live=Live(),
        clock=FakeClock(),
        metrics=Metrics(),
        on_news=lambda: None,
        pause=intake.pauses.append,
    )
    series = [an_alert(alertname="Series", series=str(number)) for number in range(10_500)]

    receiver.receive([*series, an_alert("web-9")])

    assert [len(some) for some in intake.taken] == [10_000, 501]
    assert intake.taken[0][0] == an_alert("web-9")
    assert len(intake.pauses) == 1
