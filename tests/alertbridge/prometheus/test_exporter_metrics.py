"""The two programs share no code: what one reads is held here to what the other publishes."""

import re
from pathlib import Path

from alertbridge.prometheus import exporter_metrics
from alertbridge.prometheus.exporter_metrics import BOOT, HOST_COLLECTORS, TOP_PROCESSES, VALUES
from exporter.collectors.registry import COLLECTORS, FAMILIES

BRIDGE = Path(__file__).parents[3] / "alertbridge"
PUBLISHED = {family.name: family for family in FAMILIES}


def test_the_exporter_publishes_what_the_bridge_reads():
    assert {*VALUES, *BOOT, *TOP_PROCESSES} <= PUBLISHED.keys()
    assert all({"pid", "name"} <= PUBLISHED[name].labels.keys() for name in TOP_PROCESSES)


def test_the_collectors_that_a_report_asks_offer_what_it_needs():
    asked = [collector for collector in COLLECTORS if collector.name in HOST_COLLECTORS]

    assert {collector.name for collector in asked} == set(HOST_COLLECTORS)
    assert {*VALUES, *BOOT} <= {family.name for collector in asked for family in collector.families}


def test_no_other_module_of_the_bridge_names_one():
    own = Path(exporter_metrics.__file__)
    others = [path for path in BRIDGE.rglob("*.py") if path != own]

    named = {name for path in others for name in re.findall(r"\bmarax_\w+", path.read_text())}

    assert named & PUBLISHED.keys() == set()
