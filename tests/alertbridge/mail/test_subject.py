import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.mail.facts import Kind
from alertbridge.mail.subject import NOT_ANSWERING, subject_of, title_of
from tests.alertbridge.rendering.hostile import hostile_texts

TWELVE = ["web-1", "web-2", "db-1", *(f"app-{number}" for number in range(9))]


@pytest.mark.parametrize(
    ("names", "what", "title"),
    [
        (["web-1"], NOT_ANSWERING, "web-1: host not answering"),
        (["web-1"], "HighCpu", "web-1: HighCpu"),
        (["web-1", "web-1"], "HighCpu", "web-1: HighCpu"),
        (["web-1", "web-2"], NOT_ANSWERING, "2 hosts: web-1, web-2"),
        (TWELVE, NOT_ANSWERING, "12 hosts: web-1, web-2, db-1 +9"),
        (["a" * 30, "b" * 30, "c" * 30], "x", f"3 hosts: {'a' * 30} +2"),
        (["a" * 90, "b"], "x", f"2 hosts: {'a' * 52}... +1"),
        (["a" * 90], NOT_ANSWERING, f"{'a' * 44}...: host not answering"),
        (["web-1"], "a" * 90, f"web-1: {'a' * 33}..."),
        (["b\u00fcro-1"], NOT_ANSWERING, "buro-1: host not answering"),
        (["\u6771\u4eac"], NOT_ANSWERING, "??: host not answering"),
        ([""], "", "unnamed: unnamed"),
        (["web-1\r\nBcc: eve@example.org"], "x", "web-1 Bcc: eve@example.org: x"),
        (["%recipient.name%"], "x", "% recipient.name%: x"),
        (["\uff05recipient.name%"], "x", "% recipient.name%: x"),
        (["=?utf-8?q?=0d?="], "x", "= ?utf-8?q?=0d?=: x"),
    ],
)
def test_makes_the_title(names, what, title):
    assert title_of(names, what) == title


@given(names=st.lists(hostile_texts, min_size=1, max_size=6), what=hostile_texts)
def test_says_the_same_behind_the_brackets_of_every_mail_of_an_incident(names, what):
    title = title_of(names, what)

    subjects = [subject_of(kind, title) for kind in Kind]

    assert {subject.partition("] ")[2] for subject in subjects} == {title}
    assert max(map(len, subjects)) <= 78


def test_puts_the_state_into_brackets():
    assert subject_of(Kind.DOWN, "web-1: host not answering") == "[DOWN] web-1: host not answering"
