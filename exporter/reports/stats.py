"""The state of the host at one moment, as `/stats` returns it."""

from functools import partial
from pathlib import Path

import msgspec

from exporter.host.files import Attempts
from exporter.host.kernel_stat import read_kernel_stat
from exporter.host.load import read_load
from exporter.host.memory import read_memory
from exporter.host.table import ProcessTable
from exporter.host.uname import read_uname
from exporter.processes.cpu_attribution import host_cpu_ratio
from marax.clock import Clock


class Uname(msgspec.Struct, frozen=True, kw_only=True):
    """What uname(2) says."""

    sysname: str
    nodename: str
    release: str
    version: str
    machine: str


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """The fields bear the names of the metrics that say the same.

    None is what the host does not say. The ratio of the CPU and its window are None before the second reading
    of the processes, too.
    """

    time_seconds: float
    boot_time_seconds: float | None
    uptime_seconds: float | None
    uname: Uname
    cpus_online: int
    cpu_usage_ratio: float | None
    sample_window_seconds: float | None
    load1: float | None
    load5: float | None
    load15: float | None
    memory_total_bytes: int | None
    memory_available_bytes: int | None
    memory_free_bytes: int | None
    memory_buffers_bytes: int | None
    memory_cached_bytes: int | None
    memory_usage_ratio: float | None
    swap_total_bytes: int | None
    swap_free_bytes: int | None


class StatsReader:
    """Reads the host under *procfs*; its CPU usage is that of the window behind the process list."""

    def __init__(self, table: ProcessTable, *, window_seconds: float, procfs: Path, clock: Clock) -> None:
        self._table = table
        self._window_seconds = window_seconds
        self._procfs = procfs
        self._clock = clock

    def read(self) -> Stats:
        """Return the state of the host now, without what cannot be read.

        Raises:
            HostReadError: Its processes cannot be read.
        """
        now, window = self._table.current(window_seconds=self._window_seconds)
        attempts, uname = Attempts(), read_uname()
        memory = attempts.read(partial(read_memory, self._procfs))
        kernel = attempts.read(partial(read_kernel_stat, self._procfs))
        load = attempts.read(partial(read_load, self._procfs))
        now_seconds = self._clock.unix_seconds()
        return Stats(
            time_seconds=now_seconds,
            boot_time_seconds=kernel and kernel.boot_time_seconds,
            uptime_seconds=kernel and max(0.0, now_seconds - kernel.boot_time_seconds),
            uname=Uname(
                sysname=uname.sysname,
                nodename=uname.nodename,
                release=uname.release,
                version=uname.version,
                machine=uname.machine,
            ),
            cpus_online=now.totals.cpus,
            cpu_usage_ratio=host_cpu_ratio(window) if window else None,
            sample_window_seconds=window.seconds if window else None,
            load1=load and load.load1,
            load5=load and load.load5,
            load15=load and load.load15,
            memory_total_bytes=memory and memory.total_bytes,
            memory_available_bytes=memory and memory.available_bytes,
            memory_free_bytes=memory and memory.free_bytes,
            memory_buffers_bytes=memory and memory.buffers_bytes,
            memory_cached_bytes=memory and memory.cached_bytes,
            memory_usage_ratio=memory and memory.usage_ratio,
            swap_total_bytes=memory and memory.swap_total_bytes,
            swap_free_bytes=memory and memory.swap_free_bytes,
        )
