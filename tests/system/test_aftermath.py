"""The installed bridge: a mail by the failover transport, and what Mailgun tells of one."""

from pathlib import Path

import pytest

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import Served, Settings, run
from tests.standin.mailgun import MailgunStandIn
from tests.standin.smtp import SmtpStandIn
from tests.system.mailgun_news import SIGNING_KEY, tell
from tests.waiting import wait_until

pytestmark = pytest.mark.system


def settings_for(folder: Path, mailgun_url: str, **more: object) -> Settings:
    settings = Settings(folder)
    (folder / "mailgun.key").write_text("key-0123456789abcdef")
    (folder / "signing.key").write_text(SIGNING_KEY)
    mailgun = {
        "domain": "mg.example.org",
        "from": "marax <alerts@mg.example.org>",
        "api_key_file": "mailgun.key",
        "webhook_signing_key_file": "signing.key",
        "base_url": mailgun_url,
    }
    settings.write(mailgun=mailgun, **more)
    return settings


def test_mail_leaves_by_the_second_transport_while_mailgun_turns_everything_away(tmp_path):
    with MailgunStandIn() as mailgun, SmtpStandIn() as server:
        mailgun.misbehave("401=100")
        smtp = {"host": "127.0.0.1", "port": server.port, "starttls": False, "after": "1s"}
        bridge = Served(settings_for(tmp_path, mailgun.url, smtp=smtp))
        try:
            bridge.post(payload_of(an_alert()))
            wait_until(lambda: "mail accepted by provider" in bridge.log)

            assert bridge.sample("alertbridge_second_lane_in_use") == 1
        finally:
            bridge.kill()

    assert [message.recipient for message in server.messages] == ["ann@example.org"]
    assert mailgun.messages == []
    assert "primary transport failing, failover on" in bridge.log


def test_what_mailgun_tells_of_a_mail_stands_in_the_outbox(tmp_path):
    with MailgunStandIn() as mailgun:
        settings = settings_for(tmp_path, mailgun.url)
        bridge = Served(settings)
        try:
            bridge.post(payload_of(an_alert()))
            wait_until(lambda: "mail accepted by provider" in bridge.log)
            (message,) = mailgun.messages
            answer = tell(bridge, "delivered", message.message_id)
        finally:
            bridge.kill()

    assert answer == "delivered\n"
    said = run("--config", settings.path, "outbox", "show", "1").stdout
    assert "delivery: delivered at " in said
