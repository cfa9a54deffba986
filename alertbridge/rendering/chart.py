"""The chart of a history as a picture without words, right on a light ground and on a dark one.

It is twice as wide as it shows, for screens of high density; what it means stands around it as text.
"""

import math
from collections.abc import Iterator, Sequence
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
    pixels = bytearray(WIDTH * HEIGHT)  # column after column, for lines are drawn in columns
    for gap in curves.gaps:
        _shade(pixels, *(round(curves.place(moment) * WIDTH) for moment in gap))
    for ratio in _GRID_RATIOS:
        for row in range(round(_y(ratio)) - _GRID_HEIGHT // 2, round(_y(ratio)) + _GRID_HEIGHT // 2):
            pixels[row::HEIGHT] = bytes([_GRID]) * WIDTH
    for stretches, inks in ((curves.memory, _MEMORY_INKS), (curves.cpu, _CPU_INKS)):
        for stretch in stretches:
            pens = [_Pen(curves.place(point.unix_seconds) * WIDTH, _y(point.ratio)) for point in stretch]
            _draw(pixels, pens, inks)
    rows = b"".join(pixels[row::HEIGHT] for row in range(HEIGHT))
    return indexed_png(rows, WIDTH, _PALETTE)


class _Pen(NamedTuple):
    """A point in pixels, from the upper left corner."""

    x: float
    y: float


def _y(ratio: float) -> float:
    return _MARGIN + (1 - ratio) * (HEIGHT - 2 * _MARGIN)


def _shade(pixels: bytearray, left: int, right: int) -> None:
    """Shade the columns from *left* to *right*; the moment when data ended is a line, if it can be seen."""
    top, bottom = round(_y(1.0)), round(_y(0.0))
    for column in range(left, right):
        is_edge = 0 < left <= column < left + _GRID_HEIGHT
        colour = bytes([_GAP_EDGE if is_edge else _GAP])
        pixels[column * HEIGHT + top : column * HEIGHT + bottom] = colour * (bottom - top)


def _draw(pixels: bytearray, pens: Sequence[_Pen], inks: Sequence[bytes]) -> None:
    for column, first, end in _strips(_wide_enough(pens)):
        start = column // _COLUMNS * HEIGHT
        above, top = start + first // _ROWS, start - (-first // _ROWS)
        bottom = start + end // _ROWS
        if top > bottom:  # all within one pixel
            pixels[bottom] = inks[end - first][pixels[bottom]]
            continue
        pixels[above] = inks[-first % _ROWS][pixels[above]]
        pixels[top:bottom] = pixels[top:bottom].translate(inks[_ROWS])
        pixels[bottom] = inks[end % _ROWS][pixels[bottom]]


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
        top, bottom = min(left.y, right.y) - _HALF_LINE, max(left.y, right.y) + _HALF_LINE
        columns = range(round(left.x * _COLUMNS), round(right.x * _COLUMNS))
        if not columns:  # within one of them, which the line then covers from its lowest to its highest
            yield min(columns.start, WIDTH * _COLUMNS - 1), round(top * _ROWS), round(bottom * _ROWS)
            continue
        slope = (right.y - left.y) / (right.x - left.x)
        reach = _HALF_LINE * math.hypot(1, slope)
        for column in columns:
            y = left.y + slope * ((column + 0.5) / _COLUMNS - left.x)
            yield column, round(max(y - reach, top) * _ROWS), round(min(y + reach, bottom) * _ROWS)


def _inks(faintest: int) -> list[bytes]:
    """Return, by how many fine rows more are covered, which shade a pixel takes, by its shade before."""
    fullest = faintest + _FULL - 1
    return [
        bytes(
            min(max(shade, faintest - 1) + count, fullest) if count else shade for shade in range(fullest + 1)
        ).ljust(256, b"\0")
        for count in range(_ROWS + 1)
    ]


def _shades(red: int, green: int, blue: int) -> list[Colour]:
    return [Colour(red, green, blue, 255 * count // _FULL) for count in range(1, _FULL + 1)]


_MEMORY_INKS, _CPU_INKS = _inks(_MEMORY), _inks(_CPU)
_PALETTE = (
    Colour(0, 0, 0, 0),
    Colour(*_GREY, 90),
    Colour(*_GAP_COLOUR, 56),
    Colour(*_GAP_COLOUR, 255),
    *_shades(*_MEMORY_COLOUR),
    *_shades(*_CPU_COLOUR),
)
