"""Builds the real parts from the settings and puts them together; nothing else does."""

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import disable_created_metrics

from alertbridge.background.heartbeat import Heartbeat
from alertbridge.background.heartbeat_ping import HeartbeatPing
from alertbridge.background.reconciliation import Reconciliation
from alertbridge.background.reminders import Reminding
from alertbridge.background.retention import Housekeeping
from alertbridge.config import BridgeSettings, Secrets, read_config, read_secrets
from alertbridge.delivery.courier import Courier, DeliveryConfig
from alertbridge.delivery.events import DeliveryEvents
from alertbridge.delivery.retry import Backoff
from alertbridge.delivery.unreachable import UnreachableUsers
from alertbridge.ingest.receiver import Bridge
from alertbridge.metrics import Metrics
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.outbox import Outbox, open_outbox
from alertbridge.prometheus.diagnosis import diagnose
from alertbridge.prometheus.firing import FiringAlerts, FiringInPrometheus
from alertbridge.reception import Reception
from alertbridge.web.app import LARGEST_BODY_BYTES, create_app
from alertbridge.web.mailgun_events import MailgunEvents
from alertbridge.wiring_mail import equipment_of
from marax.clock import SystemClock
from marax.commandline import CannotReachError
from marax.serving.server import Server, ServingSettings
from marax.settings.reader import SettingsError

_COURIERS = 4
_LAST_MAILS_SECONDS = 5.0

logger = logging.getLogger("bridge")


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """The settings in force and what was built from them; replaced as a whole."""

    settings: BridgeSettings
    secrets: Secrets
    equipment: DeliveryConfig


