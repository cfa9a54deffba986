"""Facts in, mail out: clean them, write the letter, print it twice."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from jinja2 import Environment, PackageLoader, StrictUndefined

from alertbridge.mail.cleaning import cleaned
from alertbridge.mail.facts import AlertFacts, ReportFacts, SendTestFacts
from alertbridge.mail.mail import AttachedText, InlineImage
from alertbridge.mail.subject import subject_of
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.rendering.chart import chart_png
from alertbridge.rendering.letters.alert import alert_letter
from alertbridge.rendering.letters.letter import Letter
from alertbridge.rendering.letters.report import report_letter, send_test_letter
from alertbridge.rendering.letters.summary import summary_letter
from alertbridge.rendering.text_part import text_of

Facts = AlertFacts | SummaryFacts | ReportFacts | SendTestFacts

HTML_LIMIT_BYTES = 25_000
_FIGURE = re.compile(r"\b\d+(?:\.\d+)? (?:%|(?:d|h|min|s|ms|[KMGTP]iB)\b)(?: \d+ (?:h|min|s)\b)?")
_LIST_LENGTHS = (50, 25, 12, 6, 3, 1)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a reader will see, both parts saying the same.

    Attributes:
        subject: One line of at most 78 printable characters.
        text: Up to 72 columns wide.
        html: At most 25,000 bytes; nothing in it is fetched from elsewhere.
        images: What the HTML part refers to by `cid:`.
        attachments: What did not fit into either part.
    """

    subject: str
    text: str
    html: str
    images: tuple[InlineImage, ...] = ()
    attachments: tuple[AttachedText, ...] = ()


class Renderer:
    """Renders mails from the templates of this package, which it reads once."""

    def __init__(self) -> None:
        environment = Environment(
            loader=PackageLoader("alertbridge.rendering"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_unbroken,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("letter.html.j2")

    def render(self, facts: Facts) -> Rendered:
        """Return the mail that reports *facts*, of whichever sort they are."""
        match facts:
            case AlertFacts():
                return self.render_alert(facts)
            case SummaryFacts():
                return self.render_summary(facts)
            case ReportFacts():
                return self.render_report(facts)
            case SendTestFacts():
                return self.render_test(facts)
            case _:
                assert_never(facts)

    def render_alert(self, facts: AlertFacts) -> Rendered:
        """Return the mail about one or several hosts."""
        clean_facts = cleaned(facts)
        return self._rendered(lambda at_most: alert_letter(clean_facts, at_most))

    def render_summary(self, facts: SummaryFacts) -> Rendered:
        """Return the mail about many incidents."""
        clean_facts = cleaned(facts)
        return self._rendered(lambda at_most: summary_letter(clean_facts, at_most))

    def render_report(self, facts: ReportFacts) -> Rendered:
        """Return the mail with the state of every host."""
        clean_facts = cleaned(facts)
        return self._rendered(lambda at_most: report_letter(clean_facts, at_most))

    def render_test(self, facts: SendTestFacts) -> Rendered:
        """Return the mail that shows that mail arrives."""
        clean_facts = cleaned(facts)
        return self._rendered(lambda _: send_test_letter(clean_facts))

    def _rendered(self, write: Callable[[int], Letter]) -> Rendered:
        """Return the letter that *write* makes, with lists as long as the limit of the HTML part allows."""
        for at_most in _LIST_LENGTHS:
            letter = write(at_most)
            subject = subject_of(letter.kind, letter.title)
            html = self._template.render(letter=letter, subject=subject)
            if len(html.encode()) <= HTML_LIMIT_BYTES:
                break
        return Rendered(subject, text_of(letter), html, _images(letter), letter.attachments)


def _unbroken(value: object) -> object:
    """Return a text with the spaces in `21 %` and `33 d 21 h` such that no line breaks there."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _FIGURE.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), value)


def _images(letter: Letter) -> tuple[InlineImage, ...]:
    charts = [section.chart for section in letter.sections if section.chart is not None]
    return tuple(InlineImage(name=chart.name, png=chart_png(chart.curves)) for chart in charts)
