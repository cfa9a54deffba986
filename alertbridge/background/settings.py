"""What the settings say of the heartbeat."""

import msgspec

from alertbridge.prometheus.settings import HttpUrl
from marax.settings.durations import Seconds

# Alertmanager posts the heartbeat once a minute, so that any shorter silence is missed again and again.
# Tests, whose waits are scaled, go below that; `check-config` does not let others do so
SHORTEST_ALARM_AFTER_SECONDS = 70.0


class HeartbeatSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The alert that always fires: its name, how long it may be silent, and whom to pass it on to."""

    alertname: str = "Watchdog"
    alarm_after_seconds: Seconds = msgspec.field(name="alarm_after", default=Seconds(300))
    ping_url: HttpUrl | None = None
