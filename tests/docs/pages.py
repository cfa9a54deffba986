"""The pages of documentation as their tests read them: headings, tables, code, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCED = re.compile(r"^(`{3,})(\w*)[^\n]*\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?)[ #]*$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_CELL_END = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:-]+")


@dataclass(frozen=True)
class Page:
    """A Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """Its path, as seen from the root of the repository."""
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text()

    @cached_property
    def prose(self) -> str:
        """All of it but fenced blocks."""
        return _FENCED.sub("", self.text)

    def blocks(self, *languages: str) -> list[str]:
        """Return the fenced blocks in one of *languages*."""
        return [text for _, language, text in _FENCED.findall(self.text) if language in languages]

    def code(self) -> list[str]:
        """Return what stands between single backticks."""
        return code_in(self.prose)

    def links(self) -> list[str]:
        """Return where its links lead."""
        return [str(target) for target in _LINK.findall(self.prose)]

    def anchors(self) -> set[str]:
        """Return the anchors that GitHub and its like give its headings."""
        anchors: set[str] = set()
        for heading in _HEADING.findall(self.prose):
            anchor = first = re.sub(r"[^\w -]", "", _LINK.sub("", heading).lower()).replace(" ", "-")
            again = 0
            while anchor in anchors:
                again += 1
                anchor = f"{first}-{again}"
            anchors.add(anchor)
        return anchors

    def rows(self, first_heading: str) -> Iterator[list[str]]:
        """Yield the rows, as cells, of all tables whose first column bears that heading."""
        is_inside, heading = False, None
        for line in self.prose.splitlines():
            if not line.startswith("|"):
                is_inside, heading = False, None
                continue
            cells = [cell.strip() for cell in _CELL_END.split(line)[1:-1]]
            if heading is None:
                heading = cells[0]
                is_inside = heading == first_heading
            elif is_inside and not _RULE.fullmatch(line):
                yield cells


def code_in(text: str) -> list[str]:
    """Return what stands between single backticks in *text*."""
    return _CODE.findall(text)


def documented(first_heading: str, pages: tuple[Page, ...]) -> set[str]:
    """Return what stands in backticks in the first column of the tables of that heading."""
    return {code for page in pages for row in page.rows(first_heading) for code in code_in(row[0])}


def all_pages() -> tuple[Page, ...]:
    """Return the pages that people read: those in docs/, and the README."""
    return (Page(ROOT / "README.md"), *(Page(path) for path in sorted(DOCS.glob("*.md"))))
