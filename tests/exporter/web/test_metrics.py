import gzip
import logging

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from exporter.collectors.cgroup import CONTAINER
from exporter.collectors.load import LOAD1
from exporter.collectors.system import FORKS
from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.scraper import Scraper, Selection
from exporter.web.app import create_app
from exporter.web.metrics import budget_seconds, wants_openmetrics
from exporter.web.request_counts import RequestCounts
from marax.clock import SystemClock
from tests.fakes.collectors import FakeCollector

PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


class RecordingScraper:
    def __init__(self) -> None:
        self.asked: list[tuple[Selection, float]] = []

    def scrape(self, selection: Selection, *, within_seconds: float) -> list[Metric]:
        self.asked.append((selection, within_seconds))
        return [LOAD1.of(0.5), FORKS.of(7), CONTAINER.by({("lx\ud800c",): 1})]


class BrokenScraper:
    def scrape(self, *_asked: object, **_more: object) -> list[Metric]:
        raise RuntimeError("the secret is 4711")


def client_of(scraper) -> FlaskClient:
    return create_app(scraper, is_ready=lambda: True, requests=RequestCounts(), version="1.2.3").test_client()


@pytest.fixture
def scraper() -> RecordingScraper:
    return RecordingScraper()


@pytest.fixture
def client(scraper: RecordingScraper) -> FlaskClient:
    return client_of(scraper)


def test_answers_in_the_text_format(client: FlaskClient):
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert [family.name for family in parse_text(answer.text)] == [
        "marax_load1",
        "marax_forks",
        "marax_container_info",
    ]


def test_answers_in_openmetrics_as_prometheus_asks_for_it(client: FlaskClient):
    answer = client.get("/metrics", headers={"Accept": PROMETHEUS_2_42})

    assert answer.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert [family.type for family in parse_openmetrics(answer.text)] == ["gauge", "counter", "info"]


def wants(accept: str) -> bool:
    return wants_openmetrics(parse_accept_header(accept, MIMEAccept))


@pytest.mark.parametrize(
    "accept", [PROMETHEUS_2_42, "application/openmetrics-text", "Application/OpenMetrics-Text,*/*"]
)
def test_gives_openmetrics_to_clients_that_like_it_best(accept: str):
    assert wants(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/plain",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "application/openmetrics-text;q=0",
        "text/plain;q=0.9,application/openmetrics-text;version=1.0.0;q=0.1",
        "application/openmetrics-text;q=nan",
        ";;;,,,q=;" * 100,
    ],
)
def test_gives_text_to_all_others(accept: str):
    assert not wants(accept)


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip;q=0.5", "*"])
def test_compresses_for_clients_that_can_take_it(client: FlaskClient, accepted: str):
    answer = client.get("/metrics", headers={"Accept-Encoding": accepted})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert b"marax_load1 0.5\n" in gzip.decompress(answer.data)


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "*, gzip;q=0"])
def test_does_not_compress_for_others(client: FlaskClient, accepted: str):
    answer = client.get("/metrics", headers={"Accept-Encoding": accepted})

    assert "Content-Encoding" not in answer.headers
    assert b"marax_load1 0.5\n" in answer.data


def test_tells_by_head_what_get_would_send(client: FlaskClient):
    answer, full = client.head("/metrics"), client.get("/metrics")

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == full.headers["Content-Length"]


def test_passes_on_what_the_query_asks_for(client: FlaskClient, scraper: RecordingScraper):
    client.get("/metrics?collect[]=cpu&collect[]=load&exclude[]=load&name[]=marax_load1")

    assert scraper.asked[0][0] == Selection(
        collect=frozenset({"cpu", "load"}), exclude=frozenset({"load"}), names=frozenset({"marax_load1"})
    )


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("collect[]=diskstats", "No collector 'diskstats' is enabled; enabled are load."),
        ("exclude[]=%00%ff", "No collector '\\x00%FF' is enabled"),
        ("name[]=marax_load2", "No metric 'marax_load2' is available"),
        ("collect[]=", "No collector '' is enabled"),
    ],
)
def test_refuses_a_name_that_is_not_there(query: str, complaint: str):
    client = client_of(Scraper([FakeCollector("load")], CollectorRunner(SystemClock())))

    answer = client.get(f"/metrics?{query}")

    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.json is not None
    assert answer.json["type"] == "urn:marax:problem:unknown-name"
    assert complaint in answer.json["detail"]


@pytest.mark.parametrize(
    ("timeout", "budget"),
    [
        (None, 4.5),
        ("5", 4.5),
        ("10.000000", 9.5),
        ("1.5", 1.0),
        ("0.2", 0.1),
        ("0", 0.1),
        ("999999999", 30.0),
        ("1" * 400, 4.5),
        ("-1", 4.5),
        ("nan", 4.5),
        ("inf", 4.5),
        ("1e9", 4.5),
        ("", 4.5),
        ("5s", 4.5),
        ("\u0665", 4.5),
        ("5\n", 4.5),
    ],
)
def test_leaves_half_a_second_of_the_scrape_timeout(timeout: str | None, budget: float):
    assert budget_seconds(timeout) == budget


@given(st.text())
def test_takes_any_header_for_a_time_within_reason(timeout: str):
    assert 0.1 <= budget_seconds(timeout) <= 30


def test_gives_the_scrape_the_time_that_prometheus_has(client: FlaskClient, scraper: RecordingScraper):
    client.get("/metrics", headers={"X-Prometheus-Scrape-Timeout-Seconds": "3"})

    assert scraper.asked[0][1] == 2.5


def test_a_surprise_is_logged_and_gives_nothing_away(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.ERROR)

    answer = client_of(BrokenScraper()).get("/metrics")

    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "4711" not in answer.text
    assert "4711" in caplog.text
