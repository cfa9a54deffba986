"""A mail says what is true when it leaves: courier and composer on a real outbox, Prometheus played."""

from collections.abc import Sequence
from contextlib import closing
from datetime import time
from pathlib import Path

import pytest

from alertbridge.alerts.alert import Alert
from alertbridge.cli.outbox_text import incident_text, notice_text, notices_table
from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.mailer import Ambiguous, NotSent
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.inspection import Inspection, NoticeView
from alertbridge.prometheus.findings import Findings, HostFindings, NewestScrape, NoPrometheus, Subject
from alertbridge.rendering.renderer import Renderer
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.users import QuietSettings
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.alertbridge.delivery.post import Post

RENDERER = Renderer()


class Prometheus:
    """Knows who answers by now: hosts by name, and the share of all."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self.answering: set[str] = set()
        self.ratio = 0.0
        self.age_seconds = 5.0

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        newest = self._desk.clock.unix_seconds() - self.age_seconds
        found = {
            subject: HostFindings(
                newest=NewestScrape(
                    unix_seconds=newest,
                    is_answered=subject.instance.partition(".")[0] in self.answering,
                    since_unix_seconds=min(newest, max(subject.fired_unix_seconds + 5, newest - 60)),
                )
            )
            for subject in subjects
            if subject.instance
        }
        jobs = {subject.job for subject in subjects if not subject.instance}
        return Findings(hosts=found, answering_ratio_by_job=dict.fromkeys(jobs, self.ratio))


class Desk(Post):
    """A courier that writes real mails about what `prometheus` knows."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.prometheus = Prometheus(self)
        self.use(self.prometheus)

    def use(self, enricher: Prometheus | NoPrometheus) -> None:
        self.composer = MailComposer(
            renderer=RENDERER,
            enricher=enricher,
            sender="marax <alerts@mg.example.org>",
            clock=self.clock,
            metrics=Metrics(),
        )

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mailer.accepted]

    def notices(self) -> list[NoticeView]:
        return Inspection(self.outbox.database).all(100)

    def waiting(self) -> list[str | None]:
        return [one.last_error for one in self.notices() if one.state == "waiting"]


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "bridge.db")
    with closing(made.outbox):
        yield made


def down(host: str = "web-1", *, ends: float | None = None) -> Alert:
    """Return the alert that *host* is down, which fired a minute ago."""
    return an_alert(host, starts=T0 - 60, ends=ends)


def fleet_down(**alert: float) -> Alert:
    return an_alert("", alertname="FleetDown", **alert)  # type: ignore[arg-type] # any argument


def test_a_host_that_answers_by_then_is_not_reported_down_but_in_the_past(desk):
    desk.take(down())
    desk.prometheus.answering = {"web-1"}

    desk.work_for(120, step=5)

    assert desk.mailer.tried == []
    assert desk.waiting() == ["the host answers by now; waiting for the alert to end"]
    assert [one.attempts for one in desk.notices()] == [0]

    desk.take(down(ends=T0 + 30))
    desk.work()
    desk.work_for(120)

    (up,) = desk.mailer.tried
    assert up.subject == "[UP] web-1"
    assert up.thread_root is None
    assert "Up again after about 1 min 30 s." in up.text


def test_a_host_that_is_down_again_is_reported_within_seconds(desk):
    desk.take(down())
    desk.prometheus.answering = {"web-1"}
    desk.work_for(60, step=5)

    desk.prometheus.answering = set()
    desk.work_for(5, step=1)

    assert desk.subjects == ["[DOWN] web-1"]
    assert "Delayed" not in desk.mailer.accepted[0].text
    desk.work_for(60)
    assert len(desk.mailer.tried) == 1


def test_what_waited_long_does_not_expire_at_its_first_failed_attempt(desk):
    desk.take(down())
    desk.prometheus.answering = {"web-1"}
    desk.work_for(3 * 3600, step=60)  # notices expire after one hour here

    desk.prometheus.answering = set()
    desk.mailer.answer_next(NotSent(reason="refused"))
    desk.work_for(120, step=5)

    assert (desk.dead, desk.subjects) == (0, ["[DOWN] web-1"])


@pytest.mark.parametrize("age_seconds", [121.0, 3600.0])
def test_an_old_answer_proves_nothing(desk, age_seconds):
    desk.take(down())
    desk.prometheus.answering, desk.prometheus.age_seconds = {"web-1"}, age_seconds

    desk.work()

    assert desk.subjects == ["[DOWN] web-1"]


