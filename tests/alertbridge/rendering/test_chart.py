"""The chart, looked at pixel by pixel."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertbridge.rendering.chart import HEIGHT, WIDTH, chart_png
from alertbridge.rendering.curves import Curves, Gap, Point, Stretch
from alertbridge.rendering.png import Colour
from tests.alertbridge.rendering.pictures import Picture, read_png

CPU = (0xE0, 0x53, 0x1F)
MEMORY = (0x5B, 0x8D, 0xEF)
NO_DATA = (0xD1, 0x24, 0x2F)
LIGHT, DARK = (255, 255, 255), (0x1B, 0x22, 0x2B)
START, END = 1000.0, 4600.0
MIDDLE = (START + END) / 2


def look_at(*, cpu: tuple[Stretch, ...] = (), memory: tuple[Stretch, ...] = (), gaps=()) -> Picture:
    curves = Curves(
        start_unix_seconds=START,
        end_unix_seconds=END,
        cpu=cpu,
        memory=memory,
        first_scrape_unix_seconds=START,
        gaps=gaps,
    )
    return read_png(chart_png(curves))


def rows_of(colour: tuple[int, int, int], column: list[Colour]) -> list[int]:
    return [row for row, pixel in enumerate(column) if pixel[:3] == colour and pixel.alpha > 0]


def test_is_twice_as_large_as_it_shows_and_its_ground_lets_all_through():
    picture = look_at()

    assert (len(picture.rows[0]), len(picture.rows)) == (WIDTH, HEIGHT) == (1200, 360)
    assert {pixel.alpha for pixel in picture.rows[50]} == {0}


def test_draws_a_grid_at_each_quarter():
    grid = [row for row, pixel in enumerate(look_at().column(600)) if pixel.alpha]

    assert grid == [3, 4, 91, 92, 179, 180, 267, 268, 355, 356]


@pytest.mark.parametrize(("ratio", "middle"), [(0.0, 356), (0.5, 180), (1.0, 4), (0.9, 39.2)])
def test_draws_a_level_line_at_its_height_from_edge_to_edge(ratio, middle):
    line = [Point(START, ratio), Point(END, ratio)]

    picture = look_at(cpu=(line,))

    for at in (0, 600, WIDTH - 1):
        rows = rows_of(CPU, picture.column(at))
        assert 4 <= len(rows) <= 5
        assert abs(sum(rows) / len(rows) + 0.5 - middle) < 0.5


def test_draws_a_rising_line_with_soft_edges():
    picture = look_at(memory=([Point(START, 0.0), Point(END, 1.0)],))

    alphas = {pixel.alpha for row in picture.rows for pixel in row if pixel[:3] == MEMORY}

    assert len(alphas) > 4
    assert max(alphas) == 255
    assert rows_of(MEMORY, picture.column(300))[0] > rows_of(MEMORY, picture.column(900))[0]


def test_draws_a_steep_line_without_a_break():
    picture = look_at(cpu=([Point(START, 0.0), Point(MIDDLE, 0.0), Point(MIDDLE + 3, 1.0), Point(END, 1.0)],))

    columns = range(598, 604)
    inked = {row for at in columns for row in rows_of(CPU, picture.column(at))}

    assert inked >= set(range(3, 357))


def test_loses_no_peak_between_two_columns():
    line = [Point(START + second, 1.0 if second == 1801 else 0.1) for second in range(3600)]

    picture = look_at(cpu=(line,))

    assert any(rows_of(CPU, picture.column(at))[0] <= 4 for at in range(599, 603))


def test_leaves_a_gap_empty_of_lines_and_shades_it():
    before = [Point(START, 0.5), Point(START + 900, 0.5)]
    after = [Point(START + 1800, 0.5), Point(END, 0.5)]

    picture = look_at(cpu=(before, after), gaps=(Gap(START + 900, START + 1800),))

    assert rows_of(CPU, picture.column(450)) == []
    assert len(rows_of(NO_DATA, picture.column(450))) > 330
    assert rows_of(NO_DATA, picture.column(299)) == rows_of(NO_DATA, picture.column(600)) == []
    assert [picture.rows[50][at].alpha for at in (300, 301, 302, 599)] == [255, 255, 56, 56]


def test_does_not_mark_as_a_death_what_began_before_the_picture():
    picture = look_at(gaps=(Gap(START, MIDDLE),))

    assert picture.rows[50][0].alpha == 56


@pytest.mark.parametrize("moment", [START, MIDDLE, END])
@pytest.mark.parametrize("length", [0.0, 1.0])
def test_draws_a_dot_where_there_is_no_more(moment, length):
    stretch = [Point(moment, 0.9)] if not length else [Point(moment - 1, 0.9), Point(moment, 0.9)]

    picture = look_at(cpu=(stretch,))

    inked = [at for at in range(WIDTH) if rows_of(CPU, picture.column(at))]
    assert len(inked) == 4
    assert inked == list(range(inked[0], inked[0] + 4))


def test_draws_cpu_over_memory():
    line = [Point(START, 0.9), Point(END, 0.9)]

    column = look_at(cpu=(line,), memory=(line,)).column(600)

    assert rows_of(CPU, column)
    assert rows_of(MEMORY, column) == []


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize("line", [CPU, MEMORY])
def test_lines_stand_out_from_a_light_ground_and_from_a_dark_one(line, ground):
    brighter, darker = sorted(map(luminance, (line, ground)), reverse=True)

    assert (brighter + 0.05) / (darker + 0.05) >= 3  # WCAG 2.2, 1.4.11


ratios = st.floats(min_value=0, max_value=1)
moments = st.floats(min_value=START, max_value=END) | st.sampled_from([START, END, MIDDLE])


@given(st.lists(st.tuples(moments, ratios), min_size=1, max_size=8, unique_by=lambda point: point[0]))
@settings(max_examples=20, deadline=None)
def test_ink_stays_between_the_least_and_the_most(points):
    stretch = [Point(*point) for point in sorted(points)]

    picture = look_at(cpu=(stretch,))

    least, most = min(point.ratio for point in stretch), max(point.ratio for point in stretch)
    inked = [number for number, row in enumerate(picture.rows) if any(pixel[:3] == CPU for pixel in row)]
    assert inked
    assert 4 + (1 - most) * 352 - 3.5 <= inked[0] <= inked[-1] <= 4 + (1 - least) * 352 + 2.5


def luminance(colour: tuple[int, int, int]) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    parts = [value / 255 for value in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
