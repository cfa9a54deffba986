"""The mail of a notice: what it is made of, and that it arrives as it was made."""

import email
import email.policy
import os
from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.internal import blind_alert, undeliverable_alert
from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.composed_mail import ComposedMail
from alertbridge.delivery.maildir.mailer import MaildirMailer
from alertbridge.delivery.mailer import Accepted
from alertbridge.delivery.mailgun.mailer import MailgunMailer
from alertbridge.delivery.mailgun.settings import BaseUrl, MailDomain, MailgunSettings
from alertbridge.mail.address import Sender
from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.mail.host_facts import LastDay, LastValues, OutageDetails
from alertbridge.mail.mail import Mail
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.reported import ReportedEpisode
from alertbridge.outbox.schema import Purpose
from alertbridge.prometheus.clock_skew import ClockSkew, Skew
from alertbridge.prometheus.findings import Findings, HostFindings, NewestScrape, NoPrometheus, Subject
from alertbridge.rendering.renderer import Renderer
from marax.settings.secret import Secret
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.alertbridge.rendering.reading import read
from tests.builders import history
from tests.fakes.clock import FakeClock
from tests.standin.mailgun import MailgunStandIn

KEY = "key-0123456789abcdef"
FOUND = HostFindings(
    reason="dial tcp: connect: connection refused",
    since_unix_seconds=T0 - 80,
    history=history({-120: (0.97, 0.5), -105: (0.97, 0.5)}),
    last_day=LastDay(times_gone=2, answered_ratio=0.97),
)
RENDERER = Renderer()


class Knows:
    """Finds the same out about every host."""

    def __init__(self, found: HostFindings) -> None:
        self.asked: list[Subject] = []
        self._found = found

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        self.asked += subjects
        return Findings(hosts={subject: self._found for subject in subjects if subject.instance})


def told(alert: Alert, last_answered: float | None = None) -> ReportedEpisode:
    episode = Episode(
        alert_id=alert.alert_id,
        number=1,
        alert=alert,
        opened_unix_seconds=T0,
        ended_unix_seconds=alert.ends_unix_seconds,
        closed_unix_seconds=alert.ends_unix_seconds,
        is_end_reconciled=alert.is_end_reconciled,
    )
    return ReportedEpisode(
        episode=episode, is_over=not alert.is_firing, last_answered_unix_seconds=last_answered
    )


def mail_about(  # noqa: PLR0913 - what may be known of a mail
    *alerts: Alert,
    enricher=None,
    after_seconds: float = 15.0,
    user=None,
    is_news=(),
    last_answered: float | None = None,
    skew_seconds: float = 0.0,
    **claimed: Any,
) -> Mail:
    clock = FakeClock(T0)
    skew = ClockSkew(clock)
    skew.note(Skew(seconds=skew_seconds))
    composer = MailComposer(
        renderer=RENDERER,
        enricher=enricher or NoPrometheus(),
        sender="marax <alerts@mg.example.org>",
        clock=clock,
        metrics=Metrics(),
        clock_warning=skew.mail_words,
    )
    routing = a_routing(user or a_user(is_admin=True))
    claim = Claim(
        notice_id=1,
        incident_id="k3f9q2",
        user_name="ann",
        sequence=0,
        title=routing.title_of(alerts),
        reported=tuple(
            replace(told(alert, last_answered), is_news=is_new)
            for alert, is_new in zip(alerts, is_news or [True] * len(alerts), strict=True)
        ),
        attempts=1,
        created_unix_seconds=T0,
        ambiguous_since_unix_seconds=None,
        **claimed,
    )
    clock.advance(after_seconds)
    composed = composer.compose(claim, routing)
    assert isinstance(composed, ComposedMail)
    return composed.mail


def test_a_mail_about_a_dead_host_tells_what_was_found_out():
    text = mail_about(an_alert(), enricher=Knows(FOUND)).text

    assert "\nDown for 1 min 35 s: connection refused.\n" in text
    assert "\nLAST HOUR\nCPU  ·" in text
    assert "In the last 24 h it stopped answering 2 times" in text


def test_another_alert_is_told_with_the_hour_and_without_the_outages():
    mail = mail_about(an_alert(alertname="HighCpu", severity="warning"), enricher=Knows(FOUND))

    assert [image.name for image in mail.images] == ["last-hour-1.png"]
    assert "24 h" not in mail.text
    assert "refused" not in mail.text


def test_a_mail_links_to_the_graph_that_alertmanager_posted():
    graph = "http://mon-1:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"

    mail = mail_about(replace(an_alert(), generator_url=graph))

    assert read(mail.html).links == [graph]
    assert f"Graph: {graph}\n" in mail.text


