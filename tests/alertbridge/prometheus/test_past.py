"""What Prometheus is asked about the past of alerts, and what its answers come to."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from alertbridge.alerts.disputes import Past
from alertbridge.alerts.proof import NoEvidence
from alertbridge.prometheus.past import PastInPrometheus, Question
from alertbridge.prometheus.settings import HttpUrl
from scripts.stack.ports import free_addresses

UP = {"job": "marax", "host": "web-1", "instance": "web-1:9877"}
HOST = Question(
    labels={"alertname": "HostDown", **UP, "severity": "critical", "cluster": "berlin"},
    means_down=True,
    since_unix_seconds=1000,
    until_unix_seconds=1600,
)
FLEET = Question(
    labels={"alertname": "FleetDown", "job": "marax", "cluster": "berlin"},
    means_down=False,
    since_unix_seconds=1000,
    until_unix_seconds=1600,
)
KNOWN = "/api/v1/query?query=count_over_time%28ALERTS"
ANSWERED = "/api/v1/query?query=max_over_time"
SCRAPES = "/api/v1/query?" + urlencode({"query": 'up{instance="web-1:9877"}[600000ms]', "time": "1600.000"})
IDLE = "/api/v1/query?query=count_over_time%28%28group"


def answer(*rows: dict[str, object]) -> dict[str, object]:
    return {"status": "success", "data": {"result": rows}}


def row(labels: dict[str, str], value: str) -> dict[str, object]:
    return {"metric": labels, "value": [1600, value]}


def recalled(serve, answers: Mapping[str, object], *asked: Question) -> list[Past | NoEvidence]:
    address = serve({**answers, "/api/v1/query": answer()})
    url = HttpUrl.from_setting(f"http://{address}")
    return list(PastInPrometheus(url).between(asked, "Watchdog"))


def scrapes(labels: dict[str, str], *values: tuple[float, str]) -> dict[str, object]:
    return {"metric": {"__name__": "up", **labels}, "values": values}


@pytest.mark.parametrize(
    ("labels", "highest", "answered"),
    [
        pytest.param(UP, "1", 1450, id="one is known"),
        pytest.param(UP, "0", None, id="none is known"),
        pytest.param({**UP, "host": "www-1"}, "1", None, id="one under another name"),
        pytest.param(UP, "NaN", None, id="nonsense"),
    ],
)
def test_finds_the_newest_scrape_that_a_host_answered_between_two_firings(serve, labels, highest, answered):
    series = scrapes(labels, (1100, "0"), (1435, "1"), (1450, "1"), (1465, "0"))

    found = recalled(serve, {ANSWERED: answer(row(labels, highest)), SCRAPES: answer(series)}, HOST)

    assert found == [Past(answered_unix_seconds=answered)]


def test_finds_for_how_long_a_rule_was_idle_between_two_firings(serve):
    own = {"alertname": "FleetDown", "job": "marax", "alertstate": "firing"}
    answers = {KNOWN: answer(row(own, "40")), IDLE: answer(row({}, "6"))}

    assert recalled(serve, answers, FLEET) == [Past(idle_seconds=90)]


def test_what_was_never_idle_has_no_answer(serve):
    own = {"alertname": "FleetDown", "job": "marax", "alertstate": "firing"}

    assert recalled(serve, {KNOWN: answer(row(own, "40"))}, FLEET) == [Past(idle_seconds=0)]


def test_an_alert_that_prometheus_has_not_held_is_not_for_it_to_judge(serve):
    other = {"alertname": "FleetDown", "job": "paris", "alertstate": "firing"}

    assert recalled(serve, {KNOWN: answer(row(other, "40"))}, FLEET) == [
        NoEvidence(reason="it does not know the alert")
    ]


@pytest.mark.parametrize("asked", [HOST, FLEET], ids=["host", "fleet"])
def test_nothing_is_known_when_prometheus_cannot_be_asked(asked):
    (address,) = free_addresses(1)
    past = PastInPrometheus(HttpUrl.from_setting(f"http://{address}"))

    assert past.between([asked], "Watchdog") == [NoEvidence(reason="connection refused")]


def test_labels_that_are_no_promql_are_left_out_and_others_quoted(serve):
    own = {"alertname": "FleetDown", "job": 'ma"rax', "my.label": "x", "alertstate": "firing"}
    matchers = r'ALERTS{alertname="FleetDown",job="ma\"rax"}'
    evaluated = 'group(ALERTS{alertname="Watchdog",alertstate="firing"})'
    idle = {
        "query": f"count_over_time(({evaluated} unless on() {matchers})[600000ms:15s])",
        "time": "1600.000",
    }
    answers = {
        KNOWN: answer(row(own, "40")),
        f"/api/v1/query?{urlencode(idle)}": answer(row({}, "1")),
    }

    asked = replace(FLEET, labels={"alertname": "FleetDown", "job": 'ma"rax', "my.label": "x"})

    assert recalled(serve, answers, asked) == [Past(idle_seconds=15)]
