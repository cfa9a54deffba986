import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from exporter.doctor.address import Taken, address_findings, read_address
from marax.settings.addresses import Address

HEALTHY = "marax-exporter is healthy.\n"
WANTS_TLS = '{"type": "urn:marax:problem:wants-tls"}'


@contextmanager
def serving(**pages: str) -> Iterator[Address]:
    """Serve *pages* by the last part of their path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(pages.get(self.path.rpartition("/")[2], "").encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Address("127.0.0.1", server.server_port)
        finally:
            server.shutdown()
            thread.join()


def examined(address: Address) -> list[tuple[str, str, str]]:
    findings = address_findings(address, read_address(address))
    return [(finding.check, finding.verdict, finding.says) for finding in findings]


def test_a_free_address_is_fine():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])

    assert examined(address) == [("address", "ok", f"{address} is free")]


def test_an_address_of_another_host_is_a_problem():
    (finding,) = examined(Address("192.0.2.1", 9877))

    assert finding[:2] == ("address", "problem")
    assert "cannot listen on 192.0.2.1:9877: Cannot assign requested address" in finding[2]


def test_a_name_that_is_not_known_is_a_problem():
    (finding,) = examined(Address("nowhere.invalid", 9877))

    assert finding[:2] == ("address", "problem")


@pytest.mark.parametrize("healthy", ["", "Prometheus Server is Healthy."])
def test_another_program_there_is_a_problem(healthy: str):
    with serving(healthy=healthy) as address:
        findings = address_findings(address, read_address(address))

    (finding,) = findings
    assert (finding.verdict, finding.says) == ("problem", f"another program listens on {address}")
    assert f"`ss -ltnp sport = :{address.port}`" in finding.remedy


def test_a_silent_program_there_is_a_problem():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address("127.0.0.1", silent.getsockname()[1])

        found = read_address(address, patience_seconds=0.2)

    assert found == Taken("", "")
    assert address_findings(address, found)[0].verdict == "problem"


def test_an_exporter_that_serves_https_there_is_fine():
    with serving(healthy=WANTS_TLS) as address:
        assert examined(address) == [("address", "ok", f"marax serves HTTPS on {address}")]


@pytest.mark.parametrize(
    ("metrics", "verdict", "says"),
    [
        (
            'marax_collector_success{collector="cpu"} 1\nmarax_process_visibility_ratio 0.98\n',
            "ok",
            "the running exporter sees the whole host",
        ),
        (
            'marax_collector_success{collector="cpu"} 1\nmarax_process_visibility_ratio 0.07\n',
            "problem",
            "the running exporter sees 7% of the host's threads",
        ),
        (
            'marax_collector_success{collector="cpu"} 0\nmarax_collector_success{collector="top"} 1\n',
            "problem",
            "collectors that fail in the running exporter: cpu",
        ),
        ("", "note", "the metrics of the running exporter cannot be read"),
        ("{{{\x00", "note", "the metrics of the running exporter cannot be read"),
    ],
    ids=["well", "blind", "failing", "silent", "nonsense"],
)
def test_looks_through_the_eyes_of_the_exporter_that_serves(metrics: str, verdict: str, says: str):
    with serving(healthy=HEALTHY, metrics=metrics) as address:
        assert examined(address) == [
            ("address", "ok", f"marax-exporter serves on {address}"),
            ("service", verdict, says),
        ]
