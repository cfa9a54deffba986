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
    is_of_target=True,
    since_unix_seconds=1000,
    until_unix_seconds=1600,
)
FLEET = Question(
    labels={"alertname": "FleetDown", "job": "marax", "cluster": "berlin"},
    is_of_target=False,
    since_unix_seconds=1000,
    until_unix_seconds=1600,
)
KNOWN = "/api/v1/query?query=count_over_time%28ALERTS"
SCRAPED = "/api/v1/query?query=count_over_time%28up"
ANSWERED = "/api/v1/query?query=max_over_time"
SCRAPES = "/api/v1/query?" + urlencode({"query": 'up{instance="web-1:9877"}[600000ms]', "time": "1600.000"})
EVALUATIONS = 'group(ALERTS{alertname="Watchdog",alertstate="firing"})'
EVALUATED = "/api/v1/query?" + urlencode({"query": f"count_over_time(({EVALUATIONS})["})
IDLE = "/api/v1/query?" + urlencode({"query": f"count_over_time(({EVALUATIONS} unless"})


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
        pytest.param(UP, "1", 1435, id="one is known"),
        pytest.param(UP, "0", None, id="none is known"),
        pytest.param({**UP, "job": "blackbox"}, "1", 1435, id="its rule names another job"),
        pytest.param(UP, "NaN", None, id="nonsense"),
    ],
)
def test_finds_the_first_of_the_last_scrapes_that_a_host_answered_between_two_firings(
    serve, labels, highest, answered
):
    series = scrapes(labels, (990, "1"), (1100, "0"), (1435, "1"), (1450, "1"), (1465, "0"), (1610, "1"))
    answers = {
        SCRAPED: answer(row(labels, "40")),
        ANSWERED: answer(row(labels, highest)),
        SCRAPES: answer(series),
    }

    assert recalled(serve, answers, HOST) == [Past(answered_unix_seconds=answered)]


def test_a_target_of_another_job_at_the_same_address_says_nothing(serve):
    blackbox = {**UP, "job": "blackbox"}
    answers = {
        SCRAPED: answer(row(UP, "40"), row(blackbox, "40")),
        ANSWERED: answer(row(UP, "0"), row(blackbox, "1")),
    }

    assert recalled(serve, answers, HOST) == [Past()]


@pytest.mark.parametrize(
    "scraped", [[], [row({**UP, "host": "www-1"}, "40")]], ids=["nothing", "another name"]
)
def test_a_target_that_prometheus_does_not_scrape_is_not_for_it_to_judge(serve, scraped):
    answers = {SCRAPED: answer(*scraped), ANSWERED: answer(*scraped)}

    assert recalled(serve, answers, HOST) == [NoEvidence(reason="it does not scrape the target")]


def test_a_hundred_hosts_that_restart_together_are_four_questions(serve):
    hosts = [{**UP, "host": f"web-{number}", "instance": f"web-{number}:9877"} for number in range(100)]
    rows = answer(*(row(host, "0") for host in hosts))
    asked = [replace(HOST, labels={"alertname": "HostDown", **host}) for host in hosts]

    assert recalled(serve, {SCRAPED: rows, ANSWERED: rows}, *asked) == [Past()] * 100


OWN = {"alertname": "FleetDown", "job": "marax", "alertstate": "firing"}


@pytest.mark.parametrize(
    ("idle", "seconds"), [([row({}, "6")], 90), ([], 0)], ids=["for a while", "at no time"]
)
def test_finds_for_how_long_a_rule_was_idle_between_two_firings(serve, idle, seconds):
    answers = {KNOWN: answer(row(OWN, "40")), EVALUATED: answer(row({}, "40")), IDLE: answer(*idle)}

    assert recalled(serve, answers, FLEET) == [Past(idle_seconds=seconds)]


def test_without_a_heartbeat_nobody_knows_whether_a_rule_was_idle(serve):
    assert recalled(serve, {KNOWN: answer(row(OWN, "40"))}, FLEET) == [
        NoEvidence(reason="it does not evaluate the heartbeat")
    ]


def test_an_alert_that_prometheus_has_not_held_is_not_for_it_to_judge(serve):
    other = {"alertname": "FleetDown", "job": "paris", "alertstate": "firing"}

    assert recalled(serve, {KNOWN: answer(row(other, "40"))}, FLEET) == [
        NoEvidence(reason="it does not know the alert")
    ]


def test_of_two_prometheis_one_that_knows_is_enough(serve):
    knows = serve({SCRAPED: answer(row(UP, "40")), ANSWERED: answer(row(UP, "0")), "/api/v1/query": answer()})
    urls = [HttpUrl.from_setting(f"http://{address}") for address in (*free_addresses(1), knows)]

    assert PastInPrometheus(*urls).between([HOST], "Watchdog") == [Past()]


@pytest.mark.parametrize("label", ["instance", "alertname"])
def test_labels_that_no_query_can_hold_cost_the_others_nothing(serve, label):
    long = replace(HOST, labels={**HOST.labels, label: "x" * 70_000})
    answers = {SCRAPED: answer(row(UP, "40")), ANSWERED: answer(row(UP, "0"))}

    assert recalled(serve, answers, long, HOST) == [NoEvidence(reason="its labels are too long"), Past()]


@pytest.mark.parametrize("asked", [HOST, FLEET], ids=["host", "fleet"])
def test_nothing_is_known_when_prometheus_cannot_be_asked(asked):
    (address,) = free_addresses(1)
    past = PastInPrometheus(HttpUrl.from_setting(f"http://{address}"))

    assert past.between([asked], "Watchdog") == [NoEvidence(reason="connection refused")]


def test_labels_that_are_no_promql_are_left_out_and_others_quoted(serve):
    own = {"alertname": "FleetDown", "job": 'ma"rax', "my.label": "x", "alertstate": "firing"}
    matchers = r'ALERTS{alertname="FleetDown",job="ma\"rax"}'
    idle = f"count_over_time(({EVALUATIONS} unless on() {matchers})[600000ms:15s])"
    answers = {
        KNOWN: answer(row(own, "40")),
        EVALUATED: answer(row({}, "40")),
        f"/api/v1/query?{urlencode({'query': idle, 'time': '1600.000'})}": answer(row({}, "1")),
    }
    asked = replace(FLEET, labels={"alertname": "FleetDown", "job": 'ma"rax', "my.label": "x"})

    assert recalled(serve, answers, asked) == [Past(idle_seconds=15)]
