"""Whatever the facts hold: a mail comes out, and nothing in it acts."""

import re

from hypothesis import HealthCheck, given, settings

from alertbridge.rendering.plain import render_plain
from alertbridge.rendering.renderer import HTML_LIMIT_BYTES, Rendered, Renderer
from tests.alertbridge.rendering.hostile import (
    hostile_alerts,
    hostile_reports,
    hostile_summaries,
    hostile_tests,
)
from tests.alertbridge.rendering.reading import read

RENDERER = Renderer()
OUR_TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "div",
        "h1",
        "h2",
        "p",
        "ol",
        "li",
        "code",
        "pre",
        "a",
        "span",
        "img",
    ),
    *("br", "table", "thead", "tbody", "tr", "th", "td"),
}
OUR_ATTRIBUTES = {
    *("lang", "charset", "name", "content", "class", "style", "role", "aria-label", "href"),
    *("width", "cellpadding", "cellspacing", "align", "valign", "scope", "colspan", "rowspan", "src", "alt"),
}
# %C3%BC is left in a link, where it is no variable: those begin with a word, not with two hexadecimal digits
VARIABLE = re.compile(r"%(?![0-9A-Fa-f]{2})\w")

thoroughly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(facts=hostile_alerts)
@thoroughly
def test_writes_a_harmless_alert_whatever_its_facts(facts):
    rendered = RENDERER.render(facts)

    assert_is_harmless(rendered)
    assert rendered.subject.startswith(f"[{facts.kind}] ")


@given(facts=hostile_summaries)
@thoroughly
def test_writes_a_harmless_summary_whatever_its_facts(facts):
    rendered = RENDERER.render(facts)

    assert_is_harmless(rendered)
    assert rendered.subject.startswith(f"[{facts.kind}] ")


@given(facts=hostile_reports)
@thoroughly
def test_writes_a_harmless_report_whatever_its_facts(facts):
    assert_is_harmless(RENDERER.render(facts))


@given(facts=hostile_tests)
@thoroughly
def test_writes_a_harmless_test_mail_whatever_its_facts(facts):
    assert_is_harmless(RENDERER.render(facts))


@given(facts=hostile_alerts | hostile_summaries)
@thoroughly
def test_writes_a_harmless_bare_mail_whatever_its_facts(facts):
    assert_is_harmless(render_plain(facts))


def assert_is_harmless(rendered: Rendered) -> None:
    """Assert that no text became a header, an element, a Mailgun variable or a hidden character."""
    page = read(rendered.html)
    assert len(rendered.subject) <= 78
    assert rendered.subject.isprintable()
    assert "=?" not in rendered.subject
    assert all(line.isprintable() for line in rendered.text.split("\n"))
    assert all(line.isprintable() for line in rendered.html.replace("\N{NO-BREAK SPACE}", " ").split("\n"))
    assert not VARIABLE.search(rendered.subject + rendered.text + rendered.html)
    assert {tag for tag, _ in page.elements} <= OUR_TAGS
    assert {attribute for _, attributes in page.elements for attribute in attributes} <= OUR_ATTRIBUTES
    assert all(re.match("https?://", link) for link in page.links)
    assert page.images == [f"cid:{image.name}" for image in rendered.images]
    assert len(rendered.html.encode()) <= HTML_LIMIT_BYTES
