"""`/stats` and `/processlist`. Numbers are rows of docs/attacks.md."""

from typing import Any, Never

import pytest
from flask import Flask

from exporter.host.files import HostReadError
from exporter.reports.process_list import ProcessList, Wanted
from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.scraper import Scraper
from exporter.web.app import Api, create_app
from exporter.web.processlist import processlist_routes
from exporter.web.request_counts import RequestCounts
from exporter.web.stats import stats_routes
from marax.clock import SystemClock
from tests.exporter.access.kit import Site, bearer
from tests.exporter.web.problems import assert_problem
from tests.fakes.collectors import FakeCollector
from tests.fakes.host import list_processes, read_stats


def get(site: Site, path: str) -> Any:
    answer = site.ask("GET", path, headers=bearer(site.token()))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


@pytest.mark.parametrize("path", ["/stats", "/stats/"])
def test_tells_the_state_of_the_host(site: Site, path: str):
    assert get(site, path) == {
        "time_seconds": 1_790_000_000.5,
        "boot_time_seconds": 1_780_000_000,
        "uptime_seconds": 10_000_000.5,
        "uname": {
            "sysname": "Linux",
            "nodename": "web-1",
            "release": "6.1.0",
            "version": "#1 SMP",
            "machine": "x86_64",
        },
        "cpus_online": 4,
        "cpu_usage_ratio": 0.25,
        "sample_window_seconds": 15.0,
        "load1": 1.5,
        "load5": 1.0,
        "load15": 0.5,
        "memory_total_bytes": 8 * 1024**3,
        "memory_available_bytes": 6 * 1024**3,
        "memory_free_bytes": 1024**3,
        "memory_buffers_bytes": 1024**2,
        "memory_cached_bytes": 4 * 1024**3,
        "memory_usage_ratio": 0.25,
        "swap_total_bytes": 0,
        "swap_free_bytes": 0,
    }


def test_tells_the_processes(site: Site):
    assert get(site, "/processlist?count=1") == {
        "time_seconds": 1_790_000_000.5,
        "sample_window_seconds": 15.0,
        "sorted_by": "cpu",
        "process_count": 1,
        "processes": [
            {
                "pid": 100,
                "ppid": 1,
                "name": "worker",
                "user": "root",
                "unit": "worker.service",
                "cmdline": "",
                "state": "S",
                "threads": 1,
                "age_seconds": 60.0,
                "cpu_usage_ratio": 0.5,
                "memory_rss_bytes": 4096,
            }
        ],
    }


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", Wanted(by="cpu", count=10)),
        ("?sort=mem", Wanted(by="mem", count=10)),
        ("/?sort=cpu&count=500", Wanted(by="cpu", count=500)),
        ("?user=www-data&name=php%20fpm", Wanted(user="www-data", name="php fpm")),
        ("?user=&name=", Wanted()),
        ("?count=007", Wanted(count=7)),
    ],
)
def test_passes_on_what_the_query_asks_for(site: Site, query: str, wanted: Wanted):
    asked: list[Wanted] = []

    def note(one: Wanted) -> ProcessList:
        asked.append(one)
        return list_processes(one)

    client = app_of(site, list_of=note).test_client()

    assert client.get(f"/processlist{query}", headers=bearer(site.token())).status_code == 200
    assert asked == [wanted]


@pytest.mark.attack(45)
@pytest.mark.parametrize(
    "count",
    [
        "0",
        "-1",
        "+1",
        "501",
        "1000",
        "abc",
        "",
        "null",
        "1e9",
        "1.0",
        " 1",
        "1_0",
        "\u0661",
        "9" * 5000,
        "10&count=5",
    ],
    ids="45-{:.20}".format,
)
def test_refuses_another_count(site: Site, count: str):
    refused(site, f"/processlist?count={count}")


@pytest.mark.attack(45)
@pytest.mark.parametrize("sort", ["pid", "CPU", "", "--", "cpu%00", "cpu&sort=mem"], ids="45-{}".format)
def test_refuses_another_order(site: Site, sort: str):
    refused(site, f"/processlist?sort={sort}")


@pytest.mark.attack(45)
@pytest.mark.parametrize(
    "path",
    ["/processlist?srot=cpu", "/stats?sort=cpu", "/stats?=", "/processlist?user=a&user=b"],
    ids="45-{}".format,
)
def test_refuses_other_parameters(site: Site, path: str):
    refused(site, path)


def refused(site: Site, path: str) -> None:
    answer = site.ask("GET", path, headers=bearer(site.token()))

    assert_problem(answer, 400, "wrong-query")
    assert len((answer.json or {})["detail"]) < 200


def test_names_the_parameter_that_is_unknown(site: Site):
    answer = site.ask("GET", "/processlist?srot=cpu", headers=bearer(site.token()))

    assert (answer.json or {})[
        "detail"
    ] == "Unknown parameter 'srot': the known ones are sort, count, user, name."


def unreadable(*_asked: object) -> Never:
    raise HostReadError("cannot list /proc: Permission denied")


@pytest.mark.attack(47)
@pytest.mark.parametrize("path", ["/stats", "/processlist"])
def test_says_that_the_host_cannot_be_read(site: Site, path: str):
    client = app_of(site, read=unreadable, list_of=unreadable).test_client()

    answer = client.get(path, headers=bearer(site.token()))

    assert_problem(answer, 503, "host-unreadable")
    assert (answer.json or {})["detail"] == "cannot list /proc: Permission denied"


@pytest.mark.parametrize("path", ["/stats", "/processlist"])
def test_tells_by_head_what_get_would_send(site: Site, path: str):
    headers = bearer(site.token())

    answer, full = site.ask("HEAD", path, headers=headers), site.ask("GET", path, headers=headers)

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == full.headers["Content-Length"]


@pytest.mark.attack(46)
@pytest.mark.parametrize(
    "name",
    ['quote " and \\', "new\nline", "</script>", "\x00\x1b[31m", "na\u00efve \u202e", "\ufffd"],
    ids="46-{!r}".format,
)
def test_any_name_is_told_as_it_is(site: Site, name: str):
    client = app_of(site).test_client()

    answer = client.get(
        "/processlist", query_string={"name": name, "count": "1"}, headers=bearer(site.token())
    )

    assert (answer.json or {})["processes"][0]["name"] == name


def app_of(site: Site, *, read=read_stats, list_of=list_processes) -> Flask:
    return create_app(
        Scraper([FakeCollector()], CollectorRunner(SystemClock())),
        is_ready=lambda: True,
        requests=RequestCounts(),
        version="1.2.3",
        api=Api(access=site.auth.access, blueprints=(stats_routes(read), processlist_routes(list_of))),
    )
