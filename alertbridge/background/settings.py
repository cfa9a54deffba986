"""What the settings say of the heartbeat."""

import msgspec

from alertbridge.prometheus.settings import HttpUrl
from marax.settings.durations import Seconds


class HeartbeatSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The alert that always fires: its name, how long it may be silent, and whom to pass it on to."""

    alertname: str = "Watchdog"
    alarm_after_seconds: Seconds = msgspec.field(name="alarm_after", default=Seconds(300))
    ping_url: HttpUrl | None = None
