"""Every sort of mail, as it was looked at; `golden.py` says how to renew them."""

import re
from dataclasses import fields

import pytest

from alertbridge.mail.cleaning import cleaned
from alertbridge.mail.facts import About, AlertFacts, HostFacts, Kind
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.rendering.letters.last_hour import MARKS, NO_MARK
from alertbridge.rendering.renderer import HTML_LIMIT_BYTES, Renderer
from alertbridge.rendering.samples.hosts import samples
from tests.alertbridge.rendering.golden import MAILS, parts_of
from tests.alertbridge.rendering.reading import read

RENDERER = Renderer()
SAMPLES = samples()
ALERTS = {name: facts for name, facts in SAMPLES.items() if isinstance(facts, AlertFacts)}
SUMMARIES = {name: facts for name, facts in SAMPLES.items() if isinstance(facts, SummaryFacts)}
SINGLES = {name: facts for name, facts in ALERTS.items() if len(facts.hosts) == 1}

each_sample = pytest.mark.parametrize("name", SAMPLES)


@each_sample
def test_looks_as_it_did_when_it_was_found_good(name):
    parts = parts_of(RENDERER.render(SAMPLES[name]))

    for suffix, part in parts.items():
        assert part == (MAILS / f"{name}{suffix}").read_text(encoding="utf-8")


def test_keeps_no_golden_mail_without_a_sample():
    kept = {path.stem for path in MAILS.iterdir()}

    assert kept == set(SAMPLES)


def test_has_a_sample_of_every_kind():
    kinds = {facts.kind for facts in ALERTS.values()} | {facts.kind for facts in SUMMARIES.values()}

    assert kinds | {Kind.REPORT, Kind.TEST} == set(Kind)


@each_sample
def test_says_in_the_text_part_all_that_the_html_part_shows(name):
    rendered = RENDERER.render(SAMPLES[name])
    shown = read(rendered.html)

    text = _squeezed(rendered.text)

    assert [words for words in shown.words if _squeezed(words) not in text] == []


@each_sample
def test_shows_in_the_html_part_all_that_the_text_part_says(name):
    rendered = RENDERER.render(SAMPLES[name])
    shown = set(" ".join(read(rendered.html).words).casefold().split())

    drawing = re.compile(rf"^(\d\. |-{{72}}$|\[[A-Z]+\])|[{MARKS}{NO_MARK}]+", re.MULTILINE)
    words = drawing.sub("", rendered.text).casefold().replace("%,", "%").replace("data;", "data").split()

    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize("name", SINGLES)
def test_tells_every_fact_of_a_single_host_in_both_parts(name):
    facts = cleaned(SINGLES[name])
    rendered = RENDERER.render_alert(SINGLES[name])

    html = _squeezed(" ".join(read(rendered.html).words))
    text = _squeezed(rendered.text)

    for said in (*_texts_of(facts.hosts[0], facts.kind), facts.incident_id, *facts.missing):
        assert _squeezed(said.rstrip(".")) in text
        assert _squeezed(said.rstrip(".")) in html


@each_sample
def test_begins_with_the_state_in_both_parts_and_in_the_preview(name):
    rendered = RENDERER.render(SAMPLES[name])
    page = read(rendered.html)

    state, _, headline = " ".join(rendered.text.split("\n", 3)[0:3]).partition("] ")

    assert rendered.subject.startswith(f"{state}] ")
    assert page.words[0] == state.removeprefix("[")
    assert headline.startswith(f"{page.words[1]} {page.words[2][:30]}")
    assert page.preview.startswith(page.words[2])


@each_sample
def test_keeps_the_text_part_within_72_columns(name):
    text = RENDERER.render(SAMPLES[name]).text

    assert max(map(len, text.splitlines())) <= 72


@each_sample
def test_fetches_nothing_runs_nothing_and_stays_small(name):
    rendered = RENDERER.render(SAMPLES[name])
    html, page = rendered.html, read(rendered.html)

    tags = {tag for tag, _ in page.elements}
    attributes = {attribute for _, names in page.elements for attribute in names}

    assert len(html.encode()) <= HTML_LIMIT_BYTES
    assert not tags & {"script", "link", "iframe", "object", "form", "base", "video"}
    assert page.images == [f"cid:{image.name}" for image in rendered.images]
    assert not any(attribute.startswith("on") for attribute in attributes)
    assert "url(" not in html
    assert "@import" not in html


@each_sample
def test_tells_a_screen_reader_which_tables_hold_data(name):
    page = read(RENDERER.render(SAMPLES[name]).html)

    heads = [attributes for tag, attributes in page.elements if tag == "th"]
    tables = [attributes for tag, attributes in page.elements if tag == "table"]

    assert all(attributes.get("scope") in {"col", "row"} for attributes in heads)
    assert all(
        (attributes.get("role") == "presentation") != ("t" in (attributes.get("class") or "").split())
        for attributes in tables
    )
    assert [
        attributes["role"] for tag, attributes in page.elements if tag == "div" and "role" in attributes
    ] == ["article"]


def _texts_of(host: HostFacts, kind: Kind) -> list[str]:
    left_out = {"reason", "about"}  # the one lacks the address that it begins with, the other is no text
    if kind in {Kind.UP, Kind.OK, Kind.ENDED}:
        left_out |= {"runbook_url", "graph_url"}
    if kind in {Kind.UP, Kind.ENDED}:
        left_out |= {"summary", "description"}  # they say that it is down
    if host.about in {About.MONITORING, About.MAIL, About.GROUP}:
        left_out |= {"name", "summary"}  # other words say it
    names = [field.name for field in fields(host) if field.name not in left_out]
    texts = [value for value in (getattr(host, name) for name in names) if isinstance(value, str)]
    return texts + [text for process in host.top_processes for text in (process.pid, process.name)]


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()
