"""Which collectors run: `collectors:` in exporter.yml."""

import msgspec


class CollectorSwitches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A switch for each collector, under its name; `cpu_per_core` costs eight series for each CPU."""

    cpu: bool = True
    cpu_per_core: bool = False
    load: bool = True
    memory: bool = True
    vmstat: bool = True
    pressure: bool = True
    system: bool = True
    cgroup: bool = True
    processes: bool = True
    groups: bool = True
    top: bool = True
    access: bool = True
    commands: bool = True
    exporter: bool = True

    def is_on(self, name: str) -> bool:
        """Return whether the collector called *name* is to run."""
        return bool(getattr(self, name))

    @property
    def needs_processes(self) -> bool:
        """Whether any of those that are on speaks of processes."""
        return self.processes or self.groups or self.top
