"""Failover to a real mail server, Exim, which accepts, refuses, defers and dies.

Exim, the courier, the outbox and the transport are real; Mailgun, out of reach, and the clock are fakes.
"""

import threading
from pathlib import Path

import msgspec
import pytest
import trustme

from alertbridge.delivery.smtp.settings import SmtpSettings
from tests.alertbridge.alert_builders import a_routing, a_user, an_alert
from tests.alertbridge.delivery.smtp.smtp_post import PASSWORD, SmtpPost
from tests.system.exim import Exim, exim_path
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(exim_path() is None, reason="scripts/test fetches Exim from Debian"),
]
GREYLISTING = """
  defer ! condition = ${if exists{FOLDER/known}}
        message = Greylisted, please try again later
"""
LOGIN = f"""
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and{{{{eq{{$auth2}}{{bridge}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
"""


@pytest.fixture
def exim():
    with Exim() as server:
        yield server


@pytest.fixture
def post(tmp_path, exim):
    made = SmtpPost(tmp_path / "bridge.db", settings_of(exim))
    made.routing = a_routing(a_user("ann"), a_user("bob"))
    yield made
    made.outbox.close()


def settings_of(exim: Exim, **more: object) -> SmtpSettings:
    usual = SmtpSettings(host="127.0.0.1", port=exim.port, starttls=False, hello="alerts.example.org")
    return msgspec.structs.replace(usual, **more)


def test_an_accepted_mail_is_delivered(post, exim):
    post.take(an_alert("web-1"))
    post.work_for(10, step=2)

    (to_ann,), (to_bob,) = exim.wait_for_mails("ann"), exim.wait_for_mails("bob")
    assert (to_ann["To"], to_bob["To"]) == ("ann@example.org", "bob@example.org")
    assert (to_ann["Subject"], to_ann["Return-Path"]) == ("web-1=down", None)
    assert (post.dead, post.backlog.pause_reason) == (0, "")


def test_a_user_who_does_not_exist_is_a_dead_letter_and_no_other(post, exim):
    post.routing = a_routing(a_user("zoe"), a_user("ann"))
    post.take(an_alert("web-1"))
    post.work_for(10, step=2)

    assert [mail["To"] for mail in exim.wait_for_mails("ann")] == ["ann@example.org"]
    ((user, reason),) = post.refused
    assert (user, post.dead) == ("zoe", 1)
    assert reason.endswith(" said 550: Unrouteable address (at RCPT TO)")


@pytest.mark.parametrize(
    ("config", "said", "next_step"),
    [
        pytest.param(
            {"acl": "  deny message = relay not permitted\n"},
            "550: relay not permitted",
            "let the server relay",
            id="relay",
        ),
        pytest.param(
            {"acl": "  deny\n"}, "550: Administrative prohibition", "the log of the server", id="prohibited"
        ),
        pytest.param(
            {"acl": "  require verify = sender\n"},
            "550: Verification failed for <alerts@mg.example.org> Unrouteable address Sender verify failed",
            "check `from`",
            id="sender",
        ),
        pytest.param(
            {"acl": "  drop message = blocked using zen.spamhaus.org\n"},
            "550: blocked using zen.spamhaus.org",
            "block list",
            id="block list",
        ),
        pytest.param(
            {"main": "tls_advertise_hosts =\nacl_smtp_mail = only_encrypted"},
            "550: 5.7.0 Must issue a STARTTLS command first",
            "check `port` and `starttls`",
            id="encryption",
        ),
    ],
)
def test_what_is_said_against_us_pauses_until_the_server_is_mended(post, exim, config, said, next_step):
    exim.restart(**config)
    post.take(an_alert("web-1"))
    post.work_for(20, step=2)
    reason, tries = post.backlog.pause_reason, len(post.mailer.tried)
    exim.restart()
    post.work_for(150, step=5)

    assert f"127.0.0.1:{exim.port} said {said} (at " in reason
    assert next_step in reason
    assert "; and fake: the mail did not reach api.mailgun.net: timed out" in reason
    assert tries > 0
    assert (post.dead, len(exim.wait_for_mails("ann")), len(exim.wait_for_mails("bob"))) == (0, 1, 1)


