"""The files of `deploy/`, brought to the addresses and timings of one stack; all else as it is shipped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from marax.settings.durations import Seconds
from scripts.stack.timings import Timings, prometheus_duration

DEPLOY = Path(__file__).parents[2] / "deploy"

_ABOUT_HOSTS_DOWN = frozenset({"FleetDown", "HostDown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one stack differs from the machines that `deploy/` is written for.

    Attributes:
        addresses: Of Prometheus, Alertmanager and the bridge, by the address that each has in `deploy/`.
        token_file: Holds the token of the bridge's webhook.
    """

    addresses: Mapping[str, str]
    token_file: Path


def lay_out(folder: Path, place: Place, timings: Timings) -> None:
    """Write prometheus.yml, rules/*.yml and alertmanager.yml into *folder*, as in /etc/prometheus."""
    (folder / "rules").mkdir(parents=True)
    _write(folder / "prometheus.yml", prometheus_config(_read(DEPLOY / "prometheus.yml"), place, timings))
    _write(
        folder / "alertmanager.yml", alertmanager_config(_read(DEPLOY / "alertmanager.yml"), place, timings)
    )
    rules = {path.name: _read(path) for path in sorted((DEPLOY / "rules").glob("*.yml"))}
    ratio = timings.for_seconds / _patience_seconds("HostDown", rules.values())
    for name, shipped in rules.items():
        _write(folder / "rules" / name, hastened_rules(shipped, ratio))


def prometheus_config(shipped: dict[str, Any], place: Place, timings: Timings) -> dict[str, Any]:
    """Return Prometheus' settings: the shipped ones with the stack's intervals, addresses and paths."""
    placed: dict[str, Any] = _placed(shipped, place)
    placed["global"] |= {
        "scrape_interval": prometheus_duration(timings.scrape_interval_seconds),
        "scrape_timeout": prometheus_duration(timings.scrape_timeout_seconds),
        "evaluation_interval": prometheus_duration(timings.evaluation_interval_seconds),
    }
    return placed


def alertmanager_config(shipped: dict[str, Any], place: Place, timings: Timings) -> dict[str, Any]:
    """Return Alertmanager's settings: the shipped ones with the stack's patience, addresses and paths."""
    placed: dict[str, Any] = _placed(shipped, place)
    interval_seconds = Seconds.from_setting(placed["route"]["group_interval"])
    return placed | {"route": _hastened_route(placed["route"], interval_seconds, timings)}


def hastened_rules(shipped: dict[str, Any], ratio: float) -> dict[str, Any]:
    """Return a rules file whose rules about hosts being down wait *ratio* times as long.

    The others keep their time: a busy machine would otherwise add alerts of its own, such as HighCpu.
    """
    groups = [
        group | {"rules": [_hastened_rule(rule, ratio) for rule in group["rules"]]}
        for group in shipped["groups"]
    ]
    return shipped | {"groups": groups}


def _hastened_rule(rule: dict[str, Any], ratio: float) -> dict[str, Any]:
    if rule.get("alert") not in _ABOUT_HOSTS_DOWN:
        return rule
    waits = {key: rule[key] for key in ("for", "keep_firing_for") if key in rule}
    return rule | {
        key: prometheus_duration(Seconds.from_setting(wait) * ratio) for key, wait in waits.items()
    }


def _hastened_route(route: dict[str, Any], inherited_seconds: float, timings: Timings) -> dict[str, Any]:
    hastened = dict(route)
    interval_seconds = (
        Seconds.from_setting(route["group_interval"]) if "group_interval" in route else inherited_seconds
    )
    if "group_wait" in route:
        wait_seconds = min(Seconds.from_setting(route["group_wait"]), timings.group_wait_seconds)
        hastened["group_wait"] = prometheus_duration(wait_seconds)
    if "group_interval" in route:
        hastened["group_interval"] = prometheus_duration(timings.group_interval_seconds)
    if "repeat_interval" in route:
        repeats = Seconds.from_setting(route["repeat_interval"]) / interval_seconds
        hastened["repeat_interval"] = prometheus_duration(repeats * timings.group_interval_seconds)
    if "routes" in route:
        hastened["routes"] = [_hastened_route(child, interval_seconds, timings) for child in route["routes"]]
    return hastened


def _placed(node: Any, place: Place) -> Any:
    if isinstance(node, dict):
        placed = {key: _placed(value, place) for key, value in node.items()}
        return placed | ({"credentials_file": str(place.token_file)} if "credentials_file" in node else {})
    if isinstance(node, list):
        return [_placed(element, place) for element in node]
    if isinstance(node, str):
        for shipped, own in place.addresses.items():
            node = node.replace(shipped, own)
    return node


def _patience_seconds(alert: str, rules: Iterable[dict[str, Any]]) -> float:
    (patience,) = (
        rule["for"]
        for shipped in rules
        for group in shipped["groups"]
        for rule in group["rules"]
        if rule.get("alert") == alert
    )
    return Seconds.from_setting(patience)


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False))
