"""docs/mails.md, held against what the mails really bear."""

from alertbridge.mail.facts import Kind
from tests.docs.pages import DOCS, Page, documented

PAGE = Page(DOCS / "mails.md")


def test_every_beginning_of_a_subject_is_documented():
    assert documented("subject begins with", (PAGE,)) == {f"[{kind}]" for kind in Kind}