def test_a_mail_that_leaves_late_says_so():
    assert "Delayed by 20 min" in mail_about(an_alert(), after_seconds=1200).text
    assert "Delayed" not in mail_about(an_alert(), after_seconds=600).text


@pytest.mark.parametrize("ends", [None, T0 + 900], ids=["now", "over"])
def test_a_mail_that_was_given_up_is_told_to_admins_as_no_host(ends):
    alert = undeliverable_alert("bob", "550 no such mailbox", T0, ends_unix_seconds=ends)

    mail = mail_about(alert)

    assert mail.subject == f"[{'OK' if ends else 'WARN'}] mail for bob: not delivered"
    assert "\nYou get this mail because you are an admin.\n" in mail.text
    assert "The mail service said: 550 no such mailbox\n" in mail.text
    assert "Prometheus" not in mail.text
    assert "ssh" not in mail.text


@pytest.mark.parametrize("ends", [None, T0 + 900], ids=["now", "over"])
def test_blindness_is_told_as_no_host_and_concerns_everybody(ends):
    alert = blind_alert(T0, "Prometheus answers; Alertmanager does not.", ends_unix_seconds=ends)

    mail = mail_about(alert, user=a_user(hosts=("db-*",)))

    assert mail.subject == f"[{'OK' if ends else 'BLIND'}] monitoring: no sign of life"
    assert "because it concerns everyone who is notified of" in mail.text
    assert "Prometheus answers; Alertmanager does not." in mail.text
    assert "NOT AVAILABLE" not in mail.text
    assert "ssh" not in mail.text


def test_says_what_is_missing_where_there_is_a_host_to_ask_about():
    assert "Prometheus is not configured" in mail_about(an_alert()).text


@pytest.mark.parametrize(
    "alert", [an_alert(), an_alert(ends=T0 + 9), blind_alert(T0, "", ends_unix_seconds=None)]
)
def test_says_that_clocks_differ_where_times_are_told(alert):
    mail = mail_about(alert, enricher=Knows(FOUND), skew_seconds=-3600.0)

    said = "Prometheus' clock is 1 h behind the clock of this bridge: times and durations in this mail"
    assert said in " ".join(mail.text.split())
    assert "clock" not in mail_about(alert, enricher=Knows(FOUND)).text


def test_the_picture_arrives_in_a_maildir_where_the_html_part_looks_for_it(tmp_path):
    mail = mail_about(an_alert(), enricher=Knows(FOUND))

    outcome = MaildirMailer(tmp_path / "maildir", FakeClock()).send(mail)

    assert isinstance(outcome, Accepted)
    (path,) = (tmp_path / "maildir" / "new").iterdir()
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    parts = {part.get_content_type(): part for part in message.walk()}
    assert parts["text/plain"].get_content() == mail.text
    (source,) = read(parts["text/html"].get_content()).images
    assert parts["image/png"]["Content-ID"] == f"<{source.removeprefix('cid:')}>"
    assert parts["image/png"].get_content() == mail.images[0].png


def test_the_picture_arrives_through_mailgun_where_the_html_part_looks_for_it():
    mail = mail_about(an_alert(), enricher=Knows(FOUND))

    with MailgunStandIn(api_key=KEY) as standin:
        settings = MailgunSettings(
            domain=MailDomain("mg.example.org"),
            sender=Sender(mail.sender),
            api_key_file=Path(os.devnull),
            base_url=BaseUrl(standin.url),
        )
        outcome = MailgunMailer(settings, Secret(KEY), FakeClock()).send(mail)

    assert isinstance(outcome, Accepted)
    (message,) = standin.messages
    (source,) = read(message.html).images
    assert message.images == {source.removeprefix("cid:"): mail.images[0].png}


class KnowsTheFleet:
    """Finds out that two hosts were down under each alert about most of them."""

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        outage = FleetOutage(
            job="marax",
            up=2,
            total=2,
            until_unix_seconds=T0 + 900,
            hosts=(a_host_outage("web-1"), a_host_outage("db-1")),
        )
        return Findings(hosts={}, fleet_outages={one: outage for one in subjects if one.is_fleet})


def a_host_outage(name: str) -> HostOutage:
    return HostOutage(
        name=name,
        last_answered_unix_seconds=T0 - 60,
        seen_down_unix_seconds=T0 - 60,
        back_unix_seconds=T0 + 540,
        after=AfterOutage.UP,
        times=1,
        down_seconds=600,
    )


