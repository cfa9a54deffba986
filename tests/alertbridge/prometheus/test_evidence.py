"""What Prometheus is asked about ends, and what its answers come to."""

from collections.abc import Mapping

import pytest

from alertbridge.alerts.proof import Active, Evidence, NoEvidence, Target
from alertbridge.prometheus.evidence import PrometheusWitness
from alertbridge.prometheus.settings import HttpUrl
from scripts.stack.ports import free_addresses

UP = {"job": "marax", "host": "web-1", "instance": "web-1:9877"}
ALERT = {"alertname": "HostDown", **UP}


EVALUATIONS = "/api/v1/query?query=timestamp%28ALERTS"
ACTIVE = "/api/v1/query?query=ALERTS_FOR_STATE"
KNOWN = "/api/v1/query?query=count_over_time"
NEWEST = "/api/v1/query?query=max%28timestamp"
SCRAPES = "/api/v1/query?query=up%7Binstance%3D~%22web%5C%5C-1%3A9877%22%7D%5B1h"
TARGETS = "/api/v1/targets"
WATCHDOG = {"metric": {"alertname": "Watchdog", "alertstate": "firing"}, "value": [100, "95"]}
SINCE = {"metric": {"__name__": "ALERTS_FOR_STATE", **ALERT}, "value": [100, "60"]}
PENDING = {"metric": {**ALERT, "alertstate": "pending"}, "value": [100, "99"]}


def answer(*rows: Mapping[str, object]) -> dict[str, object]:
    return {"status": "success", "data": {"result": rows}}


BACK = answer({"metric": {"__name__": "up", **UP}, "values": [[60, "0"], [75, "1"], [90, "1"]]})
ONE = {"status": "success", "data": {"activeTargets": [{"labels": UP, "lastError": ""}]}}
NOTHING = {TARGETS: {"status": "success", "data": {"activeTargets": []}}, "/api/v1/query": answer()}


def what_is_known(
    serve, answers: dict[str, object], heartbeat: str | None = "Watchdog"
) -> Evidence | NoEvidence:
    address = serve(answers | {path: found for path, found in NOTHING.items() if path not in answers})
    witness = PrometheusWitness(HttpUrl.from_setting(f"http://{address}"))
    (found,) = witness.testify(["web-1:9877"], heartbeat)
    return found


def test_tells_the_newest_evaluation_what_is_active_and_how_targets_answer(serve):
    answers = {
        EVALUATIONS: answer(WATCHDOG, PENDING),
        ACTIVE: answer(SINCE),
        KNOWN: answer(PENDING),
        TARGETS: ONE,
        SCRAPES: BACK,
    }
    found = what_is_known(serve, answers)

    assert found == Evidence(
        evaluated_unix_seconds=95,
        active={"HostDown": [Active(labels=ALERT, since_unix_seconds=60)]},
        known={"HostDown": [ALERT]},
        targets={
            "web-1:9877": [Target(labels=UP, scraped_unix_seconds=90, is_up=True, back_unix_seconds=75)]
        },
    )


def test_a_target_that_is_gone_is_none_though_its_scrapes_are_there(serve):
    found = what_is_known(serve, {EVALUATIONS: answer(WATCHDOG), SCRAPES: BACK})

    assert isinstance(found, Evidence)
    assert found.targets == {}


def test_a_server_without_a_list_of_targets_shows_them_by_their_scrapes(serve):
    found = what_is_known(serve, {EVALUATIONS: answer(WATCHDOG), TARGETS: {"status": "error"}, SCRAPES: BACK})

    assert isinstance(found, Evidence)
    assert list(found.targets) == ["web-1:9877"]


def test_a_target_whose_scrapes_are_not_known_has_not_answered(serve):
    found = what_is_known(serve, {EVALUATIONS: answer(WATCHDOG), TARGETS: ONE})

    assert isinstance(found, Evidence)
    assert found.targets == {"web-1:9877": [Target(labels=UP)]}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
def test_an_evaluation_at_no_moment_is_none(serve, value):
    nonsense = {"metric": {"alertname": "Watchdog"}, "value": [100, value]}

    assert what_is_known(serve, {EVALUATIONS: answer(nonsense)}) == NoEvidence(
        reason="Prometheus does not evaluate Watchdog"
    )


def test_without_a_heartbeat_any_evaluation_or_else_any_scrape_has_to_do(serve):
    scraped = answer({"metric": {}, "value": [100, "98"]})

    found = what_is_known(serve, {EVALUATIONS: answer(), NEWEST: scraped}, heartbeat=None)

    assert isinstance(found, Evidence)
    assert found.evaluated_unix_seconds == 98


def test_an_address_that_nobody_could_listen_at_is_not_asked_about(serve):
    address = serve({EVALUATIONS: answer(WATCHDOG)} | NOTHING)
    witness = PrometheusWitness(HttpUrl.from_setting(f"http://{address}"))

    (found,) = witness.testify(["x" * 400_000], "Watchdog")
    assert isinstance(found, Evidence)


def test_says_of_each_prometheus_why_it_cannot_be_asked(serve):
    dead, alive = free_addresses(1)[0], serve({EVALUATIONS: answer(WATCHDOG)} | NOTHING)
    witness = PrometheusWitness(*(HttpUrl.from_setting(f"http://{address}") for address in (dead, alive)))

    refused, answered = witness.testify(["web-1:9877"], "Watchdog")

    assert refused == NoEvidence(reason="Prometheus cannot be asked: connection refused")
    assert isinstance(answered, Evidence)
