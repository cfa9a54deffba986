"""No secret that the bridge is given stands anywhere that it writes to, whatever goes wrong around it."""

import email
import email.policy
import ssl
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import Served, Settings, run, through
from tests.fakes.rude_servers import a_dead_port
from tests.standin.mailgun import MailgunStandIn
from tests.standin.smtp import SmtpStandIn
from tests.system.mailgun_news import SIGNING_KEY, tell
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

MAILGUN_KEY = "key-0f-mailgun-5ecret"
SMTP_PASSWORD = "pass-w0rd-of-smtp"
PROMETHEUS_PASSWORD = "pass-w0rd-of-prometheus"
PING_PASSWORD = "pass-w0rd-of-ping"
HOSTS_PASSWORD = "pass-w0rd-of-hosts"
PING_PATH = "/ping/5ecret-uuid"
LEAKS = ["webhook-token", SIGNING_KEY, MAILGUN_KEY, SMTP_PASSWORD, PROMETHEUS_PASSWORD, PING_PASSWORD]
LEAKS += [HOSTS_PASSWORD, PING_PATH.strip("/")]


class Office:
    """A bridge with every secret there is, and everybody it speaks to."""

    def __init__(self, folder: Path, mailgun: MailgunStandIn, server: SmtpStandIn) -> None:
        self.settings = Settings(folder)
        self.mailgun = mailgun
        self.server = server
        (folder / "signing.key").write_text(SIGNING_KEY)
        (folder / "smtp.password").write_text(SMTP_PASSWORD)
        (folder / "hosts.password").write_text(HOSTS_PASSWORD)
        dead = f"127.0.0.1:{a_dead_port()}"
        self.settings.write(
            mailgun=through(mailgun.url, folder, MAILGUN_KEY) | {"webhook_signing_key_file": "signing.key"},
            smtp={
                "host": "localhost",
                "port": server.port,
                "user": "marax",
                "password_file": "smtp.password",
                "after": "1s",
            },
            prometheus={"url": f"http://ann:{PROMETHEUS_PASSWORD}@{dead}"},
            heartbeat={"alarm_after": "1s", "ping_url": f"http://ann:{PING_PASSWORD}@{dead}{PING_PATH}"},
            status={"username": "ann", "password_file": "hosts.password"},
            hosts=[{"name": "web-8", "address": dead}, {"name": "web-9", "address": "nowhere.invalid:1"}],
            users=[{"name": "ann", "email": "ann@example.org", "admin": True}],
        )

    def run(self, *arguments: str) -> str:
        said = run("--config", self.settings.path, *arguments)
        return said.stdout + said.stderr


@pytest.fixture
def office(tmp_path, monkeypatch) -> Iterator[Office]:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    login = ("marax", SMTP_PASSWORD)
    with MailgunStandIn(api_key=MAILGUN_KEY) as mailgun, SmtpStandIn(tls=tls, login=login) as server:
        yield Office(tmp_path, mailgun, server)


def answers_of(bridge: Served) -> Iterator[str]:
    """Yield what the bridge answers, also to those who bear no token or a wrong one."""
    for path in ("/metrics", "/-/ready", "/-/healthy", "/targets", "/nothing"):
        for headers in (
            {},
            {"Authorization": "Bearer webhook-tokeN"},
            {"Authorization": "Bearer webhook-token"},
        ):
            yield answer_to(urllib.request.Request(bridge.url + path, headers=headers))
    for body in (b"{", payload_of(an_alert("web-9"))):
        yield answer_to(urllib.request.Request(f"{bridge.url}/alerts", body))
        yield answer_to(urllib.request.Request(f"{bridge.url}/mailgun/events", body))


def answer_to(request: urllib.request.Request) -> str:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return f"{answer.headers}{answer.read().decode()}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.headers}{error.read().decode()}"


def serve_while_mailgun_fails_now_and_then(office: Office) -> Iterator[str]:
    bridge = Served(office.settings)
    try:
        bridge.post(payload_of(an_alert("web-0")))
        wait_until(lambda: len(office.mailgun.messages) >= 2)  # the other is that Prometheus is silent
        tell(bridge, "failed", office.mailgun.messages[0].message_id, severity="permanent", reason="bounce")
        bridge.post(payload_of(an_alert("", alertname="Watchdog")))
        wait_until(lambda: "cannot reach the ping URL" in bridge.log)
        office.mailgun.misbehave("500-accepted=100")
        bridge.post(payload_of(an_alert("web-1")))
        wait_until(lambda: "delivery deferred" in bridge.log)
        yield from answers_of(bridge)
    finally:
        bridge.kill()


def serve_while_mailgun_turns_everything_away(office: Office) -> Iterator[str]:
    office.mailgun.misbehave("401=100")
    bridge = Served(office.settings)
    try:
        bridge.post(payload_of(an_alert("web-2")))
        wait_until(lambda: office.server.messages)
        yield from answers_of(bridge)
    finally:
        bridge.kill()


def look_at_it_by_hand(office: Office) -> Iterator[str]:
    yield office.run("check-config")
    yield office.run("outbox", "list", "--all", "--json")
    yield office.run("outbox", "show", "1")
    yield office.run("send-test", "ann")
    yield office.run("send-test", "ann", "--lane", "second")
    office.server.login = ("marax", "another")
    yield office.run("send-test", "ann", "--lane", "second")
    yield office.run("status")
    yield office.run("status", "--json")
    yield office.run("report")
    (office.settings.folder / "mailgun.key").unlink()
    yield office.run("check-config")


def mails_of(office: Office) -> Iterator[str]:
    yield from (message.as_json() for message in office.mailgun.messages)
    for received in office.server.messages:
        mail = email.message_from_bytes(received.content, policy=email.policy.default)
        yield str(mail.items())
        yield from (str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")


def test_no_secret_stands_in_any_answer_log_mail_or_table(office):
    everything = [
        *serve_while_mailgun_fails_now_and_then(office),
        *serve_while_mailgun_turns_everything_away(office),
        *look_at_it_by_hand(office),
        *mails_of(office),
        *(path.read_bytes().decode(errors="replace") for path in office.settings.folder.glob("bridge.*")),
    ]

    logins = [f"api:{MAILGUN_KEY}", f"\0marax\0{SMTP_PASSWORD}", f"ann:{PROMETHEUS_PASSWORD}"]
    logins += [f"ann:{PING_PASSWORD}", f"ann:{HOSTS_PASSWORD}"]
    leaks = [*LEAKS, *(b64encode(login.encode()).decode() for login in logins)]
    assert [(leak, text[:1000]) for leak in leaks for text in everything if leak in text] == []
    assert [login for login in (received.login for received in office.server.messages) if login is None] == []
    looked_at = (
        "mail accepted by provider",
        "Bearer realm",
        "[BLIND] monitoring",
        "not accepted: ",
        "SQLite format",
    )
    assert [sign for sign in looked_at if not any(sign in text for text in everything)] == []
