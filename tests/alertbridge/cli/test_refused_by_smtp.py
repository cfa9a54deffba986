"""The installed bridge while Mailgun is out of reach and the mail server does not like it: what it says."""

import json
import signal
from collections.abc import Iterator

import pytest

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import Served, Settings, run, through
from tests.fakes.rude_servers import a_dead_port
from tests.standin.smtp import SmtpStandIn
from tests.waiting import wait_until

pytestmark = pytest.mark.system


@pytest.fixture
def server() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as made:
        yield made


def test_says_what_the_server_said_and_what_to_do_until_that_is_done(settings: Settings, server: SmtpStandIn):
    server.replies = {"RCPT": "554 5.7.1 <ann@example.org>: Relay access denied"}
    said = f"127.0.0.1:{server.port} said 554: 5.7.1 <ann@example.org>: Relay access denied (at RCPT TO)"
    next_step = "let the server relay mail from this host, or set `user` and `password_file` under `smtp:`"
    settings.write(
        mailgun=through(f"http://127.0.0.1:{a_dead_port()}", settings.folder),
        smtp={"host": "127.0.0.1", "port": server.port, "starttls": False, "after": "1s"},
    )
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert("web-1")))
        wait_until(lambda: said in bridge.get("/-/ready"), lambda: bridge.log)
        ready, paused = bridge.get("/-/ready"), bridge.sample("alertbridge_lane_paused_seconds")
        (notice,) = json.loads(run("outbox", "list", "--json", "--config", settings.path).stdout)
        listed = run("outbox", "list", "--config", settings.path).stdout
        explained = run("explain", notice["incident_id"], "--config", settings.path).stdout
        dead = bridge.sample("alertbridge_dead_letters")
        server.replies = {}
        bridge.tell(signal.SIGHUP)
        wait_until(lambda: server.messages, lambda: bridge.log)

        assert f"sending is paused: {said}; {next_step}; and Mailgun: the mail did not reach" in ready
        assert paused is not None
        assert paused > 0
        assert "sending is paused" in bridge.log
        assert next_step in bridge.log
        assert dead == 0
        for text in (listed, explained):
            assert "Relay access denied" in text
        assert [message.recipient for message in server.messages] == ["ann@example.org"]
    finally:
        bridge.kill()
