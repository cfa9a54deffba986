"""The service: built from its sides, run until it has to stop, reloaded on request."""

import logging
import threading
from functools import partial
from pathlib import Path

from alertbridge.background.periodic import Periodic
from alertbridge.config.settings import BridgeSettings
from alertbridge.delivery.wakeup import Wakeup
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.outbox import Outbox, open_outbox
from alertbridge.wiring.live_config import LiveConfig, Loaded
from alertbridge.wiring.sides import Ground, delivery_side, intake_side, tasks_of, web_side
from marax.clock import SystemClock
from marax.commandline import CannotReachError
from marax.settings.reload import Reloader

_COURIERS = 4
_LONGEST_WAIT_SECONDS = 1.0
_LAST_MAILS_SECONDS = 5.0

logger = logging.getLogger(__name__)


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
        ground = Ground(
            live=self._live,
            outbox=self._outbox,
            wakeup=Wakeup(longest_wait_seconds=_LONGEST_WAIT_SECONDS),
            clock=self._clock,
            metrics=self._metrics,
        )
        intake = intake_side(ground)
        delivery = delivery_side(ground, intake.internal)
        self._wakeup = ground.wakeup
        self._courier = delivery.courier
        self._server = web_side(ground, intake, delivery)
        self._background = Periodic(tasks_of(ground, intake), self._metrics.count_background_errors)

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
            self._log_warnings()
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

    def _log_warnings(self) -> None:
        for warning in self._live.warnings():
            logger.warning("check the settings", extra={"warning": str(warning)})

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
        self._log_warnings()
        logger.info(
            "ready",
            extra={"address": address, "hosts": len(settings.hosts), "users": len(settings.users)},
        )


def _open_outbox(settings: BridgeSettings) -> Outbox:
    try:
        return open_outbox(settings.database, transport="mailgun" if settings.mailgun else "maildir")
    except StoreError as error:
        raise CannotReachError(f"cannot use the database {settings.database}: {error}") from error
