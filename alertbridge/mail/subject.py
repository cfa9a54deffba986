"""The subject line: the state in brackets, then a title that stays the same throughout the incident."""

from collections.abc import Sequence

from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import Kind

NOT_ANSWERING = "host not answering"

_SUBJECT_LIMIT = 78  # RFC 5322, section 2.1.1
_TITLE_LIMIT = _SUBJECT_LIMIT - max(len(f"[{kind}] ") for kind in Kind)
_LONGEST_INPUT = 1000
_SHOWN_NAMES = (3, 2, 1)
_NAMELESS = "unnamed"


def subject_of(kind: Kind, title: str) -> str:
    """Return the whole subject: one line of at most 78 printable characters, in whatever script."""
    return f"[{kind}] {_line(title, _TITLE_LIMIT)}"


def title_of(names: Sequence[str], what: str) -> str:
    """Return what follows the brackets: `web-1`, `web-1: HighCpu`, `12 hosts: web-1, web-2, db-1 +9`.

    Args:
        names: The hosts when the incident began, at least one; a name that occurs twice counts once.
        what: What happened to a single host, such as the alert's name; empty where the state says it all.
    """
    distinct = list(dict.fromkeys(names))
    if len(distinct) > 1:
        return listed_title(f"{len(distinct)} hosts", distinct)
    name, happened = _line(distinct[0], _LONGEST_INPUT), clean(what, _LONGEST_INPUT)
    return _line(f"{name}: {happened}" if happened else name, _TITLE_LIMIT)


def listed_title(opening: str, names: Sequence[str]) -> str:
    """Return *opening* and as many of the first three *names* as there is room for: `OPENING: a, b +9`."""
    for count in _SHOWN_NAMES:
        title = f"{opening}: {', '.join(_line(name, _LONGEST_INPUT) for name in names[:count])}"
        rest = f" +{len(names) - count}" if len(names) > count else ""
        if len(title) + len(rest) <= _TITLE_LIMIT:
            return title + rest
    return _line(title, _TITLE_LIMIT - len(rest)) + rest


def _line(text: str, limit: int) -> str:
    """Return *text* clean and not empty; without what a mail program would decode as an encoded word."""
    # `=?utf-8?q?...?=` would bring back what clean() took away (RFC 2047)
    return clean(clean(text, _LONGEST_INPUT).replace("=?", "= ?"), limit) or _NAMELESS
