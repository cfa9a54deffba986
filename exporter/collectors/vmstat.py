"""What virtual memory had to do: swapping, major faults, processes ended for want of memory."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.metrics_core import Metric

from exporter.collectors import families


class VmstatCollector:
    """Four counters of the kernel, those that it has; reads /proc/vmstat once."""

    name = "vmstat"
    families = (families.SWAP_IN, families.SWAP_OUT, families.MAJOR_FAULTS, families.OOM_KILLS)

    def __init__(self, read: Callable[[], Mapping[str, int]], *, page_bytes: int) -> None:
        self._read = read
        self._rows = (
            (families.SWAP_IN, "pswpin", page_bytes),
            (families.SWAP_OUT, "pswpout", page_bytes),
            (families.MAJOR_FAULTS, "pgmajfault", 1),
            (families.OOM_KILLS, "oom_kill", 1),
        )

    def collect(self) -> Iterator[Metric]:
        counters = self._read()
        return (family.of(counters[name] * unit) for family, name, unit in self._rows if name in counters)
