"""The state of the host at one moment, as `/stats` returns it."""

import os
from collections.abc import Callable

import msgspec

from exporter.host.kernel_stat import KernelStat
from exporter.host.memory import Memory
from exporter.host.table import ProcessTable
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

    The ratio of the CPU and its window are None before the second reading of the processes.
    """

    time_seconds: float
    boot_time_seconds: float
    uptime_seconds: float
    uname: Uname
    cpus_online: int
    cpu_usage_ratio: float | None
    sample_window_seconds: float | None
    load1: float
    load5: float
    load15: float
    memory_total_bytes: int
    memory_available_bytes: int
    memory_free_bytes: int
    memory_buffers_bytes: int
    memory_cached_bytes: int
    memory_usage_ratio: float
    swap_total_bytes: int
    swap_free_bytes: int


class StatsReader:
    """Reads the host; its CPU usage is that of the window behind the process list."""

    def __init__(
        self,
        table: ProcessTable,
        *,
        window_seconds: float,
        read_memory: Callable[[], Memory],
        read_kernel_stat: Callable[[], KernelStat],
        clock: Clock,
    ) -> None:
        self._table = table
        self._window_seconds = window_seconds
        self._read_memory = read_memory
        self._read_kernel_stat = read_kernel_stat
        self._clock = clock

    def read(self) -> Stats:
        """Return the state of the host now.

        Raises:
            HostReadError: It cannot be read.
        """
        _, window = self._table.current(window_seconds=self._window_seconds)
        memory, kernel, uname = self._read_memory(), self._read_kernel_stat(), os.uname()
        load1, load5, load15 = os.getloadavg()
        now_seconds = self._clock.unix_seconds()
        return Stats(
            time_seconds=now_seconds,
            boot_time_seconds=kernel.boot_time_seconds,
            uptime_seconds=max(0.0, now_seconds - kernel.boot_time_seconds),
            uname=Uname(
                sysname=uname.sysname,
                nodename=uname.nodename,
                release=uname.release,
                version=uname.version,
                machine=uname.machine,
            ),
            cpus_online=os.sysconf("SC_NPROCESSORS_ONLN"),
            cpu_usage_ratio=host_cpu_ratio(window) if window else None,
            sample_window_seconds=window.seconds if window else None,
            load1=load1,
            load5=load5,
            load15=load15,
            memory_total_bytes=memory.total_bytes,
            memory_available_bytes=memory.available_bytes,
            memory_free_bytes=memory.free_bytes,
            memory_buffers_bytes=memory.buffers_bytes,
            memory_cached_bytes=memory.cached_bytes,
            memory_usage_ratio=memory.usage_ratio,
            swap_total_bytes=memory.swap_total_bytes,
            swap_free_bytes=memory.swap_free_bytes,
        )
