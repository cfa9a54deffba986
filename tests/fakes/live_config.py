"""Settings in force that a test changes as it likes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from alertbridge.background.settings import HeartbeatSettings
from alertbridge.fleet.hosts import HostSettings
from alertbridge.routing.recipients import Routing
from marax.settings.secret import Secret
from tests.alertbridge.alert_builders import a_routing


@dataclass(slots=True, kw_only=True)
class FakeLiveConfig:
    """What any part of the bridge may ask of the settings in force."""

    routing: Routing = field(default_factory=a_routing)
    heartbeat: HeartbeatSettings = field(default_factory=HeartbeatSettings)
    hosts: Sequence[HostSettings] = ()
    webhook_token: Secret = field(default_factory=lambda: Secret("s3cret-token"))
    mailgun_signing_key: Secret | None = None
    delivery: Any = None
    witness: Any = None
    past: Any = None
    prometheus_clock: Any = None
    diagnose: Callable[[], str] = lambda: ""
