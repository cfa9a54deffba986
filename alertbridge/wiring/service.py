"""Builds the service: the intake side, the delivery side, the web side, and what runs beside them."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alertbridge.background.heartbeat import Heartbeat
from alertbridge.background.heartbeat_ping import HeartbeatPing
from alertbridge.background.periodic import Periodic, Task
from alertbridge.background.reconciliation import Reconciliation
from alertbridge.background.reminders import ReminderScheduler
from alertbridge.background.retention import Retention
from alertbridge.config import BridgeSettings
from alertbridge.delivery.courier import Courier
from alertbridge.delivery.events import DeliveryEvents
from alertbridge.delivery.retry import Backoff
from alertbridge.delivery.unreachable import UnreachableUsers
from alertbridge.delivery.wakeup import Wakeup
from alertbridge.ingest.internal import InternalAlerts
from alertbridge.ingest.receiver import WebhookReceiver
from alertbridge.metrics import Metrics
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.health import StoreHealth
from alertbridge.outbox.outbox import Outbox, open_outbox
from alertbridge.web.app import LARGEST_BODY_BYTES, create_app
from alertbridge.web.mailgun_events import MailgunEvents
from alertbridge.wiring.live_config import LiveConfig, Loaded
from marax.clock import Clock, SystemClock
from marax.commandline import CannotReachError
from marax.serving.server import Server, ServingSettings
from marax.settings.reload import Reloader

_COURIERS = 4
_LONGEST_WAIT_SECONDS = 1.0
_LAST_MAILS_SECONDS = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What every side stands on."""

    live: LiveConfig
    outbox: Outbox
    wakeup: Wakeup
    clock: Clock
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intake:
    internal: InternalAlerts
    heartbeat: Heartbeat
    ping: HeartbeatPing
    receiver: WebhookReceiver


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    unreachable: UnreachableUsers
    events: DeliveryEvents
    courier: Courier


