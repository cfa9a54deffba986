from pathlib import Path

import pytest

from bench.figures import Row, Verdict
from bench.report import as_markdown, as_text, is_finding, with_figures

PAGE = Path(__file__).parents[2] / "docs/performance.md"
MET = Row(what="a scan", against="C | asm", mark="<= 1x", figure="0.5x", verdict=Verdict.MET)
MISSED = Row(what="memory", against="--", mark="<= 45 MB", figure="50 MB", verdict=Verdict.MISSED)
LEFT_OUT = Row(what="cost", against="a peer", mark="<= 1x", figure="not here", verdict=Verdict.LEFT_OUT)


def test_lines_up_the_table_for_a_terminal():
    assert as_text([MET, MISSED]).splitlines() == [
        "what    against  mark      figure  verdict",
        "------  -------  --------  ------  -------",
        "a scan  C | asm  <= 1x     0.5x    met",
        "memory  --       <= 45 MB  50 MB   MISSED",
    ]


def test_writes_the_table_in_markdown():
    assert as_markdown([MET]).splitlines() == [
        "| what | against | mark | figure | verdict |",
        "| --- | --- | --- | --- | --- |",
        "| a scan | C \\| asm | <= 1x | 0.5x | met |",
    ]


@pytest.mark.parametrize(("rows", "missed"), [([MET], 0), ([MET, MISSED], 1), ([LEFT_OUT], 0), ([], 0)])
def test_finds_whether_a_mark_was_missed(rows: list[Row], missed: int):
    assert is_finding(rows) == bool(missed)


def test_replaces_the_figures_of_the_page_and_nothing_else():
    page = PAGE.read_text()

    once = with_figures(page, "first figures")
    again = with_figures(once, "second figures\n")

    assert "first figures" not in again
    assert again.replace("second figures", "first figures") == once
    assert page.partition("<!--")[0] == once.partition("<!--")[0]
    assert page.rpartition("-->")[2] == once.rpartition("-->")[2]


@pytest.mark.parametrize(
    "page", ["", "<!-- figures: written by scripts/bench -->", "<!-- end of figures -->"]
)
def test_refuses_a_page_without_a_place_for_figures(page: str):
    with pytest.raises(ValueError, match="no lines"):
        with_figures(page, "figures")
