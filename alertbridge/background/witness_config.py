"""Whom the tasks that prove something ask, by the settings in force."""

from typing import Protocol

from alertbridge.background.settings import HeartbeatSettings
from alertbridge.prometheus.evidence import Witness
from alertbridge.routing.recipients import Routing


class WitnessConfig(Protocol):
    """What the settings in force say, and who can be asked; None without Prometheus."""

    @property
    def routing(self) -> Routing: ...

    @property
    def heartbeat(self) -> HeartbeatSettings: ...

    @property
    def witness(self) -> Witness | None: ...
