"""What the settings say of the heartbeat."""

import msgspec

from alertbridge.prometheus.settings import HttpUrl
from marax.settings.durations import Seconds

# Prometheus sends the heartbeat every 60 to 75 s, and Alertmanager posts it once a minute: while all is well,
# what is known is up to 135 s old, and 60 s more than this are allowed for. Tests, whose waits are scaled, go
# below it, so that it is `check-config` that refuses them
SHORTEST_ALARM_AFTER_SECONDS = 90.0


class HeartbeatSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The alert that always fires: its name, how long it may be silent, and whom to pass it on to."""

    alertname: str = "Watchdog"
    alarm_after_seconds: Seconds = msgspec.field(name="alarm_after", default=Seconds(300))
    ping_url: HttpUrl | None = None
