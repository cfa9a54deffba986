"""The bridge's app and what stands behind it, with a real outbox."""

from alertbridge.background.gaps import GapWatch
from alertbridge.background.heartbeat import Heartbeat
from alertbridge.fleet.hosts import HostSettings
from alertbridge.ingest.internal import InternalAlerts
from alertbridge.ingest.posts import Posts
from alertbridge.ingest.receiver import WebhookReceiver
from alertbridge.ingest.truncations import Truncations
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.health import StoreHealth
from alertbridge.outbox.outbox import open_outbox
from alertbridge.prometheus.clock_skew import ClockSkew
from alertbridge.web.app import create_app
from marax.settings.addresses import Address
from marax.settings.secret import Secret
from tests.alertbridge.alert_builders import T0, a_routing, a_user
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig

TOKEN = "s3cret-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Site:
    """The app and what stands behind it."""

    def __init__(self, folder) -> None:
        self.path = folder / "bridge.db"
        self.live = FakeLiveConfig(
            routing=a_routing(a_user()),
            hosts=(HostSettings(name="web-1", address=Address("web-1.example.org", 9877)),),
            webhook_token=Secret(TOKEN),
        )
        self.outbox = open_outbox(f"sqlite:///{self.path}", transport="mailgun")
        self.metrics = Metrics()
        self.news = self.beats = 0
        self.clock = clock = FakeClock(T0)
        internal = InternalAlerts(
            intake=self.outbox.intake, live=self.live, clock=clock, on_news=self.note_news
        )
        self.heartbeat = Heartbeat(
            store=self.outbox.heartbeat,
            raise_alert=internal.take,
            live=self.live,
            clock=clock,
            gaps=GapWatch(clock),
            on_beat=self.note_beat,
        )
        receiver = WebhookReceiver(
            intake=self.outbox.intake,
            heartbeat=self.heartbeat,
            live=self.live,
            clock=clock,
            metrics=self.metrics,
            on_news=self.note_news,
        )
        self.skew = ClockSkew(clock)
        self.metrics.watch_clock_skew(self.skew.seconds)
        health = StoreHealth(self.outbox, clock, clock_warning=self.skew.words)
        self.metrics.watch_backlog(health.backlog, clock.unix_seconds)
        self.truncations = Truncations(
            open_alerts=self.outbox.intake, raise_alert=internal.take, clock=clock, metrics=self.metrics
        )
        posts = Posts(receiver=receiver, truncations=self.truncations, metrics=self.metrics)
        self.client = create_app(posts, health, self.live, self.metrics, clock).test_client()

    def note_beat(self) -> None:
        self.beats += 1

    def note_news(self) -> None:
        self.news += 1

    def post(self, body, headers=BEARER):
        return self.client.post("/alerts", data=body, headers=headers)

    def pending(self) -> int:
        return sum(self.outbox.backlog(T0).pending.values())

    def sample(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)
