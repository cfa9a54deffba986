"""A mail server that refuses in every way, while Mailgun is out of reach: what is lost, and what is told.

Real replies over real connections, a real courier and outbox; Mailgun and the clock are fakes.
"""

from collections import Counter

import pytest

from alertbridge.delivery.smtp.complaints import About, Step
from alertbridge.delivery.smtp.settings import SmtpSettings
from tests.alertbridge.alert_builders import an_alert
from tests.alertbridge.delivery.smtp.refusals import REFUSALS, Refusal
from tests.alertbridge.delivery.smtp.smtp_post import SmtpPost
from tests.standin.smtp import SmtpStandIn

VERBS = {
    Step.GREETING: "GREETING",
    Step.HELLO: "EHLO",
    Step.SENDER: "MAIL",
    Step.RECIPIENT: "RCPT",
    Step.CONTENT: "DATA",
    Step.END: "END",
}
NO_REFUSAL = (299, 355)  # at RCPT TO, go on


def subjects(post: SmtpPost, server: SmtpStandIn) -> Counter[str]:
    by_smtp = [_subject(message.content) for message in server.messages]
    return Counter([mail.subject for mail in post.mailer.accepted] + by_smtp)


def _subject(content: bytes) -> str:
    return content.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()


@pytest.fixture
def server():
    with SmtpStandIn() as made:
        yield made


@pytest.fixture
def post(tmp_path, server):
    settings = SmtpSettings(host="127.0.0.1", port=server.port, starttls=False)
    made = SmtpPost(tmp_path / "bridge.db", settings)
    yield made
    made.outbox.close()


def playable(refusals: list[Refusal]) -> list[Refusal]:
    return [one for one in refusals if one.step in VERBS and one.code > 0 and one.code not in NO_REFUSAL]


@pytest.mark.parametrize("refusal", playable(REFUSALS), ids=str)
def test_only_an_address_that_does_not_exist_costs_a_mail(post, server, refusal):
    server.replies = {VERBS[refusal.step]: refusal.lines}
    post.take(an_alert("web-1"))
    post.work_for(20, step=5)
    why = post.backlog.pause_reason
    post.work_for(110, step=10)
    server.replies = {}
    post.work_for(1000, step=50)

    is_lost = refusal.about is About.ADDRESS
    assert (post.dead, subjects(post, server)) == ((1, {}) if is_lost else (0, {"web-1=down": 1}))
    assert bool(why) == refusal.about.is_us
    if why:
        assert f" said {refusal.code}: " in why
        assert f" (at {refusal.step}); {refusal.about.value}; and fake: the mail did not reach" in why


@pytest.mark.parametrize(
    "refusal", {one.about: one for one in playable(REFUSALS)}.values(), ids=lambda one: one.about.name
)
def test_what_the_mail_server_refuses_leaves_by_mailgun_once_that_answers(post, server, refusal):
    server.replies = {VERBS[refusal.step]: refusal.lines}
    post.take(an_alert("web-1"))
    post.work_for(130, step=10)
    post.mailer.accept_again()
    post.work_for(1000, step=50)

    assert subjects(post, server) == ({} if refusal.about is About.ADDRESS else {"web-1=down": 1})