@pytest.mark.parametrize(
    ("hosts", "told", "lead"),
    [
        (
            (),
            ["web-1", "db-1"],
            "2 hosts that you watch were down, the longest for 10 min; all 2 answer again.",
        ),
        (("db-*",), ["db-1"], "1 host that you watch was down, for 10 min; it answers again."),
        (("app-*",), [], "most hosts did not answer, but none of those that you watch was down."),
    ],
)
def test_the_end_of_fleet_down_lists_the_hosts_that_its_reader_watches(hosts, told, lead):
    alert = an_alert("", alertname="FleetDown", ends=T0 + 900)

    text = mail_about(alert, enricher=KnowsTheFleet(), user=a_user(hosts=hosts)).text

    assert f"Resolved: {lead}" in " ".join(text.split())
    assert [name for name in ("web-1", "db-1") if f"\n{name} " in text] == told


def test_the_end_of_fleet_down_says_when_nobody_knows_which_hosts_these_were():
    text = mail_about(an_alert("", alertname="FleetDown", ends=T0 + 900)).text

    assert "Resolved: most hosts did not answer; which ones" in text
    assert "\nPrometheus is not configured (prometheus.url).\n" in text


def test_a_mail_about_four_hosts_has_no_picture():
    alerts = [an_alert(name) for name in ("web-1", "web-2", "web-3", "web-4")]

    assert mail_about(*alerts, enricher=Knows(FOUND)).images == ()
    assert len(mail_about(*alerts[:3], enricher=Knows(FOUND)).images) == 3
    assert mail_about(*alerts[:1], enricher=Knows(replace(FOUND, history=None))).images == ()


def test_a_mail_that_a_host_is_up_says_that_it_does_not_answer_now():
    gone = NewestScrape(unix_seconds=T0 + 290, is_answered=False, since_unix_seconds=T0 + 275)
    found = replace(FOUND, back_unix_seconds=T0 + 60, last_values=LastValues(load1=1.0, cpus=4), newest=gone)

    one = mail_about(an_alert(ends=T0 + 60), enricher=Knows(found), after_seconds=300).text
    many = mail_about(
        an_alert(ends=T0 + 60), an_alert("web-2", ends=T0 + 60), enricher=Knows(found), after_seconds=300
    ).text

    assert "but it does not answer now. " in one.replace("\n", " ")
    assert "The last scrape, on Mon 21 Sep 2026, 14:18:10 UTC, failed." in one.replace("\n", " ")
    assert "\nLAST KNOWN STATE\n" in one
    assert "\nNOW\n" not in one
    assert "up, not answering now" in many


def test_a_mail_that_a_host_is_up_shows_how_it_is_now():
    up = NewestScrape(unix_seconds=T0 + 290, is_answered=True, since_unix_seconds=T0 + 60)
    found = replace(FOUND, back_unix_seconds=T0 + 60, last_values=LastValues(load1=1.0, cpus=4), newest=up)

    text = mail_about(an_alert(ends=T0 + 60), enricher=Knows(found), after_seconds=300).text

    assert "\nNOW\n" in text
    assert "not answer now" not in text


def test_a_digest_tells_many_incidents_and_says_that_it_was_kept():
    mail = mail_about(
        an_alert("web-1", severity="warning", alertname="HighCpu", ends=T0 + 60),
        an_alert("web-2", severity="info", alertname="Odd"),
        an_alert("db-1"),
        is_news=(True, True, False),
        purpose=Purpose.DIGEST,
        after_seconds=3600,
    )

    assert mail.subject == "[DIGEST] 2 alerts during quiet hours, 1 still firing"
    assert "STILL FIRING, ALREADY REPORTED\n" in mail.text
    assert "held until the end of your quiet hours" in mail.text.replace("\n", " ")
    assert "Delayed" not in mail.text
    assert {name: mail.headers[f"X-Marax-{name}"] for name in ("State", "Host", "Alert", "Severity")} == {
        "State": "DIGEST",
        "Host": "3 hosts",
        "Alert": "HostDown",
        "Severity": "critical",
    }


def test_a_reminder_lists_what_still_fires_and_says_how_often_it_comes():
    mail = mail_about(
        an_alert("web-1"),
        an_alert("db-1", severity="warning", alertname="HighCpu"),
        is_news=(False, False),
        purpose=Purpose.REMINDER,
        after_seconds=86_400,
    )

    assert mail.subject == "[REMINDER] 2 alerts still firing: web-1, db-1"
    assert "Reminder: 2 alerts still firing, the oldest for about 1 d." in mail.text
    assert "want a reminder every 1 d." in mail.text.replace("\n", " ")
    assert mail.headers["X-Marax-State"] == "REMINDER"


