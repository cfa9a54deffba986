"""Scans all processes as the exporter does: `python -m bench.own_scan`.

For each line of its input, a number of scans, it scans so often and prints the CPU seconds of all of them and
the number of processes in the last one. Ends when its input does.
"""

import resource
import sys
from pathlib import Path

import click

from exporter.host.scan import ProcessScanner
from exporter.host.stat_files import raise_descriptor_limit, spare_descriptors
from marax.clock import SystemClock


def main() -> None:
    """Scan as often as each line says."""
    raise_descriptor_limit()
    scanner = ProcessScanner(Path("/proc"), SystemClock(), held_descriptors=spare_descriptors())
    for order in sys.stdin:
        before_seconds = _cpu_seconds()
        for _ in range(int(order)):
            snapshot = scanner.scan()
        click.echo(f"{_cpu_seconds() - before_seconds:.6f} {len(snapshot.processes)}")


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
