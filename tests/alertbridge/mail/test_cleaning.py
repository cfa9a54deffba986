import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.mail.cleaning import clean, clean_lines, cleaned, is_web_link
from tests.alertbridge.rendering.hostile import hostile_texts
from tests.builders import alert_facts, host_facts, reader

limits = st.integers(min_value=4, max_value=300)


@given(text=hostile_texts, limit=limits)
def test_leaves_one_line_of_printable_characters_within_the_limit(text, limit):
    line = clean(text, limit)

    assert len(line) <= limit
    assert line.isprintable()
    assert line == " ".join(line.split())
    line.encode()


@given(text=hostile_texts, limit=limits)
def test_leaves_nothing_that_hides_or_reorders_what_stands_beside_it(text, limit):
    line = clean(text, limit)

    assert not {unicodedata.category(character) for character in line} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(text=hostile_texts, limit=limits)
def test_leaves_no_percent_sign_that_touches_a_word_behind_it(text, limit):
    assert not re.search(r"%\w", clean(text, limit))


@given(text=hostile_texts, limit=limits)
def test_changes_nothing_the_second_time(text, limit):
    once = clean(text, limit)

    assert clean(once, limit) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 97 % of it", "plain text, 97 % of it"),
        ("M\u00fcnchen \u6771\u4eac", "M\u00fcnchen \u6771\u4eac"),
        ("two\r\nBcc: eve@example.org", "two Bcc: eve@example.org"),
        ("nul\x00, bell\x07, escape\x1b[31m", "nul, bell, escape[31m"),
        ("\u202egnp.exe", "gnp.exe"),
        ("web\u200b-\u20601\ufeff", "web-1"),
        ("web\u3164\ufe0f-1", "web-1"),
        ("%recipient.name%", "% recipient.name%"),
        ("%\u200bunsubscribe_url%", "% unsubscribe_url%"),
        ("%%tag_unsubscribe_url%%", "%% tag_unsubscribe_url%%"),
        ("100%", "100%"),
        ("twelve letters", "twelve l..."),
    ],
)
def test_shows_what_is_left_of(text, shown):
    assert clean(text, 11 if shown.endswith("...") else 80) == shown


@given(text=hostile_texts | st.text("ab \n\u202e%", max_size=200), limit=limits)
def test_leaves_twenty_lines_at_most_each_as_harmless_as_one(text, limit):
    shown = clean_lines(text, limit)

    lines = shown.split("\n")
    assert len(lines) <= 20
    assert len(shown) <= limit + 4
    assert all(clean(line, limit) == line for line in lines)
    assert "\n\n\n" not in shown
    assert clean_lines(shown, limit) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\n  two\r\nthree", "one\ntwo\nthree"),
        ("\n\n one \n\n\n\n two\n\n", "one\n\ntwo"),
        ("one\u2028two\x0bthree\x85four", "one\ntwo\nthree\nfour"),
        ("\u202eone\ntwo\x00", "one\ntwo"),
        ("\n".join("x" * 21), "\n".join(["x"] * 19 + ["..."])),
        ("\n".join("x" * 20), "\n".join("x" * 20)),
        ("twelve\n" * 9, "twelve\n" * 8 + "twelve"),
        ("ninety-nine\n" * 9, "ninety-nine\n" * 6 + "ninety..."),
    ],
)
def test_keeps_the_lines_of(text, shown):
    assert clean_lines(text, 81) == shown


def test_cleans_every_text_of_a_fact_however_deep():
    facts = alert_facts(hosts=(host_facts("web\n1"), host_facts("\u200b")), missing=("one\ttwo",))

    shown = cleaned(facts)

    assert [host.name for host in shown.hosts] == ["web 1", "(no name)"]
    assert shown.missing == ("one two",)
    assert shown.kind is facts.kind


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.example.org/runbooks/host-down",
        "http://wiki:8080/a?b=c&d=%C3%BC#e",
        "HTTPS://[2001:db8::1]/x",
    ],
)
def test_lets_a_web_page_be_a_link(url):
    assert is_web_link(url)
    assert cleaned(host_facts(runbook_url=url)).runbook_url == url
    assert cleaned(host_facts(graph_url=url)).graph_url == url


def test_lets_the_long_expression_of_a_rule_be_a_link():
    url = "http://mon-1:9090/graph?g0.expr=" + "%28up+%3D%3D+0%29" * 80 + "&g0.tab=1"

    assert cleaned(host_facts(graph_url=url)).graph_url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "https://",
        "https:///path",
        "https://[::1/",
        "https://bank.example@evil.example/",
        "https://example.org/a b",
        "https://example.org/\u202e",
        "https://ex\u0430mple.org/",
        'https://example.org/"onclick=',
        "https://example.org/%recipient.name%",
        "https://example.org/%zz",
        "https://example.org/" + "a" * 1500,
        "https://example.org/" + "&" * 300,
        "https://example.org/cut-sho...",
        "wiki/HostDown",
    ],
)
def test_does_not_let_anything_else_be_a_link(url):
    assert not is_web_link(url)
    assert cleaned(host_facts(graph_url=url)).graph_url == ""


def test_keeps_a_reason_for_the_mail_of_200_characters():
    reason = "you watch " + ", ".join(f"web-{number}" for number in range(22))

    assert cleaned(reader(reason_for_mail=reason)).reason_for_mail == reason


def test_refuses_what_is_no_fact():
    with pytest.raises(TypeError, match=r"str is not a value of facts\.py"):
        cleaned("text")
