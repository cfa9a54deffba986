"""The courier on a real outbox, with a mailer that does as a test says."""

import threading

import pytest

from alertbridge.delivery.mailer import (
    Absent,
    Ambiguous,
    Found,
    MessageRefused,
    NotSent,
    RecipientRefused,
    TransportPaused,
    Unanswered,
    Unknowable,
)
from alertbridge.mail.mail import Mail
from tests.alertbridge.alert_builders import T0, an_alert
from tests.alertbridge.delivery.post import Post, Records
from tests.waiting import PATIENCE_SECONDS, wait_until


@pytest.fixture
def post(tmp_path):
    made = Post(tmp_path / "bridge.db")
    yield made
    made.outbox.close()


def ids(mails: list[Mail]) -> list[str]:
    return [mail.message_id for mail in mails]


def test_sends_what_is_owed_once(post):
    post.take(an_alert())
    post.work()
    post.work_for(7200)

    assert [mail.subject for mail in post.mailer.accepted] == ["web-1=down"]
    assert post.sample("alertbridge_mails_total", kind="down", result="accepted") == 1
    assert (post.taken, post.refused) == (["ann"], [])


def test_tries_again_after_what_was_surely_not_sent(post):
    post.take(an_alert())
    post.mailer.answer_next(NotSent(reason="refused"), NotSent(reason="refused"))

    post.work()
    assert len(post.mailer.tried) == 1
    post.work_for(120)

    assert (len(post.mailer.tried), len(post.mailer.accepted)) == (3, 1)


def test_repeats_what_may_have_been_sent_with_the_same_message_id(post):
    post.take(an_alert())
    post.mailer.answer_next(Ambiguous(reason="reset"))
    post.work()
    post.take(an_alert(ends=T0 + 1))

    post.work_for(120)

    assert [mail.subject for mail in post.mailer.tried] == ["web-1=down", "web-1=down", "web-1=up"]
    first, again, news = ids(post.mailer.tried)
    assert first == again != news


def test_what_the_service_has_after_all_is_not_sent_again(post):
    post.records = Records(Found(provider_id="<id@mailgun>"))
    post.take(an_alert())
    post.mailer.answer_next(Ambiguous(reason="reset"))

    post.work()
    post.clock.advance(9)
    post.work()
    assert post.records.asked == 0  # what it tells so early proves nothing
    post.work_for(120)

    assert (len(post.mailer.tried), post.taken, post.dead) == (1, ["ann"], 0)
    assert post.sample("alertbridge_ambiguous_total", resolved_by="lookup") == 1
    assert post.sample("alertbridge_mails_total", kind="down", result="accepted") == 1


@pytest.mark.parametrize("finding", [Absent(), Unknowable()], ids=["absent", "unknowable"])
def test_what_the_service_does_not_have_is_sent_again(post, finding):
    post.records = Records(finding)
    post.take(an_alert())
    post.mailer.answer_next(Ambiguous(reason="reset"))
    post.work_for(60)

    first, again = ids(post.mailer.tried)
    assert first == again
    assert post.sample("alertbridge_ambiguous_total", resolved_by="resent") == 1


def test_asks_for_five_minutes_before_it_sends_again_without_an_answer(post):
    post.records = Records(Unanswered(reason="500"))
    post.take(an_alert())
    post.mailer.answer_next(Ambiguous(reason="reset"))

    post.work_for(290, step=10)
    assert len(post.mailer.tried) == 1
    post.work_for(1200)

    assert len(post.mailer.accepted) == 1
    assert post.records.asked > 2


def test_nobody_is_asked_about_a_mail_that_was_surely_not_sent(post):
    post.take(an_alert())
    post.mailer.answer_next(NotSent(reason="refused"))
    post.work_for(60)

    assert (post.records.asked, len(post.mailer.accepted)) == (0, 1)


def test_a_mailer_may_ask_to_be_tried_sooner(post):
    post.take(an_alert())
    post.mailer.answer_always(NotSent(reason="refused", try_within_seconds=1.0))
    post.work_for(60, step=1)

    assert len(post.mailer.tried) == 61


def test_a_pause_holds_up_everything_and_costs_nobody_an_attempt(post):
    post.take(an_alert("web-1"), an_alert("web-2"))
    post.mailer.answer_next(TransportPaused(reason="limit", for_seconds=90))

    post.work()
    assert len(post.mailer.tried) == 1
    post.clock.advance(89)
    post.work()
    assert len(post.mailer.tried) == 1
    post.clock.advance(1)
    post.work()

    assert len(post.mailer.accepted) == 2


def test_a_long_pause_makes_no_dead_letters(post):
    post.take(an_alert())
    post.mailer.answer_always(TransportPaused(reason="key refused"))
    post.work_for(86_400 * 2, step=600)
    post.mailer.accept_again()
    post.work_for(120)

    assert (len(post.mailer.accepted), post.dead) == (1, 0)


@pytest.mark.parametrize("outcome", [RecipientRefused(reason="bad"), MessageRefused(reason="bad")])
def test_what_is_refused_for_good_is_a_dead_letter(post, outcome):
    post.take(an_alert())
    post.mailer.answer_next(outcome)
    post.work_for(120)

    assert (len(post.mailer.tried), post.dead) == (1, 1)
    assert post.sample("alertbridge_mails_total", kind="down", result="dead") == 1
    assert post.refused == [("ann", "bad")]


def test_one_refused_recipient_does_not_hold_up_the_others(post):
    post.take(an_alert("web-1"), an_alert("web-2"), an_alert("web-3"))
    post.mailer.answer_next(RecipientRefused(reason="bad"))
    post.work()

    assert (len(post.mailer.accepted), post.dead) == (2, 1)


@pytest.mark.parametrize("outcome", [NotSent(reason="down"), Ambiguous(reason="hangs")])
def test_gives_up_what_is_too_old(post, outcome):
    post.take(an_alert())
    post.mailer.answer_always(outcome)
    post.work_for(3600 + 1800)

    assert post.dead == 1


def test_a_surprise_while_composing_costs_that_notice_a_wait(post, caplog):
    post.take(an_alert())
    post.composer.fails = True
    post.work()
    post.composer.fails = False
    post.work_for(60)

    assert len(post.mailer.accepted) == 1
    assert post.sample("alertbridge_courier_errors_total") == 1
    assert "a composer's surprise" in caplog.text


def test_a_mailer_that_raises_counts_as_having_perhaps_sent(post, caplog):
    class Broken:
        name = "broken"

        def send(self, _mail):
            raise ZeroDivisionError

    post.take(an_alert())
    works, post.mailer = post.mailer, Broken()
    post.work()
    post.mailer = works
    post.work_for(60)

    assert len(works.accepted) == 1
    assert post.sample("alertbridge_send_attempts_total", outcome="ambiguous") == 1
    assert "unexpected error in a mailer" in caplog.text


def test_works_in_several_threads_until_it_is_stopped(post):
    threads = [threading.Thread(target=post.courier.run) for _ in range(4)]
    for thread in threads:
        thread.start()
    post.take(*(an_alert(f"web-{i}") for i in range(4)))
    post.wakeup.notify()
    wait_until(lambda: len(post.mailer.accepted) == 4)
    post.courier.stop()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert len(set(ids(post.mailer.accepted))) == len(post.mailer.accepted) == 4
    assert not any(thread.is_alive() for thread in threads)
