import pytest
from flask.testing import FlaskClient

from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.scraper import Scraper
from exporter.web.app import create_app
from exporter.web.request_counts import RequestCounts
from marax.clock import SystemClock
from marax.serving.asgi import is_guarded
from tests.fakes.collectors import FakeCollector


class Readiness:
    is_there = True


@pytest.fixture
def readiness() -> Readiness:
    return Readiness()


@pytest.fixture
def requests() -> RequestCounts:
    return RequestCounts()


@pytest.fixture
def client(readiness: Readiness, requests: RequestCounts) -> FlaskClient:
    scraper = Scraper([FakeCollector()], CollectorRunner(SystemClock()))
    app = create_app(scraper, is_ready=lambda: readiness.is_there, requests=requests, version="1.2.3<b>")
    return app.test_client()


def test_is_healthy_as_long_as_it_answers(client: FlaskClient):
    answer = client.get("/-/healthy")

    assert (answer.status_code, answer.text) == (200, "marax-exporter is healthy.\n")


def test_is_ready_once_the_host_was_read(client: FlaskClient, readiness: Readiness):
    readiness.is_there = False
    before = client.get("/-/ready")
    readiness.is_there = True
    after = client.get("/-/ready")

    assert (before.status_code, before.text) == (503, "marax-exporter has not read the host yet.\n")
    assert (after.status_code, after.text) == (200, "marax-exporter is ready.\n")


def test_the_page_names_the_program_and_leads_to_the_metrics(client: FlaskClient):
    answer = client.get("/")

    assert answer.content_type == "text/html; charset=utf-8"
    assert "marax-exporter" in answer.text
    assert '<a href="/metrics">' in answer.text
    assert "1.2.3&lt;b&gt;" in answer.text


@pytest.mark.parametrize("path", ["/metrics", "/-/healthy", "/-/ready"])
def test_answers_with_and_without_a_trailing_slash(client: FlaskClient, path: str):
    assert client.get(path).status_code == client.get(path + "/").status_code == 200


@pytest.mark.attack(58)
@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/nowhere", "/metrics?collect[]=x"])
def test_every_answer_keeps_browsers_from_mischief(client: FlaskClient, path: str):
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nowhere", 404, "Not Found"),
        ("GET", "/metrics/cpu", 404, "Not Found"),
        ("GET", "/-", 404, "Not Found"),
        ("GET", "/static/x", 404, "Not Found"),
        ("POST", "/metrics", 405, "Method Not Allowed"),
        ("OPTIONS", "/metrics", 405, "Method Not Allowed"),
        ("TRACE", "/", 405, "Method Not Allowed"),
    ],
)
def test_tells_every_error_as_a_problem(client: FlaskClient, method: str, path: str, status: int, title: str):
    answer = client.open(path, method=method)

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.json == {"type": f"urn:marax:problem:http-{status}", "title": title, "status": status}


def test_says_which_methods_there_are(client: FlaskClient):
    assert set(client.delete("/metrics").headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_counts_requests_by_route_and_status_code_only(client: FlaskClient, requests: RequestCounts):
    for path in ("/metrics", "/metrics/", "/metrics?collect[]=x", *(f"/{i}" for i in range(50))):
        client.get(path)
    client.post("/metrics")

    assert requests.totals() == {
        ("/metrics", "200"): 2,
        ("/metrics", "400"): 1,
        ("unknown", "404"): 50,
        ("unknown", "405"): 1,
    }


def test_no_spelling_of_the_metrics_passes_the_guard(client: FlaskClient):
    spellings = ["/metrics", "/metrics/", "//metrics", "/metrics//", "/./metrics", "/metrics;x", "/METRICS"]

    answered = [
        path for path in spellings if b"# TYPE" in client.get("/", environ_overrides={"PATH_INFO": path}).data
    ]

    assert {"/metrics", "/metrics/"} <= {*answered}
    assert all(map(is_guarded, answered))
