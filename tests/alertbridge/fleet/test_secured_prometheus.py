"""A real Prometheus: it scrapes hosts that move to TLS one by one, and is itself a server written in Go."""

import json
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from alertbridge.fleet.access import Access, read_access
from alertbridge.fleet.hosts import HostSettings
from alertbridge.fleet.probe import Probe
from alertbridge.fleet.settings import StatusSettings
from alertbridge.fleet.targets import write_targets
from marax.clock import SystemClock
from marax.settings.addresses import Address
from scripts.stack.ports import free_addresses
from tests.alertbridge.fleet.secured import Secrets, an_exporter
from tests.programs import program_or_skip
from tests.waiting import wait_until

pytestmark = pytest.mark.system

Scheme = Literal["http", "https"]


class SecuredPrometheus:
    """Prometheus behind TLS, which wants a client certificate; scrapes the targets in *secrets*' folder."""

    def __init__(self, secrets: Secrets, address: str) -> None:
        self.port = int(address.rpartition(":")[2])
        self.targets = secrets.folder / "targets.json"
        self._tls = ssl.create_default_context(cafile=secrets.ca_file)
        self._tls.load_cert_chain(secrets.cert_file, secrets.key_file)

    def ups(self) -> dict[tuple[str, str], str]:
        """Return what `up` is, by the labels `host` and `instance`."""
        url = f"https://localhost:{self.port}/api/v1/query?query=up"
        try:
            with urllib.request.urlopen(url, context=self._tls, timeout=5) as answer:
                found = json.load(answer)["data"]["result"]
        except (urllib.error.URLError, OSError):
            return {}
        return {(one["metric"]["host"], one["metric"]["instance"]): one["value"][1] for one in found}


@contextmanager
def running(secrets: Secrets) -> Iterator[SecuredPrometheus]:
    folder, (address,) = secrets.folder, free_addresses(1)
    cert_file, key_file = secrets.write("prometheus", secrets.authority.issue_cert("localhost", "127.0.0.1"))
    (folder / "web.yml").write_text(
        f"tls_server_config: {{cert_file: {cert_file}, key_file: {key_file},"
        f" client_ca_file: {secrets.ca_file}, client_auth_type: RequireAndVerifyClientCert}}\n"
    )
    (folder / "prometheus.yml").write_text(
        f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: marax
    file_sd_configs: [{{files: [targets.json], refresh_interval: 1s}}]
    tls_config: {{ca_file: {secrets.ca_file}}}
"""
    )
    process = subprocess.Popen(
        [
            program_or_skip("prometheus"),
            f"--config.file={folder}/prometheus.yml",
            f"--web.config.file={folder}/web.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={address}",
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield SecuredPrometheus(secrets, address)
    finally:
        process.kill()
        process.wait()


def a_host(name: str, port: int, scheme: Scheme = "http") -> HostSettings:
    return HostSettings(name=name, address=Address("localhost", port), scheme=scheme)


def test_hosts_are_moved_to_tls_one_by_one_and_stay_the_same_series(tmp_path: Path):
    secrets = Secrets(tmp_path)
    with running(secrets) as prometheus, an_exporter(secrets, "db-1", tls=False) as plain:
        with an_exporter(secrets, "web-1", tls=False) as port:
            write_targets(prometheus.targets, [a_host("db-1", plain), a_host("web-1", port)])
            before = {("db-1", f"localhost:{plain}"): "1", ("web-1", f"localhost:{port}"): "1"}
            wait_until(lambda: prometheus.ups() == before, lambda: str(prometheus.ups()))

        with an_exporter(secrets, "web-1", port=port):
            wait_until(lambda: "0" in prometheus.ups().values(), lambda: str(prometheus.ups()))
            write_targets(prometheus.targets, [a_host("db-1", plain), a_host("web-1", port, "https")])
            wait_until(lambda: prometheus.ups() == before, lambda: str(prometheus.ups()))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_asks_a_server_written_in_go(tmp_path: Path, scheme: Scheme):
    secrets = Secrets(tmp_path)
    status = StatusSettings(ca_file=secrets.ca_file, cert_file=secrets.cert_file, key_file=secrets.key_file)
    trusting = StatusSettings(ca_file=secrets.ca_file)

    with running(secrets) as prometheus:
        write_targets(prometheus.targets, [])
        host = a_host("web-1", prometheus.port, scheme)

        def reason(access: Access) -> str:
            (state,) = Probe(SystemClock(), access).ask([host])
            return state.reason

        wait_until(lambda: reason(Access()) != "connection refused")
        reasons = [reason(read_access(one, tmp_path / "bridge.yml")) for one in (trusting, status)]

    assert reasons == ["answers, wants a client certificate", "answers, but is not a marax-exporter"]