def test_a_name_that_the_server_refuses_is_set_right(post, exim):
    exim.restart(main="tls_advertise_hosts =\nacl_smtp_helo = helo")
    post.use(settings_of(exim, hello=None))
    post.take(an_alert("web-1"))
    post.work_for(20, step=2)
    reason = post.backlog.pause_reason
    post.use(settings_of(exim))
    post.work_for(150, step=5)

    assert "550: Access denied - Invalid HELO name (See RFC2821 4.1.1.1) (at EHLO); set `hello`" in reason
    assert (post.dead, len(exim.wait_for_mails("ann"))) == (0, 1)


def test_those_whom_it_does_not_relay_to_hold_up_no_others(post, exim):
    exim.restart(acl="  deny local_parts = bob\n       message = relay not permitted\n")
    post.routing = a_routing(a_user("bob"), a_user("ann"))
    post.take(*(an_alert(f"web-{number}") for number in range(3)))
    post.work_for(150, step=5)
    to_ann = len(exim.wait_for_mails("ann", 3))
    post.mailer.accept_again()
    post.work_for(150, step=5)

    assert (to_ann, exim.mails("bob"), post.dead) == (3, [], 0)
    assert [mail.recipient for mail in post.mailer.accepted] == ["bob@example.org"] * 3


def test_greylisting_is_waited_for(post, exim):
    exim.restart(acl=GREYLISTING.replace("FOLDER", str(exim.folder)))
    post.take(an_alert("web-1"))
    post.work_for(60, step=5)
    before, paused = exim.mails("ann"), post.backlog.pause_reason
    (exim.folder / "known").touch()
    post.work_for(600, step=20)

    assert (before, paused, post.dead) == ([], "", 0)
    assert len(exim.wait_for_mails("ann")) == 1


def test_a_mail_that_is_too_large_waits_for_mailgun(post, exim):
    exim.restart(main="tls_advertise_hosts =\nmessage_size_limit = 100")
    post.take(an_alert("web-1"))
    post.work_for(120, step=10)
    dead, paused = post.dead, post.backlog.pause_reason
    post.mailer.accept_again()
    post.work_for(150, step=5)

    assert (dead, paused, exim.mails("ann")) == (0, "", [])
    assert sorted(mail.recipient for mail in post.mailer.accepted) == ["ann@example.org", "bob@example.org"]


def test_encrypts_and_logs_in_where_the_server_demands_both(post, exim, tmp_path, monkeypatch):
    encryption = certified(exim.folder, tmp_path, monkeypatch)
    exim.restart(main=f"{encryption}\nacl_smtp_mail = only_encrypted", authenticators=LOGIN)
    post.use(settings_of(exim, starttls=True))
    post.take(an_alert("web-1"))
    post.work_for(20, step=2)
    reason = post.backlog.pause_reason
    post.use(settings_of(exim, starttls=True, user="eve"))
    post.work_for(150, step=5)
    reason_for_eve = post.backlog.pause_reason
    post.use(settings_of(exim, starttls=True, user="bridge"))
    post.work_for(150, step=5)

    assert "550: SMTP authentication is required. (at MAIL FROM); check `user` and `password_file`" in reason
    assert "535: Incorrect authentication data (at AUTH); check `user` and `password_file`" in reason_for_eve
    assert (post.dead, len(exim.wait_for_mails("ann"))) == (0, 1)


def test_a_server_that_dies_with_the_mail_in_hand_gets_the_same_mail_again(post, exim):
    exim.restart(main="tls_advertise_hosts =\nacl_smtp_data = slow")
    post.routing = a_routing(a_user("ann"))
    post.take(an_alert("web-1"))
    post.work()
    post.clock.advance(5)
    sending = threading.Thread(target=post.work)
    sending.start()
    wait_until(lambda: "the mail is here" in exim.log(), exim.log)
    exim.kill()
    sending.join()
    ambiguous = post.sample("alertbridge_send_attempts_total", outcome="ambiguous")
    exim.start()
    post.work_for(1000, step=20)

    (mail,) = exim.wait_for_mails("ann")
    assert (ambiguous, post.dead) == (1, 0)
    assert f"the mail is here: {mail['Message-Id']}" in exim.log()


def certified(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the settings of encryption, with a certificate that OpenSSL is told to trust."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(folder / "cert.pem"), append=True)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return f"tls_advertise_hosts = *\ntls_certificate = {folder}/cert.pem\ntls_privatekey = {folder}/key.pem"
