"""The installed bridge and an account at Mailgun: a bad recipient, a suppressed one, a wrong key."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import Served, Settings, hosts_of_alerts, run, through
from tests.fakes.rude_servers import a_dead_port
from tests.standin.mailgun import MailgunStandIn
from tests.system.mailgun_news import SIGNING_KEY, tell
from tests.waiting import wait_until

pytestmark = pytest.mark.system

HOSTS = hosts_of_alerts("web-1", "web-2")


@pytest.fixture
def mailgun() -> Iterator[MailgunStandIn]:
    with MailgunStandIn() as standin:
        yield standin


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path)


def test_of_fifty_recipients_one_that_is_bad_costs_the_others_nothing(settings, mailgun):
    good = [{"name": f"user-{number}", "email": f"user-{number}@example.org"} for number in range(49)]
    bad = {"name": "bob", "email": "bob@localhost"}  # Mailgun wants a domain with a dot
    admin = good[-1] | {"admin": True}
    users = [bad, *good[:-1], admin]
    settings.write(users=users, hosts=HOSTS, mailgun=through(mailgun.url, settings.folder))
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert("web-1")))
        wait_until(lambda: len(mailgun.messages) == 50)
        bridge.post(payload_of(an_alert("web-2")))
        wait_until(lambda: len(mailgun.messages) == 99)
        wait_until(lambda: bridge.sample("alertbridge_dead_letters") == 2)
        suppressed = bridge.sample("alertbridge_recipient_suppressed", user="bob")
        others = bridge.sample("alertbridge_recipient_suppressed", user="user-1")
    finally:
        bridge.kill()

    first_down = [message for message in mailgun.messages if message.subject.startswith("[DOWN] web-1")]
    told_of_bob = [message for message in mailgun.messages if "mail for bob" in message.subject]
    assert sorted(message.to[0] for message in first_down) == sorted(user["email"] for user in good)
    assert [message.to for message in told_of_bob] == [[admin["email"]]]
    assert "'to' parameter is not a valid address" in " ".join(told_of_bob[0].text.split())
    assert (suppressed, others) == (1, 0)


def test_a_suppressed_address_is_told_to_the_admins_and_in_a_metric(settings, mailgun):
    (settings.folder / "signing.key").write_text(SIGNING_KEY)
    settings.write(
        mailgun=through(mailgun.url, settings.folder) | {"webhook_signing_key_file": "signing.key"},
        users=[
            {"name": "ann", "email": "ann@example.org", "hosts": ["web-*"]},
            {"name": "ops", "email": "ops@example.org", "hosts": ["db-*"], "admin": True},
        ],
    )
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert("web-1")))
        wait_until(lambda: len(mailgun.messages) == 1)
        wait_until(lambda: "mail accepted by provider" in bridge.log)
        before = bridge.sample("alertbridge_recipient_suppressed", user="ann")
        tell(bridge, "failed", mailgun.messages[0].message_id, severity="permanent", reason="suppress-bounce")
        wait_until(lambda: len(mailgun.messages) == 2)
        after = bridge.sample("alertbridge_recipient_suppressed", user="ann")
    finally:
        bridge.kill()

    assert (before, after) == (0, 1)
    told = mailgun.messages[1]
    assert (told.to, told.subject) == (["ops@example.org"], "[WARN] mail for ann: not delivered")
    assert "suppression list" in " ".join(told.text.split())
    assert (
        "delivery: suppressed: suppress-bounce at "
        in run("--config", settings.path, "outbox", "show", "1").stdout
    )


def test_what_waited_for_a_better_key_leaves_at_the_reload(settings, mailgun):
    settings.write(hosts=HOSTS, mailgun=through(mailgun.url, settings.folder, key="key-of-another-account"))
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert("db-1", alertname="HighCpu", severity="warning")))
        wait_until(lambda: "sending is paused" in bridge.log)
        bridge.post(payload_of(an_alert("web-1")))
        ready = bridge.get("/-/ready")
        paused_seconds = bridge.sample("alertbridge_lane_paused_seconds")
        through(mailgun.url, settings.folder)
        bridge.tell(signal.SIGHUP)
        wait_until(lambda: len(mailgun.messages) == 2)
    finally:
        bridge.kill()

    assert ready.startswith(
        "marax-alertbridge is ready.\nsending is paused: Mailgun said 401: Forbidden; check "
    )
    assert paused_seconds is not None
    assert 50 < paused_seconds <= 60
    subjects = [message.subject.split(":")[0] for message in mailgun.messages]
    assert sorted(subjects) == ["[DOWN] web-1", "[WARN] db-1"]
    assert "delivery failed permanently" not in bridge.log


def test_what_waited_for_a_better_address_leaves_at_the_reload(settings, mailgun):
    settings.write(hosts=HOSTS, mailgun=through(f"http://127.0.0.1:{a_dead_port()}", settings.folder))
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert("web-1")))
        wait_until(lambda: "delivery deferred" in bridge.log)
        with closing(sqlite3.connect(settings.folder / "bridge.db")) as database, database:
            database.execute("UPDATE notices SET next_unix_seconds = next_unix_seconds + 900")
        settings.write(hosts=HOSTS, mailgun=through(mailgun.url, settings.folder))
        bridge.tell(signal.SIGHUP)
        wait_until(lambda: mailgun.messages)
    finally:
        bridge.kill()

    assert [message.subject for message in mailgun.messages] == ["[DOWN] web-1"]
