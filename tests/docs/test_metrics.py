"""Every metric that a running bridge publishes is documented, and every documented one is published."""

import re
from pathlib import Path

import pytest

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import Served, Settings
from tests.docs.pages import code_in
from tests.docs.programs import BRIDGE
from tests.waiting import wait_until

HELP = re.compile(r"^# HELP (\w+) (.*)$", re.MULTILINE)
TYPE = re.compile(r"^# TYPE (\w+) (\w+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="')

Row = tuple[str, str, tuple[str, ...], str]


def published(exposition: str) -> list[Row]:
    """Return name, type, labels and help of every family in *exposition*."""
    types = dict(TYPE.findall(exposition))
    rows = []
    for name, text in HELP.findall(exposition):
        samples = re.findall(rf"^{name}(?:_bucket)?(?:\{{(.*)\}})? ", exposition, re.MULTILINE)
        labels = {label for sample in samples for label in LABEL.findall(sample)} - {"le"}
        rows.append((name, types[name], tuple(sorted(labels)), text))
    return sorted(rows)


def documented_rows() -> list[Row]:
    rows = [row for page in BRIDGE.pages for row in page.rows("metric")]
    return sorted(
        (name.strip("`"), kind, tuple(sorted(code_in(labels))), meaning)
        for name, kind, labels, meaning in rows
    )


@pytest.mark.system
def test_every_metric_of_the_bridge_is_documented_and_every_documented_one_is_there(tmp_path: Path):
    bridge = Served(Settings(tmp_path))
    try:
        bridge.post(payload_of(an_alert()))
        wait_until(lambda: "mail accepted by provider" in bridge.log)

        assert documented_rows() == published(bridge.get("/metrics"))
    finally:
        bridge.kill()