class Service:
    """A bridge that serves until it has to stop."""

    def __init__(self, config: Path) -> None:
        """Build everything that *config* asks for.

        Raises:
            SettingsError: The settings cannot be used.
            CannotReachError: The database cannot be used.
        """
        self._clock, self._metrics = SystemClock(), Metrics()
        self._live = LiveConfig(config, self._clock, self._metrics)
        self._at_start = self._live.settings
        self._reloader = Reloader(load=self._load, use=self._live.use, clock=self._clock)
        self._outbox = _open_outbox(self._live.settings)
        ground = _Ground(
            live=self._live,
            outbox=self._outbox,
            wakeup=Wakeup(longest_wait_seconds=_LONGEST_WAIT_SECONDS),
            clock=self._clock,
            metrics=self._metrics,
        )
        intake = _intake_side(ground)
        delivery = _delivery_side(ground, intake.internal)
        self._wakeup = ground.wakeup
        self._courier = delivery.courier
        self._server = _web_side(ground, intake, delivery)
        self._background = Periodic(_tasks(ground, intake), self._metrics.count_background_errors)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; what is being sent by then gets a few seconds more.

        Raises:
            CannotReachError: The address is in use or not permitted.
        """
        address = self._server.bind()
        recovered = self._outbox.notices.recover(self._clock.unix_seconds())
        if recovered:
            logger.warning("retrying mails interrupted by the last stop", extra={"mails": recovered})
        couriers = [
            threading.Thread(target=self._courier.run, name=f"courier-{number}", daemon=True)
            for number in range(_COURIERS)
        ]
        for thread in couriers:
            thread.start()
        self._background.start()
        self._server.run(on_ready=partial(self._say_ready, str(address)), on_hangup=self.reload)
        self._background.stop()
        self._courier.stop()
        deadline = self._clock.monotonic_seconds() + _LAST_MAILS_SECONDS
        for thread in (*couriers, *self._background.threads):
            thread.join(max(0.0, deadline - self._clock.monotonic_seconds()))
        self._outbox.close()
        logger.info("stopped")

    def reload(self) -> None:
        """Read the settings again; invalid ones leave those in force as they are."""
        is_loaded = self._reloader.reload()
        self._metrics.reload_success.set(is_loaded)
        if is_loaded:
            self._warn_of_restart()
            self._resume_pending()

    def _load(self) -> Loaded:
        loaded = self._live.load()
        self._server.reload_certificates()
        return loaded

    def _warn_of_restart(self) -> None:
        for key in ("listen", "database", "web_config_file"):
            if getattr(self._live.settings, key) != getattr(self._at_start, key):
                logger.warning("setting changed, restart required", extra={"key": key})

    def _resume_pending(self) -> None:
        """Let what waits leave at once: the settings may have been what kept it."""
        try:
            self._outbox.notices.resume()
            self._outbox.notices.retry_now(self._clock.unix_seconds())
        except StoreError as error:
            logger.warning("could not resume pending mails", extra={"reason": str(error)})
        self._wakeup.notify()

    def _say_ready(self, address: str) -> None:
        settings = self._live.settings
        if settings.mailgun is None:
            said = "no `mailgun:` in the settings: every mail goes into a Maildir"
            logger.warning(said, extra={"maildir": settings.maildir})
        logger.info(
            "ready",
            extra={"address": address, "hosts": len(settings.hosts), "users": len(settings.users)},
        )


def _intake_side(ground: _Ground) -> _Intake:
    live, clock, on_news = ground.live, ground.clock, ground.wakeup.notify
    internal = InternalAlerts(intake=ground.outbox.intake, live=live, clock=clock, on_news=on_news)
    ping = HeartbeatPing(live)
    heartbeat = Heartbeat(
        store=ground.outbox.heartbeat,
        raise_alert=internal.take,
        live=live,
        clock=clock,
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
    return _Intake(internal=internal, heartbeat=heartbeat, ping=ping, receiver=receiver)


def _delivery_side(ground: _Ground, internal: InternalAlerts) -> _Delivery:
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
    return _Delivery(unreachable=unreachable, events=events, courier=courier)


def _web_side(ground: _Ground, intake: _Intake, delivery: _Delivery) -> Server:
    live, settings = ground.live, ground.live.settings
    health = StoreHealth(ground.outbox, ground.clock)
    ground.metrics.watch_backlog(health.backlog, ground.clock.unix_seconds)
    app = create_app(intake.receiver, health, live, ground.metrics, ground.clock)
    MailgunEvents(delivery.events, live, ground.metrics, ground.clock).add_to(app)
    serving = ServingSettings(
        address=settings.listen,
        body_limit_bytes=LARGEST_BODY_BYTES,
        web_config_file=settings.web_config_file,
    )
    return Server(app, serving)


def _tasks(ground: _Ground, intake: _Intake) -> Sequence[Task]:
    """Return what runs every so often."""
    live, outbox, clock = ground.live, ground.outbox, ground.clock
    reconciliation = Reconciliation(
        open_episodes=outbox.intake.open_episodes, live=live, receive=intake.receiver.receive, clock=clock
    )
    reminders = ReminderScheduler(
        reminders=outbox.reminders, live=live, clock=clock, on_news=ground.wakeup.notify
    )
    retention = Retention(outbox.database, clock)
    return (
        Task(name="heartbeat", run=intake.heartbeat.check, every_seconds=5),
        Task(name="heartbeat-ping", run=intake.ping.run, every_seconds=1),
        Task(name="reconciliation", run=reconciliation.check, every_seconds=60),
        Task(name="reminders", run=reminders.run, every_seconds=60),
        Task(name="retention", run=retention.run, every_seconds=3600, first_after_seconds=1),
    )


def _open_outbox(settings: BridgeSettings) -> Outbox:
    try:
        return open_outbox(settings.database, transport="mailgun" if settings.mailgun else "maildir")
    except StoreError as error:
        raise CannotReachError(f"cannot use the database {settings.database}: {error}") from error