def test_what_waits_as_its_host_answers_waits_on_while_prometheus_cannot_be_asked(desk):
    desk.take(down())
    desk.prometheus.answering = {"web-1"}
    desk.work_for(10, step=5)
    desk.use(NoPrometheus())
    desk.work_for(850, step=5)
    assert desk.subjects == []

    desk.work_for(60, step=5)
    assert desk.subjects == ["[DOWN] web-1"]


def test_without_prometheus_a_mail_leaves_at_once(desk):
    desk.use(NoPrometheus())
    desk.take(down())
    desk.work()
    desk.take(fleet_down())
    desk.work()

    assert len(desk.mailer.accepted) == 2


def test_what_may_have_been_sent_is_repeated_though_the_host_answers(desk):
    desk.take(down())
    desk.mailer.answer_next(Ambiguous(reason="reset"))
    desk.work()

    desk.prometheus.answering = {"web-1"}
    desk.work_for(60)

    assert [mail.subject for mail in desk.mailer.tried] == ["[DOWN] web-1"] * 2
    assert len({mail.message_id for mail in desk.mailer.tried}) == 1


def test_a_mail_that_could_not_leave_waits_once_the_host_answers(desk):
    desk.take(down())
    desk.mailer.answer_next(NotSent(reason="refused"))
    desk.work()

    desk.prometheus.answering = {"web-1"}
    desk.work_for(60, step=5)
    desk.take(down(ends=T0 + 30))
    desk.work_for(60, step=5)

    assert [mail.subject.split()[0] for mail in desk.mailer.tried] == ["[DOWN]", "[UP]"]


def test_a_storm_reports_those_that_are_down_and_the_others_when_they_end(desk):
    names = ["web-1", "web-2", "web-3", "db-1"]
    desk.routing = a_routing(storm_hosts=1)
    desk.take(*map(down, names))
    desk.prometheus.answering = {"web-1", "web-3"}
    desk.work_for(60, step=5)

    (first,) = desk.mailer.accepted
    assert first.subject == "[DOWN] 2 hosts: db-1, web-2"
    assert "web-1" not in first.text
    assert desk.waiting() == ["the host answers by now; waiting for the alert to end"]

    desk.take(*(down(name, ends=T0 + 40) for name in ("web-1", "web-3")))
    desk.work_for(240, step=5)

    _, up = desk.mailer.accepted
    assert up.subject == "[DOWN] 2 hosts: db-1, web-2"
    assert up.thread_root == first.message_id
    rows = [line.split()[:2] for line in up.text.splitlines() if line.startswith(("web-", "db-"))]
    assert sorted(rows) == [["db-1", "DOWN"], ["web-1", "up"], ["web-2", "DOWN"], ["web-3", "up"]]


def test_a_host_of_a_storm_that_is_down_again_is_reported(desk):
    desk.routing = a_routing(storm_hosts=1)
    desk.take(down("web-1"), down("web-2"))
    desk.prometheus.answering = {"web-1"}
    desk.work_for(30, step=5)

    desk.prometheus.answering = set()
    desk.work_for(180, step=5)

    assert desk.subjects == ["[DOWN] web-2"] * 2
    assert "web-1" in desk.mailer.accepted[1].text
    desk.take(down("web-1", ends=T0 + 300), down("web-2", ends=T0 + 300))
    desk.work_for(300, step=5)
    assert desk.subjects[2:] == ["[UP] web-2"]


def test_a_storm_in_doubt_is_repeated_as_it_was(desk):
    desk.routing = a_routing(storm_hosts=1)
    desk.take(down("web-1"), down("web-2"))
    desk.prometheus.answering = {"web-1"}
    desk.mailer.answer_next(Ambiguous(reason="reset"))
    desk.work()

    desk.prometheus.answering = {"web-1", "web-2"}
    desk.work_for(60, step=5)

    first, again = desk.mailer.tried
    assert (first.subject, first.message_id) == (again.subject, again.message_id)
    assert again.subject == "[DOWN] web-2"
    assert "web-1" not in first.text + again.text
    desk.take(down("web-1", ends=T0 + 60), down("web-2", ends=T0 + 60))
    desk.work_for(300, step=5)
    assert desk.subjects[1:] == ["[UP] web-2"]


