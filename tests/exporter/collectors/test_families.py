import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric

from exporter.collectors.family import Family
from exporter.collectors.registry import FAMILIES
from exporter.scrape.exposition import as_text
from tests.programs import program_or_skip

DOCS = Path(__file__).parents[3] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| (.*) \|$", re.MULTILINE)


def test_every_family_is_documented_and_every_documented_one_is_there():
    documented = ROW.findall(DOCS.read_text())

    table = [(f.name, f.kind, ", ".join(f"`{label}`" for label in f.labels), f.help) for f in FAMILIES]
    assert sorted(documented) == sorted(table)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_says_what_it_is_and_why_it_is_bounded(family: Family):
    suffix = {"counter": "_total", "info": "_info", "gauge": ""}[family.kind]

    assert family.name.startswith(("marax_", "process_"))
    assert family.name.endswith(suffix)
    assert family.kind == "counter" or not family.name.endswith("_total")
    assert family.help.endswith(".")
    assert all(family.labels.values())


def test_no_name_is_taken_twice():
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_promtool_has_nothing_to_say_about_them():
    promtool = program_or_skip("promtool")
    exposition = as_text([family.by({tuple(family.labels): 1}) for family in FAMILIES])

    said = subprocess.run([promtool, "check", "metrics"], input=exposition, capture_output=True, check=False)

    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")


def family(kind="gauge", **labels: str) -> Family:
    return Family(
        name="marax_x_total" if kind == "counter" else "marax_x", kind=kind, help="X.", labels=labels
    )


def lines(metric: Metric) -> list[str]:
    return as_text([metric]).decode().splitlines()


def test_exposes_a_value_under_its_full_name():
    assert lines(family("counter").of(3)) == [
        "# HELP marax_x_total X.",
        "# TYPE marax_x_total counter",
        "marax_x_total 3.0",
    ]


def test_exposes_a_sample_for_each_tuple_of_label_values():
    metric = family(a="few", b="few").by({("1", "2"): 3, ("4", ""): 5})

    assert lines(metric)[2:] == ['marax_x{a="1",b="2"} 3.0', 'marax_x{a="4"} 5.0']


def test_refuses_label_values_that_do_not_fit_the_labels():
    with pytest.raises(ValueError, match="shorter"):
        family(a="few", b="few").by({("1",): 3})


@pytest.mark.parametrize(
    "text", ['quote " and \\', "new\nline", "\x00\x1b[31m", "naïve", "broken \udcff byte"]
)
def test_exposes_any_text_as_a_label_value(text: str):
    assert len(lines(family(a="few").by({(text,): 1}))) == 3
