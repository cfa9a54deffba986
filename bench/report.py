"""The table of figures as text and as a part of docs/performance.md; no I/O."""

from collections.abc import Sequence

from bench.figures import Row, Verdict

_TITLES = ("what", "against", "mark", "figure", "verdict")
_BEGIN, _END = "<!-- figures: written by scripts/bench -->", "<!-- end of figures -->"


def as_text(rows: Sequence[Row]) -> str:
    """Return *rows* as a table for a terminal."""
    lines = [_TITLES, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_TITLES))]
    ruled = [lines[0], tuple("-" * width for width in widths), *lines[1:]]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in ruled
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """Return *rows* as a table in Markdown."""
    lines = [_TITLES, ("---",) * len(_TITLES), *map(_cells, rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def with_figures(page: str, figures: str) -> str:
    """Return *page* with what stands between its two marks replaced by *figures*.

    Raises:
        ValueError: The page does not hold the marks.
    """
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"no lines {_BEGIN!r} and {_END!r}")
    return f"{before}{begin}\n\n{figures.strip()}\n\n{end}{after}"


def is_finding(rows: Sequence[Row]) -> bool:
    """Return whether a mark was missed."""
    return any(row.verdict is Verdict.MISSED for row in rows)


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.against, row.mark, row.figure, row.verdict.value