class Service:
    """A bridge that serves until it is told to stop."""

    def __init__(self, config: Path) -> None:
        """Build everything that *config* asks for.

        Raises:
            SettingsError: The settings cannot be used.
            CannotReachError: The database cannot be used.
        """
        self._config = config
        self._clock = SystemClock()
        disable_created_metrics()  # type: ignore[no-untyped-call] # without types; spares a series per counter
        self._metrics = Metrics()
        settings = read_config(config)
        self._in_force = self._built(settings, read_secrets(settings, config))
        self._outbox = _open_outbox(settings)
        reception = Reception(
            intake=self._outbox.intake,
            routing=lambda: self._in_force.equipment.routing,
            clock=self._clock,
            metrics=self._metrics,
            on_news=self._wake_courier,
        )
        undeliverable = UnreachableUsers(
            open_alerts=self._outbox.intake,
            bounces=self._outbox.deliveries.is_undeliverable,
            tell=reception.raise_internal,
            clock=self._clock,
        )
        aftermath = DeliveryEvents(self._outbox.deliveries, undeliverable, self._clock, self._metrics)
        self._courier = Courier(
            notices=self._outbox.notices,
            equipment=lambda: self._in_force.equipment,
            refusals=undeliverable,
            backoff=Backoff(),
            clock=self._clock,
            metrics=self._metrics,
        )
        self._heartbeat = Heartbeat(
            store=self._outbox.pulses,
            tell=reception.raise_internal,
            diagnose=self._diagnose,
            alarm_after_seconds=lambda: self._in_force.settings.heartbeat.alarm_after_seconds,
            clock=self._clock,
        )
        self._ping = HeartbeatPing(lambda: self._in_force.settings.heartbeat.ping_url)
        self._reconciliation = Reconciliation(
            open_episodes=self._outbox.intake.open_episodes,
            firing=self._firing,
            heartbeat=lambda: self._in_force.settings.heartbeat.alertname,
            tell=reception.take,
            clock=self._clock,
        )
        bridge = Bridge(
            outbox=self._outbox,
            reception=reception,
            heartbeat=self._heartbeat,
            settings=lambda: self._in_force.settings,
            on_beat=self._ping.note_beat,
            clock=self._clock,
        )
        self._metrics.watch_backlog(bridge.backlog, self._clock.unix_seconds)
        self._metrics.watch_heartbeat(self._heartbeat.last_unix_seconds)
        self._metrics.watch_recipients(lambda: undeliverable.suppressed(self._user_names()))
        app = create_app(bridge, lambda: self._in_force.secrets.webhook_token, self._metrics, self._clock)
        MailgunEvents(
            aftermath, lambda: self._in_force.secrets.mailgun_signing_key, self._metrics, self._clock
        ).add_to(app)
        self._server = Server(
            app,
            ServingSettings(
                address=settings.listen,
                body_limit_bytes=LARGEST_BODY_BYTES,
                web_config_file=settings.web_config_file,
            ),
        )

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; what is being sent by then gets a few seconds more.

        Raises:
            CannotReachError: The address is in use or not permitted.
        """
        address = self._server.bind()
        recovered = self._outbox.notices.recover(self._clock.unix_seconds())
        if recovered:
            logger.warning("the last run stopped while sending; it is sent again", extra={"mails": recovered})
        is_over = threading.Event()
        threads = [
            threading.Thread(target=self._courier.run, name=f"courier-{i}", daemon=True)
            for i in range(_COURIERS)
        ]
        housekeeping = Housekeeping(self._outbox.database, self._clock)
        reminding = Reminding(
            reminders=self._outbox.reminders,
            routing=lambda: self._in_force.equipment.routing,
            clock=self._clock,
            on_news=self._wake_courier,
        )
        threads += [
            threading.Thread(target=task, args=(is_over,), daemon=True)
            for task in (
                self._heartbeat.run,
                self._ping.run,
                self._reconciliation.run,
                housekeeping.run,
                reminding.run,
            )
        ]
        for thread in threads:
            thread.start()
        self._server.run(on_ready=lambda: self._tell_ready(str(address)), on_hangup=self.reload)
        is_over.set()
        self._courier.stop()
        deadline = self._clock.monotonic_seconds() + _LAST_MAILS_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - self._clock.monotonic_seconds()))
        self._outbox.close()
        logger.info("stopped")

    def reload(self) -> None:
        """Read the settings again; bad ones leave those in force as they are."""
        try:
            settings = read_config(self._config)
            built = self._built(settings, read_secrets(settings, self._config))
            self._server.reload_certificates()
        except SettingsError as error:
            self._metrics.reload_success.set(0)
            for mistake in error.mistakes:
                logger.error("settings not taken up", extra={"mistake": str(mistake)})  # noqa: TRY400 - told
            return
        self._in_force = built
        self._metrics.reload_success.set(1)
        logger.info("settings taken up; a change of `listen` or `database` waits for a restart")
        self._send_what_waits()

    def _send_what_waits(self) -> None:
        try:
            self._outbox.notices.resume()
            self._outbox.notices.retry_now(self._clock.unix_seconds())
        except StoreError as error:
            logger.warning("what waits to be sent goes on waiting", extra={"reason": str(error)})
        self._courier.wake()

    def _firing(self) -> FiringAlerts | None:
        prometheus = self._in_force.settings.prometheus
        return FiringInPrometheus(prometheus.url) if prometheus else None

    def _user_names(self) -> list[str]:
        return [user.name for user in self._in_force.settings.users]

    def _wake_courier(self) -> None:
        self._courier.wake()

    def _diagnose(self) -> str:
        settings = self._in_force.settings
        url = settings.prometheus.url if settings.prometheus else None
        return diagnose(url, settings.heartbeat.alertname)

    def _built(self, settings: BridgeSettings, secrets: Secrets) -> LiveConfig:
        return LiveConfig(settings, secrets, equipment_of(settings, secrets, self._clock, self._metrics))

    def _tell_ready(self, address: str) -> None:
        settings = self._in_force.settings
        if settings.mailgun is None:
            said = "no `mailgun:` in the settings: every mail goes into a Maildir"
            logger.warning(said, extra={"maildir": settings.maildir})
        logger.info(
            "ready",
            extra={"address": address, "hosts": len(settings.hosts), "users": len(settings.users)},
        )


def _open_outbox(settings: BridgeSettings) -> Outbox:
    try:
        return open_outbox(settings.database, lane="mailgun" if settings.mailgun else "maildir")
    except StoreError as error:
        raise CannotReachError(f"cannot use the database {settings.database}: {error}") from error
