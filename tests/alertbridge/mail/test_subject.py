import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.mail.facts import Kind
from alertbridge.mail.subject import subject_of, title_of
from tests.alertbridge.rendering.hostile import hostile_texts

TWELVE = ["web-1", "web-2", "db-1", *(f"app-{number}" for number in range(9))]


@pytest.mark.parametrize(
    ("names", "what", "title"),
    [
        (["web-1"], "", "web-1"),
        (["web-1"], "HighCpu", "web-1: HighCpu"),
        (["web-1", "web-1"], "HighCpu", "web-1: HighCpu"),
        (["mysqld on db-1"], "not answering", "mysqld on db-1: not answering"),
        (["web-1", "web-2"], "", "2 hosts: web-1, web-2"),
        (TWELVE, "", "12 hosts: web-1, web-2, db-1 +9"),
        (["a" * 30, "b" * 30, "c" * 30], "x", f"3 hosts: {'a' * 30} +2"),
        (["a" * 90, "b"], "x", f"2 hosts: {'a' * 52}... +1"),
        (["a" * 90], "x", f"{'a' * 64}..."),
        (["web-1"], "a" * 60, f"web-1: {'a' * 60}"),
        (["web-1"], "a" * 61, f"web-1: {'a' * 57}..."),
        (["web-1"], "Filesystem is predicted to run out of space in 4 h", None),
        (["b\u00fcro-1"], "Stra\u00dfe, Gr\u00f6\u00dfe, \u00f8re, \u0141\u00f3d\u017a", None),
        (["\u0431\u0430\u0437\u0430-1"], "\u0434\u0438\u0441\u043a \u043f\u043e\u043b\u043e\u043d", None),
        (["\u6771\u4eac"], "\u30c7\u30a3\u30b9\u30af \U0001f525", None),
        (["web-1"], "\u05d3\u05d9\u05e1\u05e7 \u202eabc\u2066", "web-1: \u05d3\u05d9\u05e1\u05e7 abc"),
        ([""], "", "unnamed"),
        (["\u200b"], "x", "unnamed: x"),
        (["web-1\r\nBcc: eve@example.org"], "x", "web-1 Bcc: eve@example.org: x"),
        (["%recipient.name%"], "x", "% recipient.name%: x"),
        (["=?utf-8?q?=0d?="], "x", "= ?utf-8?q?=0d?=: x"),
        (["=\u200b?utf-8?q?=0d?="], "x", "= ?utf-8?q?=0d?=: x"),
    ],
)
def test_makes_the_title(names, what, title):
    assert title_of(names, what) == (title or f"{names[0]}: {what}")


@pytest.mark.parametrize(
    "letter",
    ["e\u0301", "\u0e01\u0e31\u0e49", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea"],
    ids=["accent", "Thai vowel", "skin tone", "flag"],
)
@pytest.mark.parametrize("before", range(8))
def test_cuts_no_letter_in_two(letter, before):
    title = title_of(["x" * before + letter * 60], "")

    assert title.endswith("...")
    assert not title.removesuffix("...").lstrip("x").replace(letter, "")


@given(names=st.lists(hostile_texts, min_size=1, max_size=6), what=hostile_texts)
def test_says_the_same_behind_the_brackets_of_every_mail_of_an_incident(names, what):
    title = title_of(names, what)

    subjects = [subject_of(kind, title) for kind in Kind]

    assert {subject.partition("] ")[2] for subject in subjects} == {title}
    assert max(map(len, subjects)) <= 78


def test_puts_the_state_into_brackets():
    assert subject_of(Kind.DOWN, "web-1") == "[DOWN] web-1"
