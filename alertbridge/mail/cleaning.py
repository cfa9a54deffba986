"""Whatever comes from outside, made harmless before it stands in a mail."""

import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html import escape
from typing import Any, TypeVar
from urllib.parse import urlsplit

_Facts = TypeVar("_Facts")

_CUT = "..."
_LINKS = ("runbook_url", "graph_url")
# printable by Unicode's account, yet without any width: joiners, fillers, variation selectors
_WIDTHLESS = dict.fromkeys(
    (
        *map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
_REGIONAL = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # two of them make a flag
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_VARIABLE_START = re.compile(r"%(?=\w)")

_LONGEST = 120
_LONGEST_BY_FIELD = {
    "name": 64,
    "pid": 12,
    "title": 80,
    "summary": 200,
    "description": 1000,
    "labels": 120,
    "annotations": 400,
    "reason": 1000,
    "runbook_url": 300,
    "reason_for_mail": 200,
    "missing": 240,
    "remarks": 240,
    "down": 48,
}
_MULTI_LINE = ("description", "annotations")
_LINES_AT_MOST = 20
_NAMELESS = "(no name)"
# as it stands in HTML, twice; Prometheus writes the whole expression into the link to a rule's graph
_LONGEST_LINK = 1500

# no space, quote, angle bracket or stray percent sign; all ASCII, so that no letter passes for another
_PLAIN_URL = re.compile(r"https?://(?:[!#$&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]|%[0-9A-Fa-f]{2})+", re.IGNORECASE)


def clean(text: str, limit: int) -> str:
    """Return *text* as one line of at most *limit* printable characters; where it is cut, it says `...`.

    Control, bidirectional and zero-width characters are gone, white space is one space, and a `%` never
    touches a word behind it: Mailgun would put a value in place of `%recipient.name%` or `%unsubscribe_url%`.
    The result is not escaped for HTML. Cleaning twice changes nothing; *limit* is at least 4.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    if not text.isascii():
        text = text.translate(_WIDTHLESS)
    line = _VARIABLE_START.sub("% ", " ".join(text.split()))
    return line if len(line) <= limit else _cut(line, limit - len(_CUT)).rstrip() + _CUT


def clean_lines(text: str, limit: int) -> str:
    """Return *text* as at most 20 such lines of *limit* characters in all, which says `...` where it is cut.

    Empty lines at either end are gone, and never two of them follow one another. Cleaning twice changes
    nothing.
    """
    kept: list[str] = []
    room = limit
    for line in (clean(line, limit) for line in text.splitlines()):
        if not line and (not kept or not kept[-1]):
            continue
        if len(kept) == _LINES_AT_MOST:
            kept[-1] = _CUT
            break
        if len(line) > room:
            kept.append(clean(line, room) if room > len(_CUT) else _CUT)
            break
        kept.append(line)
        room -= len(line) + 1
    return "\n".join(kept).strip()


def cleaned(facts: _Facts) -> _Facts:
    """Return *facts*, a dataclass of this room, with every text in it clean and no name empty."""
    if not is_dataclass(facts) or isinstance(facts, type):
        raise TypeError(f"{type(facts).__name__} is not a value of facts.py")
    changes = {field.name: _cleaned(field.name, getattr(facts, field.name)) for field in fields(facts)}
    return replace(facts, **changes)


def is_web_link(url: str) -> bool:
    """Say whether *url* may be a link: http or https, a plain host, nothing in it that acts or deceives."""
    if len(escape(url)) > _LONGEST_LINK or url.endswith(_CUT) or not _PLAIN_URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and "@" not in parts.netloc


def _cut(line: str, limit: int) -> str:
    """Return the beginning of *line*; no letter loses the marks above it, no flag its second half."""
    end = limit
    while end and (unicodedata.category(line[end]).startswith("M") or line[end] in _SKIN_TONES):
        end -= 1
    flags = len(line[:end]) - len(line[:end].rstrip(_REGIONAL))
    return line[: end - flags % 2] if line[end] in _REGIONAL else line[:end]


def _cleaned(name: str, value: Any) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return _cleaned_text(name, value)
    if isinstance(value, tuple):
        return tuple(_cleaned(name, item) for item in value)
    return cleaned(value) if is_dataclass(value) else value


def _cleaned_text(name: str, text: str) -> str:
    if name in _LINKS and is_web_link(text):
        return text
    if name == "graph_url":
        return ""
    if name in _MULTI_LINE:
        return text if is_web_link(text) else clean_lines(text, _LONGEST_BY_FIELD[name])
    line = clean(text, _LONGEST_BY_FIELD.get(name, _LONGEST))
    return line or (_NAMELESS if name == "name" else "")
