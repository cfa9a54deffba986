"""deploy/alertmanager.yml, read by amtool and run by a real Alertmanager."""

import json
import re
from urllib.request import Request, urlopen

import pytest

from tests.deploy import shipped
from tests.deploy.running import running_alertmanager, running_receiver
from tests.waiting import PATIENCE_SECONDS, wait_until


@pytest.fixture
def alertmanager_yml(tmp_path):
    return shipped.lay_out(tmp_path) / "alertmanager.yml"


@pytest.fixture(scope="module")
def receiver():
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def alertmanager_url(receiver, tmp_path_factory):
    folder = shipped.lay_out(tmp_path_factory.mktemp("machine"))
    file = folder / "alertmanager.yml"
    file.write_text(file.read_text().replace("http://127.0.0.1:9878", receiver.url))
    with running_alertmanager(file) as url:
        yield url


def post_alerts(alertmanager_url, *all_labels):
    body = json.dumps([{"labels": labels} for labels in all_labels]).encode()
    request = Request(f"{alertmanager_url}/api/v2/alerts", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200


def states_of_alerts(alertmanager_url):
    """Return the state of each alert by its labels, once Alertmanager has decided on them all."""
    states = {}

    def is_decided():
        with urlopen(f"{alertmanager_url}/api/v2/alerts", timeout=PATIENCE_SECONDS) as answer:
            alerts = json.load(answer)
        states.update({tuple(sorted(alert["labels"].items())): alert["status"]["state"] for alert in alerts})
        return states and "unprocessed" not in states.values()

    wait_until(is_decided, lambda: f"it has decided: {states}")
    return states


def test_amtool_accepts_it(alertmanager_yml):
    shipped.run("amtool", "check-config", alertmanager_yml)


@pytest.mark.parametrize("alert", [*shipped.rules(), "SomebodyElsesAlert"])
def test_every_alert_goes_to_the_bridge(alertmanager_yml, alert):
    shipped.run(
        "amtool", "config", "routes", "test", f"--config.file={alertmanager_yml}",
        "--verify.receivers=alertbridge", f"alertname={alert}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("alert", "receiver"),
    [
        ("AlertBridgeDown", "smtp"),
        ("AlertBridgeMailFailing", "smtp"),
        ("HostDown", "alertbridge"),
        ("Watchdog", "alertbridge"),
    ],
)
def test_the_mail_server_offered_in_comments_tells_of_the_bridge_alone(alertmanager_yml, alert, receiver):
    shipped.uncomment(alertmanager_yml)

    shipped.run("amtool", "check-config", alertmanager_yml)
    shipped.run(
        "amtool", "config", "routes", "test", f"--config.file={alertmanager_yml}",
        f"--verify.receivers={receiver}", f"alertname={alert}",
    )  # fmt: skip


@pytest.mark.system
def test_the_sign_of_life_is_posted_at_once_and_with_the_token(alertmanager_url, receiver):
    post_alerts(alertmanager_url, {"alertname": "Watchdog", "severity": "none"})

    post = receiver.next_post(timeout_seconds=5)  # any other alert waits for group_wait
    assert post.path == "/alerts"
    assert post.authorization == "Bearer a-token"
    assert post.payload["version"] == "4"
    assert [alert["labels"]["alertname"] for alert in post.payload["alerts"]] == ["Watchdog"]


@pytest.mark.system
def test_the_greater_trouble_silences_the_lesser(alertmanager_url):
    def alert(name, **labels):
        return {"alertname": name, "job": "marax", **labels}

    silenced = [
        alert("HostDown", instance="web-1:9877"),
        *(
            alert(name, instance="web-1:9877")
            for name in (
                "ExporterDegraded",
                "ExporterMissing",
                "HighCpu",
                "HighMemory",
                "HostSlowScrape",
                "RunawayProcess",
            )
        ),
    ]
    told = [
        alert("FleetDown"),
        alert("HostDown", instance="other:9877") | {"job": "others"},
        alert("HostFlapping", instance="web-1:9877"),
        alert("HighCpu", instance="web-2:9877"),
        alert("NoTargets"),
    ]

    post_alerts(alertmanager_url, *told, *silenced)

    states = states_of_alerts(alertmanager_url)
    assert {states[tuple(sorted(labels.items()))] for labels in silenced} == {"suppressed"}
    assert {states[tuple(sorted(labels.items()))] for labels in told} == {"active"}


@pytest.mark.system
def test_publishes_what_the_rules_ask_of_it(alertmanager_url):
    asked = {
        name
        for rule in shipped.rules().values()
        for name in re.findall(r"\balertmanager_[^ )\[]+", rule["expr"])
    }

    with urlopen(f"{alertmanager_url}/metrics", timeout=PATIENCE_SECONDS) as answer:
        exposition = answer.read().decode()

    assert asked
    assert [name for name in asked if f"\n{name} " not in exposition] == []
