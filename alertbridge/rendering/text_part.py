"""A letter printed as plain text, 72 columns wide."""

import textwrap
from collections.abc import Iterator, Sequence

from alertbridge.rendering.letters.last_hour import MARKS, NO_MARK
from alertbridge.rendering.letters.letter import Chart, Figure, Letter, Section, Step, Table

_WIDTH = 72
_GAP = "  "
_LEAST_COLUMN = 6
_NO_BREAK = "\N{NO-BREAK SPACE}"


def text_of(letter: Letter) -> str:
    """Return *letter* as text; only commands, links and words longer than a line may pass 72 columns."""
    head = [f"[{letter.kind}] {letter.headline}", letter.lead, *letter.lines]
    blocks = [_paragraphs(head), *(_section(section) for section in letter.sections)]
    foot = ["-" * _WIDTH, *_paragraphs(letter.footer)]
    return "\n\n".join("\n".join(block) for block in [*blocks, foot]) + "\n"


def _section(section: Section) -> list[str]:
    lines = [section.title.upper(), *_paragraphs(section.lines)]
    if section.quote:
        lines += _wrapped(section.quote, indent="  ")
    lines += _figures(section.figures)
    if section.chart is not None:
        lines += _chart(section.chart)
    if section.table is not None:
        lines += _table(section.table)
    return [*lines, *_steps(section.steps), *(f"{link.label}: {link.url}" for link in section.links)]


def _paragraphs(paragraphs: Sequence[str]) -> list[str]:
    return [line for paragraph in paragraphs for line in _wrapped(paragraph)]


def _wrapped(text: str, indent: str = "", first_indent: str | None = None) -> list[str]:
    """Return *text* as lines, with its own line breaks; a percent sign stays with its number."""
    lines: list[str] = []
    for part in text.split("\n"):
        wrapped = textwrap.wrap(
            part.replace(" %", f"{_NO_BREAK}%"),
            _WIDTH,
            initial_indent=indent if lines or first_indent is None else first_indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines += wrapped or ([""] if lines else [])
    return [line.replace(_NO_BREAK, " ") for line in lines]


def _figures(figures: Sequence[Figure]) -> list[str]:
    width = max((len(figure.label) for figure in figures), default=0)
    return [f"{figure.label:<{width}}{_GAP}{figure.value} {figure.detail}".rstrip() for figure in figures]


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    """Yield the steps, numbered unless there is but one."""
    for number, step in enumerate(steps, start=1):
        mark = f"{number}. " if len(steps) > 1 else ""
        yield from _wrapped(step.text, indent=" " * len(mark), first_indent=mark)
        if step.command:
            yield f"     {step.command}"


def _chart(chart: Chart) -> list[str]:
    is_whole = all(NO_MARK not in sketch.marks for sketch in chart.sketches)
    key = f"{MARKS[0]} 0 %, {MARKS[-1]} 100 %{'' if is_whole else f', {NO_MARK} no data'}"
    start, middle, end = chart.times
    labels = max(len(sketch.label) for sketch in chart.sketches)
    marks = max(len(sketch.marks) for sketch in chart.sketches)
    room = marks - len(start) - len(end)
    return [
        *(f"{sketch.label:<{labels}}{_GAP}{sketch.marks}" for sketch in chart.sketches),
        f"{'':<{labels}}{_GAP}{start}{middle:^{room}}{end}",
        f"{key}; {chart.last_seen}" if chart.last_seen else key,
        *_wrapped(chart.words),
    ]


def _table(table: Table) -> list[str]:
    head = tuple(column.title for column in table.columns)
    widths = _column_widths([head, *(row.cells for row in table.rows)])
    lines = list(_row(table, head, widths)) if any(head) else []
    for row in table.rows:
        lines += _row(table, row.cells, widths)
        lines += _wrapped(row.note, indent="    ")
    return [*lines, table.more] if table.more else lines


def _column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return each column's width: that of its widest cell, the widest columns cut until all of them fit."""
    widths = [max(_cell_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    room = _WIDTH - len(_GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _LEAST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    return widths


def _cell_width(cell: str) -> int:
    return max(1, *map(len, cell.split("\n")))


def _row(table: Table, cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield one row; a cell wider than its column goes on in the next line."""
    folded = [
        [
            line
            for part in cell.split("\n")
            for line in textwrap.wrap(part, width, break_on_hyphens=False) or [""]
        ]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for number in range(max(len(cell) for cell in folded)):
        parts = [cell[number] if number < len(cell) else "" for cell in folded]
        aligned = [
            f"{part:>{width}}" if column.is_number else f"{part:<{width}}"
            for part, width, column in zip(parts, widths, table.columns, strict=True)
        ]
        yield _GAP.join(aligned).rstrip()
