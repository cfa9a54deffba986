"""deploy/rules: what promtool says of them, and whether their unit tests would notice a change.

The unit tests are `tests/deploy/rules/*.yml`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.collectors.registry import FAMILIES
from tests.deploy import shipped

UNIT_TESTS = sorted((shipped.ROOT / "tests/deploy/rules").glob("*.yml"))
RULES = shipped.rules()
EVALUATION_SECONDS = shipped.seconds(shipped.setting("prometheus.yml")["global"]["evaluation_interval"])

_THRESHOLD = re.compile(r"(?<=[<>=] )[0-9.]+")


def _mutants(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give *rule* with one threshold moved by a third or one duration by one evaluation, and say which."""
    for key in ("for", "keep_firing_for"):
        if key in rule:
            for step in (-EVALUATION_SECONDS, EVALUATION_SECONDS):
                yield f"{key}{step:+.0f}s", rule | {key: f"{shipped.seconds(rule[key]) + step:.0f}s"}
    for found in _THRESHOLD.finditer(rule["expr"]):
        threshold = float(found[0])
        if threshold not in (0, 1):  # a state rather than an amount
            for moved in (threshold * 2 / 3, threshold * 4 / 3):
                expr = rule["expr"][: found.start()] + f"{moved:g}" + rule["expr"][found.end() :]
                yield f"{found[0]}-to-{moved:g}", rule | {"expr": expr}


def _unit_tests() -> list[dict[str, Any]]:
    return [test for file in UNIT_TESTS for test in yaml.safe_load(file.read_text())["tests"]]


def _unit_tests_of(alert: str) -> list[dict[str, Any]]:
    """Return the unit tests of one alert, without their other expectations."""
    cases = [
        [case for case in test["alert_rule_test"] if case["alertname"] == alert] for test in _unit_tests()
    ]
    return [test | {"alert_rule_test": own} for test, own in zip(_unit_tests(), cases, strict=True) if own]


def run_unit_tests(folder: Path, rule: dict[str, Any]) -> None:
    """Run the unit tests of *rule* over it alone; fail the test when one of them fails."""
    rules = {"groups": [{"name": "alone", "rules": [rule]}]}
    unit_tests = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{EVALUATION_SECONDS:.0f}s",
        "tests": _unit_tests_of(rule["alert"]),
    }
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    (folder / "tests.yml").write_text(yaml.safe_dump(unit_tests))
    shipped.run("promtool", "test", "rules", folder / "tests.yml")


def _alerts_tested(*, firing: bool) -> set[str]:
    cases = [case for test in _unit_tests() for case in test["alert_rule_test"]]
    return {case["alertname"] for case in cases if bool(case["exp_alerts"]) == firing}


def test_promtool_finds_nothing_to_complain_of():
    shipped.run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *shipped.RULE_FILES)


def test_the_unit_tests_pass():
    shipped.run("promtool", "test", "rules", *UNIT_TESTS)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_passes_its_unit_tests_alone(tmp_path, rule):
    run_unit_tests(tmp_path, rule)


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=f"{alert}-{change}")
        for alert, rule in RULES.items()
        for change, mutant in _mutants(rule)
    ],
)
def test_the_unit_tests_notice_a_changed_figure(tmp_path, mutant):
    with pytest.raises(AssertionError, match="FAILED"):
        run_unit_tests(tmp_path, mutant)


def test_every_rule_is_seen_to_fire_and_not_to_fire():
    assert _alerts_tested(firing=True) == RULES.keys()
    assert _alerts_tested(firing=False) == RULES.keys() - {"Watchdog"}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_tells_people_what_they_need(rule):
    annotations = rule["annotations"]

    assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
    for_the_bridge = {"evaluated_at"} if rule["alert"] == "Watchdog" else set()
    assert annotations.keys() == {"summary", "description", "runbook_url"} | for_the_bridge
    assert all(annotations.values())
    assert annotations["runbook_url"].endswith(f"/runbook.md#{rule['alert'].lower()}")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_nothing_changes_in_what_makes_an_alert_the_same_alert(rule):
    assert not any("{{" in value for value in rule["labels"].values())
    assert "{{" not in rule["annotations"]["summary"]  # the subject of a mail thread


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_asks_only_for_metrics_that_our_programs_publish(rule):
    published = {family.name for family in FAMILIES}
    bridge = "".join(path.read_text() for path in (shipped.ROOT / "alertbridge/metrics").glob("*.py"))
    asked = re.findall(r"\b(?:marax|alertbridge)_\w+", rule["expr"])

    assert [name for name in asked if name not in published and f'"{name}"' not in bridge] == []
