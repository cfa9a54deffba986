"""The settings in force and what was built from them: one object, which a reload fills anew as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alertbridge.background.settings import HeartbeatSettings
from alertbridge.config.settings import BridgeSettings, Secrets, read_config, read_secrets
from alertbridge.config.warnings import warnings_of
from alertbridge.delivery.courier import DeliveryConfig
from alertbridge.fleet.hosts import HostSettings
from alertbridge.metrics.table import Metrics
from alertbridge.prometheus.clock_skew import AskedClock, ClockSkew, PrometheusClock
from alertbridge.prometheus.diagnosis import diagnose
from alertbridge.prometheus.evidence import PrometheusWitness, Witness
from alertbridge.prometheus.past import PastAlerts, PastInPrometheus
from alertbridge.routing.recipients import Routing
from alertbridge.wiring.mail import delivery_config_of
from marax.clock import Clock
from marax.settings.mistakes import SettingsWarning
from marax.settings.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a settings file came to."""

    settings: BridgeSettings
    secrets: Secrets
    delivery: DeliveryConfig
    witness: Witness | None
    past: PastAlerts | None
    prometheus_clock: PrometheusClock | None


class LiveConfig:
    """Answers each part of the bridge what the settings in force say; threads may share it."""

    def __init__(self, path: Path, clock: Clock, metrics: Metrics) -> None:
        """Load the settings file at *path*.

        Raises:
            SettingsError: It cannot be used.
        """
        self._path = path
        self._clock = clock
        self._metrics = metrics
        self.clock_skew = ClockSkew(clock)
        self._loaded = self.load()

    def load(self) -> Loaded:
        """Return what the file says now; those in force stay.

        Raises:
            SettingsError: It cannot be used.
        """
        settings = read_config(self._path)
        secrets = read_secrets(settings, self._path)
        urls = settings.prometheus.all_urls if settings.prometheus else ()
        return Loaded(
            settings=settings,
            secrets=secrets,
            delivery=delivery_config_of(settings, secrets, self._clock, self._metrics, self.clock_skew),
            witness=PrometheusWitness(*urls) if urls else None,
            past=PastInPrometheus(*urls) if urls else None,
            prometheus_clock=AskedClock(urls[0], self._clock) if urls else None,
        )

    def use(self, loaded: Loaded) -> None:
        """Put *loaded* into force."""
        self._loaded = loaded

    def warnings(self) -> Sequence[SettingsWarning]:
        """Return what is doubtful about the settings in force."""
        return warnings_of(self._loaded.settings, self._path)

    @property
    def settings(self) -> BridgeSettings:
        """All of them."""
        return self._loaded.settings

    @property
    def hosts(self) -> Sequence[HostSettings]:
        """The fleet."""
        return self._loaded.settings.hosts

    @property
    def user_names(self) -> Sequence[str]:
        """Who may be notified."""
        return [user.name for user in self._loaded.settings.users]

    @property
    def routing(self) -> Routing:
        """Who is notified of what."""
        return self._loaded.delivery.routing

    @property
    def delivery(self) -> DeliveryConfig:
        """How mails are composed, and by what they leave."""
        return self._loaded.delivery

    @property
    def heartbeat(self) -> HeartbeatSettings:
        """The alert that always fires."""
        return self._loaded.settings.heartbeat

    @property
    def witness(self) -> Witness | None:
        """Who knows whether alerts have ended; None without Prometheus."""
        return self._loaded.witness

    @property
    def past(self) -> PastAlerts | None:
        """Who knows what alerts were; None without Prometheus."""
        return self._loaded.past

    @property
    def prometheus_clock(self) -> PrometheusClock | None:
        """Who knows Prometheus' time; None without Prometheus."""
        return self._loaded.prometheus_clock

    @property
    def webhook_token(self) -> Secret:
        """What Alertmanager and Prometheus bear."""
        return self._loaded.secrets.webhook_token

    @property
    def mailgun_signing_key(self) -> Secret | None:
        """With what Mailgun signs its events; None when there is none."""
        return self._loaded.secrets.mailgun_signing_key

    def diagnose(self) -> str:
        """Return which part of the monitoring does not answer, in a sentence; takes 5 s at most."""
        settings = self._loaded.settings
        urls = settings.prometheus.all_urls if settings.prometheus else ()
        return diagnose(urls, settings.heartbeat.alertname)
