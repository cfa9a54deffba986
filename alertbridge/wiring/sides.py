"""The sides of the service: intake, delivery and web, and what runs beside them every so often."""

from collections.abc import Sequence
from dataclasses import dataclass

from alertbridge.background.clock_check import ClockCheck
from alertbridge.background.ends import EndProver
from alertbridge.background.firings import FiringJudge
from alertbridge.background.gaps import GapWatch
from alertbridge.background.heartbeat import Heartbeat
from alertbridge.background.heartbeat_ping import HeartbeatPing
from alertbridge.background.periodic import Task
from alertbridge.background.reconciliation import Reconciliation
from alertbridge.background.reminders import ReminderScheduler
from alertbridge.background.reopening import Reopening
from alertbridge.background.retention import Retention
from alertbridge.delivery.courier import Courier
from alertbridge.delivery.events import DeliveryEvents
from alertbridge.delivery.retry import Backoff
from alertbridge.delivery.unreachable import UnreachableUsers
from alertbridge.delivery.wakeup import Wakeup
from alertbridge.ingest.internal import InternalAlerts
from alertbridge.ingest.posts import Posts
from alertbridge.ingest.receiver import WebhookReceiver
from alertbridge.ingest.truncations import Truncations
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.health import StoreHealth
from alertbridge.outbox.outbox import Outbox
from alertbridge.web.app import LARGEST_BODY_BYTES, create_app
from alertbridge.web.mailgun_events import MailgunEvents
from alertbridge.wiring.live_config import LiveConfig
from marax.clock import Clock, SystemClock
from marax.serving.server import Server, ServingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every side stands on."""

    live: LiveConfig
    outbox: Outbox
    wakeup: Wakeup
    clock: Clock
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSide:
    """How alerts come in."""

    internal: InternalAlerts
    heartbeat: Heartbeat
    ping: HeartbeatPing
    receiver: WebhookReceiver
    truncations: Truncations
    gaps: GapWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySide:
    """How mails leave, and what is known of those that left."""

    unreachable: UnreachableUsers
    events: DeliveryEvents
    courier: Courier


def intake_side(ground: Ground) -> IntakeSide:
    """Return what takes in Alertmanager's alerts, the heartbeat and internal alerts."""
    live, clock, on_news = ground.live, ground.clock, ground.wakeup.notify
    internal = InternalAlerts(intake=ground.outbox.intake, live=live, clock=clock, on_news=on_news)
    ping, gaps = HeartbeatPing(live), GapWatch(SystemClock())
    heartbeat = Heartbeat(
        store=ground.outbox.heartbeat,
        raise_alert=internal.take,
        live=live,
        clock=clock,
        gaps=gaps,
        on_beat=ping.note_beat,
    )
    ground.metrics.watch_heartbeat(heartbeat.last_unix_seconds)
    receiver = WebhookReceiver(
        intake=ground.outbox.intake,
        heartbeat=heartbeat,
        live=live,
        clock=clock,
        metrics=ground.metrics,
        on_news=on_news,
    )
    truncations = Truncations(
        open_alerts=ground.outbox.intake, raise_alert=internal.take, clock=clock, metrics=ground.metrics
    )
    return IntakeSide(
        internal=internal,
        heartbeat=heartbeat,
        ping=ping,
        receiver=receiver,
        truncations=truncations,
        gaps=gaps,
    )


def delivery_side(ground: Ground, internal: InternalAlerts) -> DeliverySide:
    """Return what sends mails; users who cannot be reached become *internal* alerts."""
    unreachable = UnreachableUsers(
        open_alerts=ground.outbox.intake,
        bounces=ground.outbox.deliveries.is_undeliverable,
        raise_alert=internal.take,
        clock=ground.clock,
    )
    ground.metrics.watch_recipients(lambda: unreachable.suppressed(ground.live.user_names))
    events = DeliveryEvents(ground.outbox.deliveries, unreachable, ground.clock, ground.metrics)
    courier = Courier(
        notices=ground.outbox.notices,
        live=ground.live,
        wakeup=ground.wakeup,
        reports=unreachable,
        backoff=Backoff(),
        clock=ground.clock,
        metrics=ground.metrics,
    )
    return DeliverySide(unreachable=unreachable, events=events, courier=courier)


def web_side(ground: Ground, intake: IntakeSide, delivery: DeliverySide) -> Server:
    """Return the server of all routes."""
    live, settings = ground.live, ground.live.settings
    health = StoreHealth(ground.outbox, ground.clock, clock_warning=live.clock_skew.words)
    ground.metrics.watch_clock_skew(live.clock_skew.seconds)
    ground.metrics.watch_backlog(health.backlog, ground.clock.unix_seconds)
    posts = Posts(receiver=intake.receiver, truncations=intake.truncations, metrics=ground.metrics)
    app = create_app(posts, health, live, ground.metrics, ground.clock)
    MailgunEvents(delivery.events, live, ground.metrics, ground.clock).add_to(app)
    serving = ServingSettings(
        address=settings.listen,
        body_limit_bytes=LARGEST_BODY_BYTES,
        web_config_file=settings.web_config_file,
    )
    return Server(app, serving)


def tasks_of(ground: Ground, intake: IntakeSide) -> Sequence[Task]:
    """Return what runs every so often."""
    live, outbox, clock = ground.live, ground.outbox, ground.clock
    reconciliation = Reconciliation(
        open_episodes=outbox.intake.open_episodes, live=live, receive=intake.receiver.receive, clock=clock
    )
    ends = EndProver(
        claims=outbox.end_claims,
        live=live,
        evaluated=intake.heartbeat.evaluated_unix_seconds,
        resumed=intake.gaps.resumed_unix_seconds,
        close=intake.receiver.close,
        clock=clock,
    )
    firings = FiringJudge(disputes=outbox.disputes, live=live, settle=intake.receiver.settle, clock=clock)
    reopening = Reopening(ended=outbox.intake, live=live, receive=intake.receiver.receive, clock=clock)
    reminders = ReminderScheduler(
        reminders=outbox.reminders, live=live, clock=clock, on_news=ground.wakeup.notify
    )
    clock_check = ClockCheck(skew=live.clock_skew, live=live, heartbeat_ahead=intake.heartbeat.ahead_seconds)
    retention = Retention(outbox.database, clock)
    return (
        Task(name="gaps", run=intake.gaps.run, every_seconds=1),
        Task(name="heartbeat", run=intake.heartbeat.check, every_seconds=5),
        Task(name="heartbeat-ping", run=intake.ping.run, every_seconds=1),
        Task(name="starts", run=firings.settle_starts, every_seconds=0.5),
        Task(name="repeats", run=firings.settle_repeats, every_seconds=5),
        Task(name="ends", run=ends.run, every_seconds=1),
        Task(name="reconciliation", run=reconciliation.check, every_seconds=60),
        Task(name="reopening", run=reopening.check, every_seconds=60),
        Task(name="reminders", run=reminders.run, every_seconds=60),
        Task(name="truncations", run=intake.truncations.forget, every_seconds=3600),
        Task(name="clocks", run=clock_check.run, every_seconds=60, first_after_seconds=1),
        Task(name="retention", run=retention.run, every_seconds=3600, first_after_seconds=1),
    )