@pytest.mark.parametrize(
    ("purpose", "is_new", "times"),
    [(Purpose.DIGEST, True, "14:12:00 14:13:41 1 min 41 s"), (Purpose.REMINDER, False, "14:12:00")],
)
def test_a_list_of_alerts_tells_when_a_host_was_down_by_its_scrapes(purpose, is_new, times):
    knows = Knows(HostFindings(since_unix_seconds=T0 - 80, back_unix_seconds=T0 + 21))
    down = an_alert("web-1", ends=T0 + 180 if is_new else None)
    busy = an_alert("db-1", severity="warning", alertname="HighCpu")

    mail = mail_about(down, busy, is_news=(is_new,) * 2, purpose=purpose, enricher=knows, after_seconds=3600)

    assert times in " ".join(mail.text.split())
    assert [(subject.instance, subject.is_brief) for subject in knows.asked] == [
        ("web-1.example.org:9877", True)
    ]


def test_a_list_asks_about_no_more_hosts_than_it_shows_those_that_fire_first():
    knows = Knows(HostFindings())
    over = [an_alert(f"web-{i}", ends=T0 + 180) for i in range(60)]
    firing = [an_alert(f"db-{i}") for i in range(30)]

    mail_about(*over, *firing, purpose=Purpose.DIGEST, enricher=knows)

    assert len(knows.asked) == 50
    assert {subject.ended_unix_seconds for subject in knows.asked[:30]} == {None}


def test_a_list_says_that_it_lacks_the_times_of_the_scrapes():
    text = mail_about(an_alert(ends=T0 + 180), purpose=Purpose.DIGEST, after_seconds=3600).text

    assert "about 14:13:20  about 14:16:20  about 3 min" in text
    assert "Prometheus is not configured" in text


def test_an_earlier_mail_is_asked_only_when_prometheus_does_not_know_any_more():
    earlier = T0 - 95

    assert "Down for 1 min 35 s" in mail_about(an_alert(), enricher=Knows(FOUND), last_answered=earlier).text
    assert "Down for about 1 min 50 s" in mail_about(an_alert(), last_answered=earlier).text


def test_an_earlier_mail_does_not_count_once_a_host_has_answered_since():
    knows = Knows(HostFindings(outage=OutageDetails(is_rough=True)))

    text = mail_about(an_alert(), last_answered=T0 - 95, enricher=knows).text

    assert "When it last answered is not known." in " ".join(text.split())


def test_a_mail_that_was_held_says_so():
    mail = mail_about(an_alert(severity="warning"), was_held=True)

    assert "it was held until the end of your quiet hours" in mail.text.replace("\n", " ")


def test_an_end_that_was_found_in_prometheus_is_told_as_such():
    ended = replace(an_alert(ends=T0 + 60), is_end_reconciled=True)

    assert 'Alertmanager sent no "resolved" (silenced or inhibited by then?)' in mail_about(ended).text
    assert 'Alertmanager sent no "resolved"' not in mail_about(an_alert(ends=T0 + 60)).text


@pytest.mark.parametrize(
    ("hosts", "because"),
    [
        (["db-1"], "because no user's hosts and severities match this alert, so it goes to the admins."),
        (
            ["db-1", "db-2"],
            "because no user's hosts and severities match these alerts, so they go to the admins.",
        ),
        (
            ["db-1", "web-1"],
            "because you watch web-* for all alerts; no user's hosts and severities match 1 of these alerts, "
            "which go to the admins.",
        ),
        (["web-1"], "because you watch web-* for all alerts."),
    ],
)
def test_a_mail_about_what_matches_nobody_says_why_an_admin_gets_it(hosts, because):
    mail = mail_about(*map(an_alert, hosts), user=a_user(hosts=("web-*",), is_admin=True))

    assert because in " ".join(mail.text.split())


def test_the_mail_about_another_target_counts_its_jobs_targets_as_no_hosts():
    class Finds(Knows):
        def look_up(self, subjects: Sequence[Subject]) -> Findings:
            return replace(super().look_up(subjects), is_up_by_host={"db-1:9104": False, "db-2:9104": True})

    mail = mail_about(an_alert("", job="mysqld", instance="db-1:9104"), enricher=Finds(FOUND))

    assert mail.subject == "[CRITICAL] mysqld on db-1: not answering"
    assert "Critical: mysqld on db-1 has not answered for 1 min 35 s: connection refused." in " ".join(
        mail.text.split()
    )
    assert "REST OF THE FLEET" not in mail.text
    assert "marax-exporter" not in mail.text
