"""A host as the API tells it, made up."""

from exporter.reports.process_list import ListedProcess, ProcessList, Wanted
from exporter.reports.stats import Stats, Uname


def read_stats() -> Stats:
    return Stats(
        time_seconds=1_790_000_000.5,
        boot_time_seconds=1_780_000_000,
        uptime_seconds=10_000_000.5,
        uname=Uname(sysname="Linux", nodename="web-1", release="6.1.0", version="#1 SMP", machine="x86_64"),
        cpus_online=4,
        cpu_usage_ratio=0.25,
        sample_window_seconds=15.0,
        load1=1.5,
        load5=1.0,
        load15=0.5,
        memory_total_bytes=8 * 1024**3,
        memory_available_bytes=6 * 1024**3,
        memory_free_bytes=1024**3,
        memory_buffers_bytes=1024**2,
        memory_cached_bytes=4 * 1024**3,
        memory_usage_ratio=0.25,
        swap_total_bytes=0,
        swap_free_bytes=0,
    )


def list_processes(wanted: Wanted) -> ProcessList:
    """Return as many processes as are wanted, of the user and the name that are wanted."""
    process = ListedProcess(
        pid=100,
        ppid=1,
        name=wanted.name or "worker",
        user=wanted.user or "root",
        unit="worker.service",
        cmdline="",
        state="S",
        threads=1,
        age_seconds=60.0,
        cpu_usage_ratio=0.5,
        memory_rss_bytes=4096,
    )
    return ProcessList(
        time_seconds=1_790_000_000.5,
        sample_window_seconds=15.0,
        sorted_by=wanted.by,
        process_count=wanted.count,
        processes=[process] * wanted.count,
    )
