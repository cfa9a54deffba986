"""All alerts of a digest or a reminder as a text file, where its tables have no room for them."""

from collections.abc import Iterable, Sequence

from alertbridge.mail.mail import AttachedText
from alertbridge.rendering.letters.letter import Row, Section

_FILE_NAME = "alerts.txt"
_ROWS_AT_MOST = 10_000


def whole_list(sections: Sequence[Section]) -> tuple[str, AttachedText]:
    """Return what to say of the file, and the file: the tables of *sections*, which leave nothing out."""
    tables = [(section.title, section.table.rows) for section in sections if section.table is not None]
    count = sum(len(rows) for _, rows in tables)
    lines = [line for title, rows in tables for line in (title.upper(), *_lines(rows), "")]
    said = f"The attached {_FILE_NAME} lists all {count} alerts."
    return said, AttachedText(name=_FILE_NAME, text="\n".join(lines).rstrip() + "\n")


def _lines(rows: Sequence[Row]) -> Iterable[str]:
    for row in rows[:_ROWS_AT_MOST]:
        yield "  ".join(row.cells)
        if row.note:
            yield f"    {row.note}"
    if len(rows) > _ROWS_AT_MOST:
        yield f"and {len(rows) - _ROWS_AT_MOST} more"
