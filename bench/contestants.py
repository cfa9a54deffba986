"""The exporters that are measured, each on a port of its own; every one is run as it comes."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from bench.accounting import cpu_seconds
from bench.own_exporter import STUCK
from bench.scraping import Scraping, answers
from scripts.stack.part import Part, Program
from scripts.stack.ports import free_addresses

# The soft limit of descriptors that systemd gives to services; who wants more has to ask for it.
_AS_A_SERVICE = ("/bin/sh", "-c", 'ulimit -S -n 1024 && exec "$0" "$@"')
_START_SECONDS = 30.0
_POLL_SECONDS = 0.05


class Contestant:
    """An exporter that runs, and a client that scrapes it as Prometheus does."""

    def __init__(self, part: Part) -> None:
        if part.pid is None:
            raise RuntimeError("a contestant runs")
        self.name = part.name
        self.pid = part.pid
        self.address = part.address
        self.scraping = Scraping(part.address)

    @property
    def cpu_seconds(self) -> float:
        """CPU time that it has used so far."""
        return cpu_seconds(self.pid)

    def seconds_per_scrape(self, scrapes: int) -> float:
        """Return the CPU time of a scrape, from so many in a row."""
        before_seconds = self.cpu_seconds
        for _ in range(scrapes):
            self.scraping.get()
        return (self.cpu_seconds - before_seconds) / scrapes


@contextmanager
def marax(
    folder: Path, *, stuck: bool = False, settings: Mapping[str, object] = MappingProxyType({})
) -> Iterator[Contestant]:
    """Run marax-exporter with these *settings*; if *stuck*, one of its readings hangs for ever."""
    [address] = free_addresses(1)
    config = folder / "exporter.yml"
    config.write_text(json.dumps({"listen": address, **settings}))  # YAML holds JSON
    argv = (sys.executable, "-m", "bench.own_exporter", *[STUCK] * stuck, "--config", str(config))
    is_up = "/-/healthy" if stuck else "/-/ready"
    with _running(_program("marax-exporter", argv, address, folder), is_up) as contestant:
        yield contestant


@contextmanager
def psutil_exporter(folder: Path) -> Iterator[Contestant]:
    """Run the exporter that anyone would write."""
    [address] = free_addresses(1)
    argv = (sys.executable, "-m", "bench.psutil_exporter", address.rpartition(":")[2])
    with _running(_program("psutil", argv, address, folder), "/favicon.ico") as contestant:
        yield contestant


@contextmanager
def process_exporter(folder: Path) -> Iterator[Contestant | None]:
    """Run Debian's process-exporter, grouping by comm; None if this machine does not have it."""
    [address] = free_addresses(1)
    config = folder / "process-exporter.yml"
    config.write_text('process_names: [{name: "{{.Comm}}", cmdline: [".+"]}]\n')
    options = ("-config.path", str(config), f"-web.listen-address={address}")
    with _debians("prometheus-process-exporter", options, address, folder) as contestant:
        yield contestant


@contextmanager
def node_exporter(folder: Path, *options: str) -> Iterator[Contestant | None]:
    """Run Debian's node_exporter; None if this machine does not have it."""
    [address] = free_addresses(1)
    all_options = (f"--web.listen-address={address}", *options)
    with _debians("prometheus-node-exporter", all_options, address, folder) as contestant:
        yield contestant


@contextmanager
def load(name: str, argv: tuple[str, ...], folder: Path) -> Iterator[None]:
    """Run *argv*, a load on the machine, for as long as this lasts."""
    part = Part(Program(name=name, argv=argv, address="", log=folder / f"{name}.log"))
    try:
        part.start()
        yield
    finally:
        part.kill()


@contextmanager
def _debians(name: str, options: tuple[str, ...], address: str, folder: Path) -> Iterator[Contestant | None]:
    path = shutil.which(name)
    if path is None:
        yield None
        return
    with _running(_program(name, (path, *options), address, folder), "/") as contestant:
        yield contestant


@contextmanager
def _running(program: Program, path: str) -> Iterator[Contestant]:
    """Run *program*, from when it answers *path* for as long as this lasts."""
    part = Part(program)
    with ExitStack() as ends:
        ends.callback(part.stop)
        part.start()
        deadline = time.monotonic() + _START_SECONDS
        while not answers(part.address, path):
            if part.pid is None or time.monotonic() > deadline:
                raise part.trouble(f"does not answer {path}")
            time.sleep(_POLL_SECONDS)
        contestant = Contestant(part)
        ends.callback(contestant.scraping.close)
        yield contestant


def _program(name: str, argv: tuple[str, ...], address: str, folder: Path) -> Program:
    log = folder / f"{name}-{os.urandom(4).hex()}.log"
    return Program(name=name, argv=(*_AS_A_SERVICE, *argv), address=address, log=log)
