"""A mail before it is printed: what it says and in which order, without a word on how it looks.

The text part and the HTML part are two printings of one letter; so neither can say what the other does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from alertbridge.mail.facts import Kind
from alertbridge.mail.mail import AttachedText
from alertbridge.rendering.curves import Curves

_Item = TypeVar("_Item")


class Tone(StrEnum):
    """The colour of the headline; the words say the same."""

    BAD = "bad"
    UNEASY = "uneasy"
    GOOD = "good"
    CALM = "calm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One value with its name: `CPU`, `97 %`; *ratio*, from 0 to 1, is drawn as a bar."""

    label: str
    value: str
    detail: str = ""
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column; numbers stand to the right."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One cell for each column, the first of them naming the row; the note stands below, across them all.

    A cell may have several lines.
    """

    cells: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows; *more* says what was left out, and is empty when nothing was. Columns may be without titles."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What the reader might do next, and the command that does it, to be copied."""

    text: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A web page with its name; a link only where *is_link*, else just text."""

    label: str
    url: str
    is_link: bool


@dataclass(frozen=True, slots=True)
class Sketch:
    """A curve as a line of marks: each of them a minute's ratio, or that there is none."""

    label: str
    marks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Ratios over time: a picture in one part, sketches in the other, the same words around them.

    Attributes:
        name: The picture's, for `cid:`; unique within the letter.
        curves: What the picture shows.
        sketches: CPU and RAM, all of one length; one of the two may lack.
        times: The start, the middle and the end.
        last_seen: When there was a value for the last time; empty where that was the end.
        words: All of it in a sentence.
    """

    name: str
    curves: Curves
    sketches: tuple[Sketch, ...]
    times: tuple[str, str, str]
    last_seen: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of a letter; what it holds is printed in the order of the attributes.

    Each of the lines is a paragraph, which may have several lines itself.
    """

    title: str
    lines: tuple[str, ...] = ()
    quote: str = ""
    figures: tuple[Figure, ...] = ()
    chart: Chart | None = None
    table: Table | None = None
    steps: tuple[Step, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A whole mail.

    Attributes:
        kind: The state in brackets.
        title: As in the subject, behind the brackets.
        headline: What is the case, in words.
        tone: Of the headline.
        lead: The state in one sentence, which begins with it; a mail program's preview shows it.
        lines: Since when; under the lead.
        sections: The body, in the order of reading.
        footer: Why the reader gets it, and what it is called.
        attachments: What would not fit; the body names each.
    """

    kind: Kind
    title: str
    headline: str
    tone: Tone
    lead: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: tuple[str, ...]
    attachments: tuple[AttachedText, ...] = ()


def sentence(text: str) -> str:
    """Return *text* with one full stop at its end; three of them, which say that it was cut, stay."""
    return text if text.endswith("...") else f"{text.rstrip('. ')}."


def listed(items: Sequence[str], at_most: int) -> str:
    """Return `a, b, c and 9 more`, with no more than *at_most* of the *items*."""
    if len(items) <= at_most:
        return ", ".join(items)
    return f"{', '.join(items[:at_most])} and {len(items) - at_most} more"


def and_more(items: Sequence[_Item], at_most: int) -> str:
    """Return what to say below a list that shows *at_most* of the *items*; empty when it shows them all."""
    return f"and {len(items) - at_most} more" if len(items) > at_most else ""
