"""The courier while the clock is set, the bridge is away, and a template fails."""

import time
from datetime import UTC, datetime

import pytest

from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.mailer import Ambiguous, NotSent, TransportPaused
from alertbridge.prometheus.findings import NoPrometheus
from alertbridge.rendering.renderer import Renderer
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.alertbridge.delivery.post import Post

WINTER_BEGINS = datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()  # in Berlin, 3 o'clock becomes 2
HOUR = 3600.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bridge.db"


@pytest.fixture
def post(path):
    made = Post(path)
    yield made
    made.outbox.close()


def subjects(post: Post) -> list[str]:
    return [mail.subject for mail in post.mailer.accepted]


def write_real_mails(post: Post, renderer: Renderer) -> None:
    post.composer = MailComposer(
        renderer=renderer,
        enricher=NoPrometheus(),
        sender="marax <alerts@mg.example.org>",
        clock=post.clock,
        metrics=post.metrics,
    )


@pytest.mark.parametrize("jump_seconds", [HOUR, -HOUR, 30 * HOUR / 60, 400 * HOUR, -400 * HOUR])
@pytest.mark.parametrize(
    "trouble",
    [NotSent(reason="refused"), Ambiguous(reason="reset"), TransportPaused(reason="limit", for_seconds=60)],
)
def test_setting_the_clock_holds_up_no_mail_and_loses_none(post, trouble, jump_seconds):
    post.take(an_alert("web-1"), an_alert("web-2"))
    post.mailer.answer_next(trouble, trouble)
    post.work()
    post.clock.jump(jump_seconds)

    post.work_for(120, step=5)

    assert sorted(subjects(post)) == ["web-1=down", "web-2=down"]
    assert post.dead == 0


@pytest.mark.parametrize(
    "trouble", [Ambiguous(reason="reset"), TransportPaused(reason="limit", for_seconds=10)]
)
def test_a_clock_that_is_set_back_ends_no_wait_early(post, trouble):
    post.take(an_alert())
    post.mailer.answer_next(trouble)
    post.work()
    post.clock.jump(-HOUR)

    post.work()
    post.clock.advance(9)
    post.work()

    assert len(post.mailer.tried) == 1


def test_a_storm_goes_on_being_told_after_the_clock_was_set_back(post):
    post.take(*(an_alert(f"web-{number}") for number in range(10)))
    post.work()
    post.clock.jump(-HOUR / 2)
    post.work()
    post.take(an_alert("web-10"))

    post.work_for(120, step=5)

    assert len(post.mailer.accepted) == 2


def test_the_hour_that_comes_twice_holds_up_no_mail(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    post = Post(tmp_path / "bridge.db", WINTER_BEGINS - 2)
    post.take(an_alert(starts=WINTER_BEGINS - 10))
    post.mailer.answer_next(NotSent(reason="refused"))

    post.work_for(10, step=1)

    assert subjects(post) == ["web-1=down"]
    post.outbox.close()
    monkeypatch.undo()
    time.tzset()


def test_an_outage_over_the_hour_that_comes_twice_is_told_as_long_as_it_was(tmp_path):
    post = Post(tmp_path / "bridge.db", WINTER_BEGINS - 1800)
    post.routing = a_routing(a_user("ann", timezone="Europe/Berlin"))
    write_real_mails(post, Renderer())
    post.take(an_alert(starts=WINTER_BEGINS - 1800))
    post.work()
    post.clock.advance(HOUR)
    post.take(an_alert(starts=WINTER_BEGINS - 1800, ends=WINTER_BEGINS + 1800))
    post.work()

    down, up = post.mailer.accepted
    assert "02:30:00 CEST (00:30:00 UTC)" in down.text
    assert "02:30:00 CET (01:30:00 UTC)" in up.text
    assert "Up again after about 1 h" in up.text
    post.outbox.close()


def test_after_hours_away_only_what_is_still_true_is_told(path):
    post = Post(path)
    post.take(an_alert("told-and-goes-on"), an_alert("told-and-over"))
    post.work()
    post.take(an_alert("waits-and-goes-on"), an_alert("waits-and-over"))
    post.mailer.answer_always(TransportPaused(reason="limit", for_seconds=60))
    post.work()
    already_reported = subjects(post)
    post.outbox.close()

    back = Post(path, T0 + 6 * HOUR)
    back.take(
        an_alert("told-and-goes-on"),
        an_alert("told-and-over", ends=T0 + HOUR),
        an_alert("waits-and-over", ends=T0 + 2 * HOUR),
        an_alert("began-meanwhile", starts=T0 + 3 * HOUR),
        an_alert("came-and-went", starts=T0 + 3 * HOUR, ends=T0 + 4 * HOUR),
    )
    back.work()

    assert already_reported == ["told-and-goes-on=down", "told-and-over=down"]
    assert sorted(subjects(back)) == [
        "began-meanwhile=down",
        "told-and-over=up",
        "waits-and-goes-on=down",
        "waits-and-over=up",
    ]
    back.outbox.close()


class TornRenderer(Renderer):
    """A renderer whose template has a mistake in it."""

    def render_alert(self, facts):
        raise ZeroDivisionError(facts.title)


def test_a_template_that_fails_costs_the_looks_of_the_mail_and_not_the_mail(post, caplog):
    write_real_mails(post, TornRenderer())
    post.take(an_alert())
    post.work()

    (mail,) = post.mailer.accepted
    assert mail.subject == "[DOWN] web-1"
    assert "web-1" in mail.text
    assert post.sample("alertbridge_template_fallback_total") == 1
    assert post.sample("alertbridge_mails_total", kind="down", result="accepted") == 1
    assert "sending its plain form" in caplog.text
