"""The headline inside a mail, which says the state in words."""

import pytest

from alertbridge.mail.facts import Kind
from alertbridge.mail.host_facts import OutageDetails
from alertbridge.rendering.letters.state import headline_of
from alertbridge.rendering.renderer import Renderer
from tests.builders import FIRED_UNIX_SECONDS, alert_facts, host_facts

BACK = FIRED_UNIX_SECONDS + 60
RENDERER = Renderer()


def other(name: str = "web-1", **changes: object):
    return host_facts(name, means_down=False, **({"severity": "warning", "alertname": "DiskFull"} | changes))


def over(name: str = "web-1", **changes: object):
    return host_facts(name, is_over=True, back_unix_seconds=BACK, ended_unix_seconds=BACK + 60, **changes)


@pytest.mark.parametrize(
    ("kind", "hosts", "title", "headline"),
    [
        (Kind.DOWN, [host_facts()], "web-1", "web-1 does not answer"),
        (Kind.DOWN, [host_facts(back_unix_seconds=BACK)], "web-1", "web-1 was down, answers again"),
        (Kind.UP, [over()], "web-1", "web-1 answers again"),
        (Kind.UP, [over(unanswered_unix_seconds=BACK)], "web-1", "web-1 answered again, but does not now"),
        (
            Kind.UP,
            [over(outage=OutageDetails(never_since_unix_seconds=FIRED_UNIX_SECONDS))],
            "web-1",
            "web-1 answers for the first time",
        ),
        (Kind.ENDED, [over(is_unwatched=True)], "web-1", "web-1 is no longer watched"),
        (
            Kind.WARN,
            [other(summary="Filesystem is full.")],
            "web-1: Filesystem is full.",
            "web-1: Filesystem is full (warning)",
        ),
        (
            Kind.CRITICAL,
            [other()],
            "mysqld on db-1: not answering",
            "mysqld on db-1: not answering (critical)",
        ),
        (
            Kind.INFO,
            [other(summary="Filesystem is " + "full " * 20)],
            "web-1: Filesystem is full full...",
            "web-1: Filesystem is " + "full " * 20 + " (info)",
        ),
        (Kind.OK, [other(is_over=True)], "web-1: DiskFull", "Resolved: web-1: DiskFull"),
        (Kind.WARN, [other()], "web-1", "web-1: DiskFull (warning)"),
        (Kind.DOWN, [host_facts("a"), host_facts("b")], "2 hosts: a, b", "2 hosts do not answer: a, b"),
        (
            Kind.DOWN,
            [host_facts("a"), over("b"), host_facts("c", back_unix_seconds=BACK)],
            "3 hosts: a, b, c",
            "1 of 3 hosts does not answer: a",
        ),
        (Kind.DOWN, [over("a"), over("b")], "2 hosts: a, b", "2 hosts were down, answer again"),
        (Kind.UP, [over(name) for name in "abcde"], "5 hosts", "5 hosts answer again: a, b, c and 2 more"),
        (
            Kind.ENDED,
            [over("a", is_unwatched=True), over("b")],
            "2 hosts: a, b",
            "1 of 2 hosts is no longer watched: a",
        ),
        (Kind.WARN, [other("a"), other("a"), other("b")], "2 hosts: a, b", "3 alerts on a, b (warning)"),
        (Kind.OK, [other("a"), other("b")], "2 hosts: a, b", "Resolved: 2 alerts on a, b"),
    ],
)
def test_says_the_state_in_words(kind, hosts, title, headline):
    said = headline_of(alert_facts(kind, hosts=tuple(hosts), title=title))

    assert " ".join(said.split()) == " ".join(headline.split())


def test_says_neither_the_summary_nor_a_length_of_time_twice():
    host = other(summary="CPU of web-1 above 90 % for 15 minutes.", description="See below.")

    text = RENDERER.render(alert_facts(Kind.WARN, title=f"web-1: {host.summary}", hosts=(host,))).text

    assert text.count("CPU of web-1") == 1
    assert "\nWarning: it has been firing for 15 s.\n" in text
    assert "DETAILS\nSee below.\n" in text


def test_breaks_no_name_at_its_hyphen():
    hosts = tuple(host_facts(f"db-{number}") for number in range(5))

    html = RENDERER.render(alert_facts(hosts=hosts)).html

    assert "<nobr>db-0,</nobr> <nobr>db-1,</nobr> <nobr>db-2</nobr> and 2 more</h1>" in html


def test_says_of_an_alert_without_a_name_that_it_has_none():
    text = RENDERER.render(alert_facts(Kind.WARN, hosts=(other(alertname=""),))).text

    assert "Alert: one without a name, severity warning." in text
