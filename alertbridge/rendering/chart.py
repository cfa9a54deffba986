"""The chart of a history as a picture without words, right on a light ground and on a dark one.

It is twice as wide as it shows, for screens of high density; what it means stands around it as text.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from alertbridge.rendering.curves import Curves
from alertbridge.rendering.png import Colour, indexed_png

WIDTH = 1200
HEIGHT = 360
# as the legend has them; their contrast is at least 3:1 on white and on #1b222b
_CPU_COLOUR = (0xE0, 0x53, 0x1F)
_MEMORY_COLOUR = (0x5B, 0x8D, 0xEF)
_GAP_COLOUR = (0xD1, 0x24, 0x2F)
_GREY = (0x8B, 0x94, 0x9E)

_COLUMNS, _ROWS = 2, 4  # within each pixel, whose shade says how many of all of them a line covers
_FULL = _COLUMNS * _ROWS
_HALF_LINE = 2.0
_MARGIN = 4
_GRID_RATIOS = (0.0, 0.25, 0.5, 0.75, 1.0)
_GRID_HEIGHT = 2

# places in the palette
_GROUND, _GRID, _GAP, _GAP_EDGE, _MEMORY = range(5)  # memory's first shade is its faintest
_CPU = _MEMORY + _FULL


def chart_png(curves: Curves) -> bytes:
    """Return *curves* as a PNG of 1200 x 360 pixels: memory below CPU, gaps shaded, a grid at each 25 %."""
    pixels = bytearray(WIDTH * HEIGHT)
    for gap in curves.gaps:
        _shade(pixels, *(round(curves.place(moment) * WIDTH) for moment in gap))
    for ratio in _GRID_RATIOS:
        top = round(_y(ratio)) - _GRID_HEIGHT // 2
        _fill(pixels, range(top, top + _GRID_HEIGHT), range(WIDTH), _GRID)
    for stretches, first_shade in ((curves.memory, _MEMORY), (curves.cpu, _CPU)):
        for stretch in stretches:
            pens = [_Pen(curves.place(point.unix_seconds) * WIDTH, _y(point.ratio)) for point in stretch]
            _draw(pixels, pens, first_shade)
    return indexed_png(bytes(pixels), WIDTH, _PALETTE)


class _Pen(NamedTuple):
    """A point in pixels, from the upper left corner."""

    x: float
    y: float


def _y(ratio: float) -> float:
    return _MARGIN + (1 - ratio) * (HEIGHT - 2 * _MARGIN)


def _shade(pixels: bytearray, left: int, right: int) -> None:
    rows = range(round(_y(1.0)), round(_y(0.0)))
    _fill(pixels, rows, range(left, right), _GAP)
    if left > 0:
        _fill(pixels, rows, range(left, min(left + _GRID_HEIGHT, right)), _GAP_EDGE)


def _fill(pixels: bytearray, rows: Iterable[int], columns: range, colour: int) -> None:
    for row in rows:
        at = row * WIDTH
        pixels[at + columns.start : at + columns.stop] = bytes([colour]) * len(columns)


def _draw(pixels: bytearray, pens: Sequence[_Pen], first_shade: int) -> None:
    covered: defaultdict[int, int] = defaultdict(int)
    for column, first, end in _strips(_wide_enough(pens)):
        top, bottom = (row // _ROWS * WIDTH + column // _COLUMNS for row in (first, end))
        for at in range(top, bottom, WIDTH):
            covered[at] += _ROWS
        covered[top] -= first % _ROWS
        covered[bottom] += end % _ROWS
    for at, count in covered.items():
        if count:
            pixels[at] = max(pixels[at], first_shade + count - 1)


def _wide_enough(pens: Sequence[_Pen]) -> Sequence[_Pen]:
    """Return *pens*, or a dot where they would be narrower than the line is thick."""
    last = pens[-1]
    if last.x - pens[0].x >= 2 * _HALF_LINE:
        return pens
    middle = min(max(last.x, _HALF_LINE), WIDTH - _HALF_LINE)
    return _Pen(middle - _HALF_LINE, last.y), _Pen(middle + _HALF_LINE, last.y)


def _strips(pens: Sequence[_Pen]) -> Iterator[tuple[int, int, int]]:
    """Yield what the line covers: each fine column, the first fine row in it and the one after the last."""
    for left, right in pairwise(pens):
        columns = range(round(left.x * _COLUMNS), round(right.x * _COLUMNS))
        if not columns:
            continue
        slope = (right.y - left.y) / (right.x - left.x)
        reach = _HALF_LINE * math.hypot(1, slope)
        top, bottom = min(left.y, right.y) - _HALF_LINE, max(left.y, right.y) + _HALF_LINE
        for column in columns:
            y = left.y + slope * ((column + 0.5) / _COLUMNS - left.x)
            yield column, round(max(y - reach, top) * _ROWS), round(min(y + reach, bottom) * _ROWS)


def _shades(red: int, green: int, blue: int) -> list[Colour]:
    return [Colour(red, green, blue, 255 * count // _FULL) for count in range(1, _FULL + 1)]


_PALETTE = (
    Colour(0, 0, 0, 0),
    Colour(*_GREY, 90),
    Colour(*_GAP_COLOUR, 56),
    Colour(*_GAP_COLOUR, 255),
    *_shades(*_MEMORY_COLOUR),
    *_shades(*_CPU_COLOUR),
)
