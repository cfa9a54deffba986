"""A real Prometheus on loopback."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.rude_servers import a_dead_port
from tests.programs import program_or_skip
from tests.waiting import PATIENCE_SECONDS


@dataclass(frozen=True, slots=True)
class RealPrometheus:
    """Its port, and the process that may be stopped for a while."""

    port: int
    pid: int

    @contextmanager
    def stopped(self) -> Iterator[None]:
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


@contextmanager
def a_prometheus(folder: Path, settings: str, *options: str) -> Iterator[RealPrometheus]:
    """Run it in *folder*, with *settings* for its `prometheus.yml`."""
    (folder / "prometheus.yml").write_text(settings)
    port = a_dead_port()
    command = [
        program_or_skip("prometheus"),
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address=127.0.0.1:{port}",
        *options,
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stderr=log)
        try:
            yield RealPrometheus(port, process.pid)
        finally:
            process.kill()
            process.wait()


@contextmanager
def a_scraping_prometheus(folder: Path, address_by_instance: Mapping[str, str]) -> Iterator[RealPrometheus]:
    """Run one that scrapes these every second."""
    groups = [
        {"targets": [address], "labels": {"instance": instance, "host": f"host {instance}"}}
        for instance, address in address_by_instance.items()
    ]
    (folder / "targets.json").write_text(json.dumps(groups))
    settings = (
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        "scrape_configs: [{job_name: marax, file_sd_configs: [{files: [targets.json]}]}]\n"
    )
    with a_prometheus(folder, settings) as prometheus:
        yield prometheus


def answering_hosts(port: int) -> set[str]:
    """Return the instances that answered their newest scrape."""
    try:
        url = f"http://127.0.0.1:{port}/api/v1/query?query=up==1"
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return {row["metric"]["instance"] for row in json.load(answer)["data"]["result"]}
    except urllib.error.HTTPError as error:
        error.close()
        return set()
    except OSError:
        return set()


def is_ready(port: int) -> bool:
    """Say whether the Prometheus at *port* answers queries."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=PATIENCE_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
