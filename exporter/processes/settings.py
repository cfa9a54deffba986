"""What the owner of a host may choose about its process metrics: `processes:` in exporter.yml."""

from typing import Annotated, Literal

import msgspec

from marax.settings.durations import BoundedSeconds


class WindowSeconds(BoundedSeconds):
    """How far the CPU ratios look back."""

    shortest_seconds = 2.0
    longest_seconds = 600.0
    spelled = "from 2s to 10m"


class IntervalSeconds(BoundedSeconds):
    """How long the sampler waits between two scans."""

    shortest_seconds = 1.0
    longest_seconds = 60.0
    spelled = "from 1s to 1m"


class ProcessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How processes are watched.

    Attributes:
        top: How many by CPU and how many by memory are shown each on their own.
        groups: How many groups are counted by name; what is beyond goes to `(other)`.
        group_by: What makes a group: the program's name (`comm`) or its systemd unit.
        window_seconds: How far the CPU ratios look back.
        interval_seconds: Time between two scans.
        new_per_hour: How many top processes may be new within an hour, and how many groups.
        show_cmdline: Whether command lines are published; they may hold secrets.
    """

    top: Annotated[int, msgspec.Meta(ge=1, le=20, description="a whole number from 1 to 20")] = 5
    groups: Annotated[int, msgspec.Meta(ge=1, le=200, description="a whole number from 1 to 200")] = 30
    group_by: Literal["comm", "unit"] = "comm"
    window_seconds: WindowSeconds = msgspec.field(name="window", default=WindowSeconds(15))
    interval_seconds: IntervalSeconds = msgspec.field(name="interval", default=IntervalSeconds(5))
    new_per_hour: Annotated[
        int, msgspec.Meta(ge=60, le=3600, description="a whole number from 60 to 3600")
    ] = 240
    show_cmdline: bool = False
