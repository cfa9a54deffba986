"""Names that the exporter answers to when it serves its own machine only; row 51 of docs/attacks.md."""

import pytest
from flask import Flask

from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.scraper import Scraper
from exporter.web.app import create_app
from exporter.web.hosts import answer_to_loopback_names
from exporter.web.request_counts import RequestCounts
from marax.clock import SystemClock
from tests.fakes.collectors import FakeCollector


@pytest.fixture
def app() -> Flask:
    app = create_app(
        Scraper([FakeCollector()], CollectorRunner(SystemClock())),
        is_ready=lambda: True,
        requests=RequestCounts(),
        version="1.2.3",
    )
    answer_to_loopback_names(app)
    return app


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:9877",
        "LOCALHOST:1",
        "localhost.:80",
        "127.0.0.1",
        "127.1.2.3:9877",
        "[::1]:9877",
        "[::1]",
    ],
)
def test_answers_to_its_own_names(app: Flask, host: str):
    assert app.test_client().get("/metrics", headers={"Host": host}).status_code == 200


def test_answers_to_who_names_no_host(app: Flask):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "SERVER_NAME": "x", "SERVER_PORT": "1"}

    with app.request_context(environ | {"wsgi.url_scheme": "http"}):
        assert app.full_dispatch_request().status_code == 200


@pytest.mark.attack(51)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:9877",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example@localhost",
        "localhost:x",
        "192.0.2.1:9877",
        "0.0.0.0:9877",
        "[::1",
        "",
        "localhost\tx",
    ],
)
@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy"])
def test_refuses_other_names(app: Flask, host: str, path: str):
    answer = app.test_client().get(path, headers={"Host": host})

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert "accepts only localhost and loopback addresses" in answer.text
