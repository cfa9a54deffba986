"""Every failed host is named, however many there are."""

import pytest

from alertbridge.mail.facts import Kind
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.rendering.renderer import HTML_LIMIT_BYTES, Rendered, Renderer
from tests.builders import FIRED_UNIX_SECONDS, alert_facts, host_facts, host_state, report_facts

RENDERER = Renderer()


def report_of(names: list[str]) -> Rendered:
    down = (host_state(name, is_up=False, reason="connection refused") for name in names)
    return RENDERER.render(report_facts(*down, host_state("up-1")))


def storm_of(names: list[str]) -> Rendered:
    return RENDERER.render(alert_facts(hosts=tuple(map(host_facts, names))))


@pytest.mark.parametrize("rendered_of", [report_of, storm_of])
@pytest.mark.parametrize("number", [2, 60, 400])
def test_names_every_failed_host_in_both_parts(rendered_of, number):
    names = [f"app-{one:03}" for one in range(number)]

    rendered = rendered_of(names)

    assert [name for name in names if name not in rendered.text] == []
    assert [name for name in names if name not in rendered.html] == []
    assert rendered.attachments == ()


@pytest.mark.parametrize("rendered_of", [report_of, storm_of])
def test_names_a_thousand_in_a_file_that_comes_with_the_mail(rendered_of):
    names = [f"app-{one:04}.eu-west.example.org" for one in range(1000)]

    rendered = rendered_of(names)

    (file,) = rendered.attachments
    assert file.name == "failed-hosts.txt"
    assert [line.split()[0] for line in file.text.splitlines()] == names
    assert "The attached failed-hosts.txt names all 1000" in " ".join(rendered.text.split())
    assert len(rendered.html.encode()) <= HTML_LIMIT_BYTES


def test_gives_the_reasons_in_the_file():
    rendered = report_of([f"app-{one:04}.eu-west.example.org" for one in range(1000)])

    assert "\napp-0007.eu-west.example.org  connection refused\n" in rendered.attachments[0].text


def test_breaks_no_figure_and_no_short_name():
    state = host_state("app-1", uptime_seconds=33 * 86400.0 + 21 * 3600)

    html = RENDERER.render(report_facts(state)).html

    assert "33\N{NO-BREAK SPACE}d\N{NO-BREAK SPACE}21\N{NO-BREAK SPACE}h" in html
    assert '<th scope="row" class="h" align="left">app-1</th>' in html


def summary_of(kind: Kind, news: int, already_reported: int) -> Rendered:
    alerts = [
        host_facts(
            f"db-{number:04}",
            means_down=False,
            alertname="DiskFull",
            severity="warning",
            summary=f"disk {number}",
        )
        for number in range(news + already_reported)
    ]
    facts = SummaryFacts(
        kind=kind,
        incident_id="k3f9q2",
        news=tuple(alerts[:news]),
        already_reported=tuple(alerts[news:]),
        reader=alert_facts().reader,
        now_unix_seconds=FIRED_UNIX_SECONDS + 600,
    )
    return RENDERER.render(facts)


@pytest.mark.parametrize(
    ("kind", "news", "already_reported"),
    [(Kind.DIGEST, 300, 0), (Kind.DIGEST, 2, 300), (Kind.REMINDER, 0, 300), (Kind.DIGEST, 4000, 4000)],
)
def test_lists_every_alert_of_a_long_digest_or_reminder_in_a_file(kind, news, already_reported):
    rendered = summary_of(kind, news, already_reported)

    (file,) = rendered.attachments
    total = news + already_reported
    assert [number for number in range(total) if f"db-{number:04}  warning  " not in file.text] == []
    assert [number for number in range(total) if f"    disk {number}\n" not in file.text] == []
    assert f"The attached alerts.txt lists all {total} alerts." in " ".join(rendered.text.split())
    assert len(rendered.html.encode()) <= HTML_LIMIT_BYTES


def test_a_digest_that_has_room_for_all_comes_without_a_file():
    rendered = summary_of(Kind.DIGEST, 10, 10)

    assert rendered.attachments == ()
    assert "attached" not in rendered.text
