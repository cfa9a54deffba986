import re
import sys
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.commands.linear_regex import MOST_PLACES, MOST_STEPS, Expression

PLACES = st.sampled_from(
    ["a", "b", "é", ".", r"\d", r"\W", r"\.", r"\\", "[ab]", "[^a-c]", r"[\w.-]", r"[\]^]", " ", "-"]
)
TIMES = st.sampled_from(["*", "+", "?", "{0}", "{2}", "{0,}", "{1,}", "{2,}", "{0,2}", "{1,3}"])
EXPRESSIONS = st.recursive(
    PLACES | st.just("()"),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, TIMES).map(lambda two: f"({two[0]}){two[1]}"),
    ),
    max_leaves=6,
)  # fmt: skip
TEXTS = st.text("ab1é.-]^\\ \n", max_size=7)


@given(EXPRESSIONS, TEXTS)
@example("a|b$", "b")
@example("^a|b", "a")
@example("|a", "")
@example("a||b", "b")
@example("(a|)+b", "b")
@example("((a?){2,}b*)*", "aab")
@example(r"\\$", "\\")
@example(r"a\$", "a$")
def test_matches_what_pythons_own_match_as_a_whole(expression: str, text: str):
    assert Expression(expression).matches(text) == bool(re.fullmatch(expression, text, re.ASCII))


@given(EXPRESSIONS)
def test_marks_of_beginning_and_end_change_nothing(expression: str):
    for text in ("", "a", "ab", "a.b"):
        assert Expression(f"^(?:{expression})$").matches(text) == Expression(expression).matches(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("(a", "unexpected end"),
        ("a)", "')' at character 2"),
        ("[a", "'[a' at character 1"),
        ("[]", "'[]' at character 1"),
        ("[[a]]", "'[[a]]' at character 1"),
        ("[a--b]", "'[a--b]' at character 1"),
        ("[z-a]", "bad character range z-a at position 1"),
        (r"[\q]", r"bad escape \q at position 1"),
        ("*a", "'*a' at character 1"),
        ("a**", "'*' at character 3"),
        ("a+?", "'?' at character 3"),
        ("a++", "'+' at character 3"),
        ("a{,3}", "'{,3}' at character 2"),
        ("a{2", "'{2' at character 2"),
        ("a{3,2}", "'{3,2}' with its bounds reversed"),
        ("a^b", "'^b' at character 2"),
        ("a$b", "'$b' at character 2"),
        (r"a\Z", r"'\\Z' at character 2"),
        (r"(a)\1", r"'\\1' at character 4"),
        (r"\bx", r"'\\bx' at character 1"),
        ("(?=a)b", "'?=a)b' at character 2"),
        ("(?P<x>a)", "'?P<x>a)' at character 2"),
        ("(?i)a", "'?i)a' at character 2"),
        ("x" + "\\", r"at character 2"),
        ("(" * 5000 + ")" * 5000, "groups are nested too deeply"),
        ("a{1001}", "more than 1000 characters, with repetitions written out"),
        ("(a{99}){99}", "more than 1000 characters, with repetitions written out"),
        ("((((a{9}){9}){9}){9}){9}", "more than 1000 characters, with repetitions written out"),
    ],
    ids="{:.20}".format,
)
def test_says_what_it_does_not_take(text: str, complaint: str):
    with pytest.raises((ValueError, re.error), match=re.escape(complaint)):
        Expression(text)


@given(st.text("ab[]{}()|*+?.^$\\-,:=<>P1", max_size=12))
def test_takes_or_refuses_any_text_and_what_it_takes_python_takes(text: str):
    try:
        expression = Expression(text)
    except (ValueError, re.error):
        return
    assert expression.matches("ab") == bool(re.fullmatch(text, "ab", re.ASCII))


@pytest.mark.parametrize(
    "text",
    [
        *("(a+)+", "([a-z]*)*B", "(a|a)*b", r"(\w+/?)+", "(a|b|ab)*c", "(x+x+)+y", "(a?){500}a{500}"),
        ".*" * 60 + "x",
        "(" + "|".join(f"[a-z{chr(char)}]" for char in range(256, 316)) + ")*",
        "(" + "|".join(f"[a-z{chr(char)}]" for char in range(256, 1256)) + ")*",
    ],
    ids="{:.20}".format,
)  # fmt: skip
def test_no_text_takes_long(text: str):
    expression = Expression(text)
    longest = min(4096, MOST_STEPS // expression.places)
    fills = ("a", "b", "x", "ab", "a/", "".join(map(chr, range(256, 5000))))
    hostile = [(fill * longest)[: longest - 1] + "!" for fill in fills]

    calls = [calls_while(partial(expression.matches, one)) for one in hostile]

    assert max(calls) <= 8 * MOST_STEPS
    assert expression.places <= MOST_PLACES


def calls_while(act: Callable[[], object]) -> int:
    """Return how many functions Python calls, or goes on with, while *act* runs: work, on any machine."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
    return calls
