"""The installed command and mail by hand: `send-test` and `report`."""

import email
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from tests.alertbridge.installed import ANSWER, TWO_USERS, Settings, a_host, run, through
from tests.fakes.rude_servers import a_dead_port, a_server, answering
from tests.standin.mailgun import MailgunStandIn
from tests.standin.smtp import SmtpStandIn

pytestmark = pytest.mark.system


def a_fleet(port: int) -> dict[str, Any]:
    return {"hosts": [a_host(port), a_host(a_dead_port(), "db-1")], "users": TWO_USERS}


def mails(settings: Settings) -> list[EmailMessage]:
    paths = sorted((settings.folder / "mail" / "new").iterdir())
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in paths]


def text_of(mail: EmailMessage) -> str:
    """Return the plain part."""
    (part,) = (part for part in mail.walk() if part.get_content_type() == "text/plain")
    text: str = part.get_content()
    return text


def test_send_test_delivers_into_the_maildir(settings: Settings):
    said = run("--config", settings.path, "send-test", "ann")

    (mail,) = mails(settings)
    assert said.returncode == 0
    assert said.stdout.startswith("ann <ann@example.org>: accepted as ")
    assert mail["To"] == "ann <ann@example.org>"
    assert mail["Subject"].startswith("[TEST] ")
    assert str(settings.path) in text_of(mail)


def test_send_test_names_the_users_there_are(settings: Settings):
    settings.write(users=TWO_USERS)

    said = run("--config", settings.path, "send-test", "eve")

    assert (said.returncode, said.stdout) == (2, "")
    assert f"{settings.path} has no user 'eve'; it has ann, bob" in said.stderr


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("404", 1, "Mailgun said 404: Domain not found: mg.example.org; check `domain` and `region`"),
        ("429-seconds", 1, "Mailgun said 429: "),
        ("500", 4, "Mailgun said 500: Internal Server Error"),
        ("reset", 4, "did not answer after the mail was sent"),
    ],
)
def test_send_test_says_what_mailgun_said(
    settings: Settings, mailgun: MailgunStandIn, fault: str, code: int, says: str
):
    settings.write(mailgun=through(mailgun.url, settings.folder))
    mailgun.misbehave(f"{fault}=100")

    said = run("--config", settings.path, "send-test", "ann")

    assert said.returncode == code
    assert said.stdout.startswith("ann <ann@example.org>: not accepted: ")
    assert says in said.stdout


def test_send_test_goes_by_the_second_transport_when_asked_to(settings: Settings, mailgun: MailgunStandIn):
    with SmtpStandIn() as server:
        smtp = {"host": "127.0.0.1", "port": server.port, "starttls": False}
        settings.write(mailgun=through(mailgun.url, settings.folder), smtp=smtp)

        said = run("--config", settings.path, "send-test", "ann", "--lane", "second")

    assert said.returncode == 0
    assert said.stdout.startswith(f"ann <ann@example.org>: accepted as 127.0.0.1:{server.port}: ")
    assert [message.recipient for message in server.messages] == ["ann@example.org"]
    assert mailgun.messages == []


def test_send_test_says_that_there_is_no_second_transport(settings: Settings):
    said = run("--config", settings.path, "send-test", "ann", "--lane", "second")

    assert (said.returncode, said.stdout) == (2, "")
    assert f"{settings.path} has no second transport: `smtp:` is not set" in said.stderr


def test_a_wrong_key_is_refused_and_not_shown(settings: Settings, mailgun: MailgunStandIn):
    settings.write(mailgun=through(mailgun.url, settings.folder, key="key-wrong"))

    said = run("--config", settings.path, "send-test", "ann")

    assert said.returncode == 1
    assert "check `api_key_file`" in said.stdout
    assert "key-wrong" not in said.stdout + said.stderr


def test_a_mailgun_that_is_not_there_ends_with_4(settings: Settings):
    settings.write(mailgun=through(f"http://127.0.0.1:{a_dead_port()}", settings.folder))

    said = run("--config", settings.path, "send-test", "ann")

    assert said.returncode == 4
    assert "the mail did not reach 127.0.0.1:" in said.stdout


def test_a_maildir_that_cannot_be_written_ends_with_4(settings: Settings):
    settings.write(maildir="webhook.token/mail")

    said = run("--config", settings.path, "send-test", "ann")

    assert said.returncode == 4
    assert f"cannot write to the Maildir {settings.folder}/webhook.token/mail: " in said.stdout


def test_report_mails_everybody_the_hosts_that_they_watch(settings: Settings):
    with a_server(answering(ANSWER)) as port:
        settings.write(**a_fleet(port))

        said = run("--config", settings.path, "report")

    told = {mail["To"]: text_of(mail) for mail in mails(settings)}
    assert said.returncode == 0
    assert said.stderr == "asking 2 hosts\n1 of 2 hosts up\n"
    assert {address: "db-1" in text for address, text in told.items()} == {
        "ann <ann@example.org>": False,
        "bob <bob@example.org>": True,
    }
    assert "connection refused" in told["bob <bob@example.org>"]


def test_report_goes_through_mailgun(settings: Settings, mailgun: MailgunStandIn):
    with a_server(answering(ANSWER)) as port:
        settings.write(**a_fleet(port), mailgun=through(mailgun.url, settings.folder))

        said = run("--config", settings.path, "report")

    assert [message.to for message in mailgun.messages] == [["ann@example.org"], ["bob@example.org"]]
    assert said.returncode == 0
    assert len(said.stdout.splitlines()) == 2


def test_report_tells_for_each_user_that_mailgun_refused(settings: Settings, mailgun: MailgunStandIn):
    with a_server(answering(ANSWER)) as port:
        settings.write(**a_fleet(port), mailgun=through(mailgun.url, settings.folder))
        mailgun.misbehave("403=100")

        said = run("--config", settings.path, "report")

    assert said.returncode == 1
    assert [line.split(": ")[:2] for line in said.stdout.splitlines()] == [
        ["ann <ann@example.org>", "not accepted"],
        ["bob <bob@example.org>", "not accepted"],
    ]
