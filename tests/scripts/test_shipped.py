"""The files of `deploy/`, brought to one stack: what changes, and that nothing else does."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from marax.settings.durations import Seconds
from scripts.stack.shipped import (
    DEPLOY,
    Place,
    alertmanager_config,
    hastened_rules,
    lay_out,
    prometheus_config,
)
from scripts.stack.timings import Timings

PLACE = Place(
    addresses={"127.0.0.1:9090": "P:1", "127.0.0.1:9093": "A:2", "127.0.0.1:9878": "B:3"},
    token_file=Path("/own/token"),
)


def shipped(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text())
    return loaded


def rules_of(path: Path) -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(path.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def seconds(duration: str) -> float:
    return Seconds.from_setting(duration)


def test_prometheus_asks_and_evaluates_as_fast_as_the_stack_lives():
    timings = Timings(scrape_interval_seconds=3, scrape_timeout_seconds=2.5, evaluation_interval_seconds=0.5)

    config = prometheus_config(shipped("prometheus.yml"), PLACE, timings)

    intervals = [
        config["global"][key] for key in ("scrape_interval", "scrape_timeout", "evaluation_interval")
    ]
    assert intervals == ["3000ms", "2500ms", "500ms"]


@pytest.mark.parametrize(
    ("name", "placed", "expected"),
    [
        ("prometheus.yml", prometheus_config, {"P:1", "A:2", "B:3"}),
        ("alertmanager.yml", alertmanager_config, {"B:3", "/own/token"}),
    ],
)
def test_no_address_or_path_of_another_machine_is_left(name, placed, expected):
    text = yaml.safe_dump(placed(shipped(name), PLACE, Timings()))

    assert "127.0.0.1" not in text
    assert "/etc/" not in text
    assert all(part in text for part in expected)


def test_every_route_is_as_patient_as_the_stack_and_repeats_as_often_as_shipped():
    route = {
        "group_wait": "10s",
        "group_interval": "1m",
        "repeat_interval": "4h",
        "routes": [{"group_wait": "0s", "repeat_interval": "30s"}],
    }

    config = alertmanager_config({"route": route}, PLACE, Timings())

    child = {"group_wait": "0ms", "repeat_interval": "1000ms"}
    expected = {"group_wait": "1000ms", "group_interval": "2000ms", "repeat_interval": "480000ms"}
    assert config == {"route": expected | {"routes": [child]}}


def test_the_shipped_rules_keep_who_outlasts_whom(tmp_path):
    lay_out(tmp_path / "prometheus", PLACE, Timings(for_seconds=2))

    rules = rules_of(tmp_path / "prometheus" / "rules" / "hosts.yml")
    host, fleet = rules["HostDown"], rules["FleetDown"]
    assert seconds(host["for"]) == 2
    assert seconds(fleet["for"]) <= seconds(host["for"])
    assert seconds(fleet["keep_firing_for"]) > seconds(host["keep_firing_for"])


def test_what_is_not_about_hosts_down_is_left_as_shipped():
    rule = {"alert": "HighCpu", "expr": "x > 1", "for": "15m"}
    record = {"record": "a:b", "expr": "x"}

    hastened = hastened_rules({"groups": [{"name": "g", "rules": [rule, record]}]}, ratio=0.1)

    assert hastened == {"groups": [{"name": "g", "rules": [rule, record]}]}


def test_all_files_of_rules_are_laid_out(tmp_path):
    lay_out(tmp_path / "prometheus", PLACE, Timings())

    laid_out = {path.name for path in (tmp_path / "prometheus" / "rules").iterdir()}
    assert laid_out == {path.name for path in (DEPLOY / "rules").glob("*.yml")}
