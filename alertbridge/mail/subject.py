"""The subject line: the state in brackets, then a title that stays the same throughout the incident."""

import unicodedata
from collections.abc import Sequence

from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import Kind

NOT_ANSWERING = "host not answering"

_SUBJECT_LIMIT = 78  # RFC 5322, section 2.1.1
_TITLE_LIMIT = _SUBJECT_LIMIT - max(len(f"[{kind}] ") for kind in Kind)
_WHAT_LIMIT = 36
_LONGEST_INPUT = 1000
_SHOWN_NAMES = (3, 2, 1)


def subject_of(kind: Kind, title: str) -> str:
    """Return the whole subject: one line of printable ASCII, at most 78 characters."""
    return f"[{kind}] {_ascii(title, _TITLE_LIMIT)}"


def title_of(names: Sequence[str], what: str) -> str:
    """Return what follows the brackets: `web-1: host not answering`, `12 hosts: web-1, web-2, db-1 +9`.

    Args:
        names: The hosts when the incident began, at least one; a name that occurs twice counts once.
        what: What happened to a single host: `NOT_ANSWERING`, or the alert's name.
    """
    distinct = list(dict.fromkeys(names))
    if len(distinct) == 1:
        happened = _ascii(what, _WHAT_LIMIT)
        return f"{_ascii(distinct[0], _TITLE_LIMIT - len(happened) - 2)}: {happened}"
    return listed_title(f"{len(distinct)} hosts", distinct)


def listed_title(opening: str, names: Sequence[str]) -> str:
    """Return *opening* and as many of the first three *names* as there is room for: `OPENING: a, b +9`."""
    for count in _SHOWN_NAMES:
        title = f"{opening}: {', '.join(_ascii(name, _LONGEST_INPUT) for name in names[:count])}"
        rest = f" +{len(names) - count}" if len(names) > count else ""
        if len(title) + len(rest) <= _TITLE_LIMIT:
            return title + rest
    return _ascii(title, _TITLE_LIMIT - len(rest)) + rest


def _ascii(text: str, limit: int) -> str:
    """Return *text* in ASCII: letters without their accents, `?` for what has no like there."""
    decomposed = unicodedata.normalize("NFKD", clean(text, _LONGEST_INPUT))
    plain = "".join(c if c.isascii() else "?" for c in decomposed if not unicodedata.combining(c))
    # mail programs decode `=?utf-8?q?...?=` in headers, and would bring back what clean() took away
    return clean(plain.replace("=?", "= ?"), limit) or "unnamed"
