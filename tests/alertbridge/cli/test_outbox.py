"""The installed command and its notices: `outbox` and `explain`."""

import json

import pytest

from alertbridge.outbox.outbox import open_outbox
from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import Served, Settings, hosts_of_alerts, run, through
from tests.fakes.rude_servers import a_dead_port
from tests.standin.mailgun import MailgunStandIn
from tests.waiting import wait_until

pytestmark = pytest.mark.system


def test_what_mailgun_refuses_is_listed_told_to_the_admins_and_tried_again_by_hand(
    settings: Settings, mailgun: MailgunStandIn
):
    users = [{"name": "ann", "email": "ann@nowhere"}, {"name": "ops", "email": "o@b.org", "admin": True}]
    settings.write(mailgun=through(mailgun.url, settings.folder), users=users, hosts=hosts_of_alerts("web-1"))
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert()))
        wait_until(lambda: len(mailgun.messages) == 2)

        (dead,) = json.loads(run("--config", settings.path, "outbox", "list", "--json").stdout)
        retried = run("outbox", "retry", "--config", settings.path)
        wait_until(lambda: bridge.log.count("delivery failed permanently") == 2)

        assert (dead["user"], dead["state"]) == ("ann", "dead")
        assert "'to' parameter is not a valid address" in dead["last_error"]
        assert {m.subject for m in mailgun.messages} == {
            "[DOWN] web-1",
            "[WARN] mail for ann: not delivered",
        }
        assert (retried.returncode, retried.stdout) == (0, "")
        assert retried.stderr.startswith("1 pending again; ")
    finally:
        bridge.kill()


def test_what_waits_is_listed_explained_and_dropped_beside_a_running_bridge(settings: Settings):
    settings.write(mailgun=through(f"http://127.0.0.1:{a_dead_port()}", settings.folder))
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert()))
        wait_until(lambda: "delivery deferred" in bridge.log)

        (found,) = json.loads(run("--config", settings.path, "outbox", "list", "--json").stdout)
        number, incident = str(found["notice_id"]), found["incident_id"]
        explained = run("--config", settings.path, "explain", incident).stdout
        dropped = run("--config", settings.path, "outbox", "drop", number)
        again = run("--config", settings.path, "outbox", "drop", number)
        left = run("--config", settings.path, "outbox", "list").stdout

        assert found["last_error"].startswith("the mail did not reach 127.0.0.1:")
        assert f"notice {number} to ann created" in explained
        assert (dropped.returncode, dropped.stderr) == (0, "1 dropped\n")
        assert again.returncode == 1
        assert left == "no pending or dead notices\n"
    finally:
        bridge.kill()


@pytest.mark.parametrize("command", [["outbox", "show", "99"], ["explain", "k3f9q2m"]], ids=" ".join)
def test_a_notice_or_incident_that_is_not_there_ends_with_1(settings: Settings, command: list[str]):
    open_outbox(f"sqlite:///{settings.folder}/bridge.db", transport="mailgun").close()

    said = run("--config", settings.path, *command)

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("there is no ")


def test_an_outbox_that_is_not_there_yet_ends_with_4_and_is_not_made(settings: Settings):
    said = run("--config", settings.path, "outbox", "list")

    assert said.returncode == 4
    assert said.stderr.startswith(f"there is no sqlite:///{settings.folder}/bridge.db yet: ")
    assert not (settings.folder / "bridge.db").exists()


def test_an_outbox_that_cannot_be_read_ends_with_4(settings: Settings):
    (settings.folder / "bridge.db").write_bytes(b"no database, just text" * 100)

    said = run("--config", settings.path, "outbox", "list")

    assert said.returncode == 4
    assert f"cannot use the database sqlite:///{settings.folder}/bridge.db: " in said.stderr


def test_what_was_down_under_fleet_down_is_explained_or_why_that_is_not_known(settings: Settings):
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert("", alertname="FleetDown")))
        wait_until(lambda: "mail accepted by provider" in bridge.log)
        (found,) = json.loads(run("--config", settings.path, "outbox", "list", "--all", "--json").stdout)
        explain = ("--config", settings.path, "explain", found["incident_id"])

        without = run(*explain).stdout
        settings.write(prometheus={"url": f"http://127.0.0.1:{a_dead_port()}"})
        dead = run(*explain).stdout
    finally:
        bridge.kill()

    assert "UTC  FleetDown fired\n" in without
    not_known = "UTC  hosts down under FleetDown: not known"
    assert f"{not_known}: Prometheus is not configured (prometheus.url)\n" in without
    assert f"{not_known}: connection refused\n" in dead
