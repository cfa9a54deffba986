"""The installed bridge beside a Prometheus that hangs or is gone."""

import time

import pytest

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import Served, Settings, hosts_of_alerts, through
from tests.fakes.rude_servers import a_dead_port, a_server, dripping, silent
from tests.standin.mailgun import MailgunStandIn
from tests.waiting import wait_until

pytestmark = pytest.mark.system

PROMISED_SECONDS = 3.0
WATCHDOG = payload_of(an_alert("", alertname="Watchdog", severity="none"))


@pytest.fixture
def mailgun():
    with MailgunStandIn() as standin:
        yield standin


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path)


@pytest.mark.alone
@pytest.mark.parametrize(
    "manners",
    [
        pytest.param(silent, id="never answers"),
        pytest.param(dripping(b"HTTP/1.0 200 OK\r\n\r\n{"), id="answers by drops"),
    ],
)
def test_a_mail_leaves_within_3_seconds_and_says_what_is_missing(settings, mailgun, manners):
    with a_server(manners) as port:
        url = f"http://127.0.0.1:{port}"
        settings.write(
            mailgun=through(mailgun.url, settings.folder),
            prometheus={"url": url},
            hosts=hosts_of_alerts("web-1"),
        )
        bridge = Served(settings)
        try:
            bridge.post(payload_of(an_alert()))
            answered = time.monotonic()
            wait_until(lambda: mailgun.messages)
            took_seconds = time.monotonic() - answered
        finally:
            bridge.kill()

    (message,) = mailgun.messages
    assert took_seconds < PROMISED_SECONDS
    assert message.subject == "[DOWN] web-1"
    assert "Could not get " in message.text
    assert "Could not get " in message.html


@pytest.mark.alone
def test_of_many_mails_the_last_leaves_within_3_seconds_too(settings, mailgun):
    with a_server(silent) as port:
        prometheus = {"url": f"http://127.0.0.1:{port}"}
        settings.write(
            mailgun=through(mailgun.url, settings.folder), prometheus=prometheus, storm={"hosts": 100}
        )
        bridge = Served(settings)
        try:
            bridge.post(payload_of(*(an_alert(f"web-{number}") for number in range(12))))
            answered = time.monotonic()
            wait_until(lambda: len(mailgun.messages) == 12)
            took_seconds = time.monotonic() - answered
        finally:
            bridge.kill()

    assert took_seconds < PROMISED_SECONDS
    assert all("Could not get " in message.text for message in mailgun.messages)


def test_silence_is_told_with_the_part_that_is_gone_and_so_is_its_return(settings, mailgun):
    url = f"http://127.0.0.1:{a_dead_port()}"
    settings.write(
        mailgun=through(mailgun.url, settings.folder),
        prometheus={"url": url},
        heartbeat={"alarm_after": "1s"},
    )
    bridge = Served(settings)
    try:
        wait_until(lambda: mailgun.messages)
        (blind,) = mailgun.messages
        bridge.post(WATCHDOG)
        wait_until(lambda: len(mailgun.messages) == 2)
    finally:
        bridge.kill()

    back = mailgun.messages[1]
    assert blind.subject == "[BLIND] monitoring: no sign of life"
    assert f"Prometheus does not answer at {url}: connection refused." in " ".join(blind.text.split())
    assert back.subject == "[OK] monitoring: no sign of life"
    assert back.headers["References"] == blind.message_id
