"""PromQL from plain values, and Prometheus' JSON to plain values."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec


class Sample(NamedTuple):
    """A value, and when Prometheus scraped it."""

    unix_seconds: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Samples of one metric, oldest first; *labels* holds its name as `__name__`."""

    labels: Mapping[str, str]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A scrape target; *last_error* is empty when its last scrape succeeded."""

    labels: Mapping[str, str]
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotKnown:
    """Prometheus did not answer the question; *reason* says why, in words."""

    reason: str


def matcher(label: str, values: Iterable[str]) -> str:
    """Return a PromQL matcher for a *label* that is one of *values*, whatever characters they bear."""
    alternatives = "|".join(re.escape(value) for value in sorted(set(values)))
    return f"{label}=~{quoted(alternatives)}"


def quoted(text: str) -> str:
    """Return *text* as a PromQL string literal, which has all of JSON's escapes save that of the slash."""
    return json.dumps(text, ensure_ascii=False)


def read_series(body: bytes) -> tuple[Series, ...] | NotKnown:
    """Return the vector or matrix that the answer to a query holds, or that it holds none."""
    try:
        answer = _QUERY.decode(body)
        return tuple(
            Series(labels=row.metric, samples=_samples([row.value] if row.value else row.values))
            for row in answer.data.result
        )
    except _UNREADABLE:
        return _GARBAGE


def read_targets(body: bytes) -> tuple[Target, ...] | NotKnown:
    """Return the targets that the answer holds, or that it holds none."""
    try:
        answer = _TARGETS.decode(body)
    except _UNREADABLE:
        return _GARBAGE
    return tuple(Target(labels=row.labels, last_error=row.last_error) for row in answer.data.active)


def read_alertmanagers(body: bytes) -> tuple[str, ...] | NotKnown:
    """Return the URLs of the Alertmanagers that the answer holds, or that it holds none."""
    try:
        answer = _ALERTMANAGERS.decode(body)
    except _UNREADABLE:
        return _GARBAGE
    return tuple(row.url for row in answer.data.active)


class _Row(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None


class _Rows(msgspec.Struct):
    result: list[_Row]


class _QueryAnswer(msgspec.Struct):
    data: _Rows


class _ActiveTarget(msgspec.Struct):
    labels: dict[str, str]
    last_error: str = msgspec.field(name="lastError", default="")


class _Targets(msgspec.Struct):
    active: list[_ActiveTarget] = msgspec.field(name="activeTargets")


class _TargetsAnswer(msgspec.Struct):
    data: _Targets


class _ActiveAlertmanager(msgspec.Struct):
    url: str


class _Alertmanagers(msgspec.Struct):
    active: list[_ActiveAlertmanager] = msgspec.field(name="activeAlertmanagers")


class _AlertmanagersAnswer(msgspec.Struct):
    data: _Alertmanagers


_QUERY = msgspec.json.Decoder(_QueryAnswer)
_TARGETS = msgspec.json.Decoder(_TargetsAnswer)
_ALERTMANAGERS = msgspec.json.Decoder(_AlertmanagersAnswer)
_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
_GARBAGE = NotKnown(reason="invalid response")


def _samples(pairs: Iterable[tuple[float, str]]) -> tuple[Sample, ...]:
    return tuple(Sample(unix_seconds, float(value)) for unix_seconds, value in pairs)