def test_what_a_digest_leaves_out_waits_in_a_notice_of_its_own(desk):
    nightly = QuietSettings(hours=QuietHours(time(14), time(16)), passing=())
    desk.routing = a_routing(a_user(quiet=nightly))
    desk.take(down("web-1"))
    desk.take(down("db-1"))
    desk.work()
    desk.prometheus.answering = {"web-1"}
    desk.clock.advance(2 * 3600)

    desk.work_for(60, step=5)

    (digest,) = desk.mailer.accepted
    assert digest.subject == "[DIGEST] 1 alert during quiet hours, still firing"
    assert "web-1" not in digest.text
    desk.take(down("web-1", ends=T0 + 7300))
    desk.work_for(60, step=5)
    assert desk.subjects[1:] == ["[UP] web-1"]


def test_most_hosts_not_answering_is_not_reported_once_most_answer(desk):
    desk.take(fleet_down())
    desk.prometheus.ratio = 0.5

    desk.work_for(60, step=5)

    assert desk.mailer.tried == []
    assert desk.waiting() == ["most hosts answer by now; waiting for the alert to end"]
    desk.prometheus.ratio = 0.49
    desk.work_for(10, step=5)
    assert len(desk.subjects) == 1


def test_most_hosts_that_answer_hold_a_fleet_for_a_quarter_of_an_hour_at_most(desk):
    """Its rule may have another threshold, or be that of one Prometheus of two."""
    desk.take(fleet_down())
    desk.prometheus.ratio = 0.7

    desk.work_for(890, step=5)
    assert desk.mailer.tried == []
    desk.work_for(20, step=5)

    assert len(desk.subjects) == 1


@pytest.mark.parametrize("ratio", [float("nan"), float("inf"), -1.0, 1.5])
def test_a_share_that_cannot_be_holds_nothing(desk, ratio):
    desk.take(fleet_down())
    desk.prometheus.ratio = ratio

    desk.work()

    assert len(desk.mailer.accepted) == 1


def test_why_a_notice_waits_is_shown(desk):
    desk.take(down())
    desk.prometheus.answering = {"web-1"}
    desk.work()

    (notice,) = desk.notices()
    incident = Inspection(desk.outbox.database).incident(notice.incident_id)
    assert incident is not None
    why = "the host answers by now; waiting for the alert to end"
    assert f"notice 1 to ann waiting, checked again: {why}" in incident_text(incident)
    assert f"waits because: {why}" in notice_text(notice)
    assert "checked again: 2026-09-21 14:13:25 UTC" in notice_text(notice)
    assert why in notices_table([notice], T0)
    assert Inspection(desk.outbox.database).drop([notice.notice_id], T0) == 1


def test_what_waits_is_no_backlog(desk):
    desk.take(down())
    desk.prometheus.answering = {"web-1"}
    desk.work()

    backlog = desk.outbox.backlog(T0 + 900)

    assert (backlog.waiting, backlog.oldest_unix_seconds, sum(backlog.pending.values())) == (1, None, 0)


def test_the_clock_that_is_set_back_keeps_nothing_waiting(desk):
    desk.take(down())
    desk.prometheus.answering = {"web-1"}
    desk.work()

    desk.clock.jump(-1800)
    desk.prometheus.answering = set()
    desk.work_for(10, step=5)

    assert len(desk.mailer.accepted) == 1


def test_a_bridge_that_dies_over_a_mail_it_has_not_begun_to_send_leaves_no_doubt(tmp_path):
    path = tmp_path / "doubt.db"
    first = Desk(path)
    first.take(down())
    first.outbox.notices.claim(first.routing, T0)
    first.outbox.close()

    second = Desk(path)
    with closing(second.outbox):
        assert second.outbox.notices.recover(T0) == 1
        second.prometheus.answering = {"web-1"}
        second.work_for(60, step=5)

        assert second.mailer.tried == []
        assert not second.notices()[0].is_ambiguous
        assert second.waiting() == ["the host answers by now; waiting for the alert to end"]


def test_what_waits_survives_a_restart(tmp_path):
    path = tmp_path / "waiting.db"
    first = Desk(path)
    first.take(down())
    first.prometheus.answering = {"web-1"}
    first.work()
    first.outbox.close()

    second = Desk(path)
    with closing(second.outbox):
        second.clock.advance(60)
        second.work()

        assert second.subjects == ["[DOWN] web-1"]
