"""Which collectors run: `collectors:` in exporter.yml."""

import msgspec

from exporter.collectors.registry import COLLECTORS, OFF_BY_DEFAULT, PROCESS_COLLECTORS


def _with_switches(settings: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Return *settings* with a switch for each collector, under its name."""
    return msgspec.defstruct(
        settings.__name__,
        [(collector.name, bool, collector not in OFF_BY_DEFAULT) for collector in COLLECTORS],
        bases=(settings,),
        module=settings.__module__,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )


@_with_switches
class CollectorSwitches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A switch for each collector, under its name."""

    def is_on(self, name: str) -> bool:
        """Return whether the collector called *name* is to run."""
        return bool(getattr(self, name))

    @property
    def needs_processes(self) -> bool:
        """Whether any of those that are on speaks of processes."""
        return any(self.is_on(collector.name) for collector in PROCESS_COLLECTORS)
