"""Every failed host is named, however many there are."""

import pytest

from alertbridge.rendering.renderer import HTML_LIMIT_BYTES, Rendered, Renderer
from tests.builders import alert_facts, host_facts, host_state, report_facts

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
