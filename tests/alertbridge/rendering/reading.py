"""Reading a mail's HTML part as its reader does: the words that show, and what could act."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "br", "img", "link", "input", "hr"}
_UNSEEN = {"style", "title"}


@dataclass
class Page:
    """What an HTML part holds.

    Attributes:
        words: Every text that shows, a piece for each run between two tags, and what stands for a picture.
        preview: The hidden text that mail programs show beside the subject.
        elements: Each element's tag and attributes, in order.
        links: Where it leads to.
        images: Where its pictures come from.
    """

    words: list[str] = field(default_factory=list)
    preview: str = ""
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)


def read(html: str) -> Page:
    """Return what *html* holds; its elements must be closed in order."""
    reader = _Reader()
    reader.feed(re.sub("</?nobr>", "", html))  # what stands in them goes on with the text around it
    reader.close()
    assert not reader.open_elements
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open_elements: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.page.elements.append((tag, attributes))
        self.page.links += [attributes.get("href") or ""] if "href" in attributes else []
        if tag == "img":
            self.page.images.append(attributes["src"] or "")
            self.page.words.append(attributes["alt"] or "")
        if tag not in _VOID:
            self.open_elements.append((tag, attributes.get("style") or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open_elements.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if not data.strip() or any(tag in _UNSEEN for tag, _ in self.open_elements):
            return
        if any("display:none" in style for _, style in self.open_elements):
            self.page.preview += " ".join(data.split())
        else:
            self.page.words.append(" ".join(data.split()))
