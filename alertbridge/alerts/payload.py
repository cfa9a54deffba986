"""The webhook body of Alertmanager, version 4, or of Grafana, version 1 -> alerts, or what is wrong with it.

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Unknown keys are ignored, as
newer Alertmanagers add some. A payload in which all is as it should be takes the fast way; any other is read
alert by alert, so that an odd one costs the others nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from alertbridge.alerts.alert import REMARK_ANNOTATION, Alert, alert_id_of
from alertbridge.alerts.grafana import with_its_annotations
from alertbridge.alerts.lenient_json import Number, read_json, text_of
from alertbridge.alerts.odd_alert import (
    ANNOTATION_LIMITS,
    LABEL_LIMITS,
    Refusal,
    are_regular,
    read_alert,
    usable_unix_seconds,
)
from alertbridge.alerts.other_bodies import what_it_is

_ALERTMANAGER, _GRAFANA = "4", "1"
_NUL = b"\\u0000"
_GZIP = b"\x1f\x8b"
_LONGEST_COUNT = 9


class PayloadError(Exception):
    """A body holds no alert; the message says why and what to do, without repeating its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What one post says.

    Attributes:
        alerts: Those that can be taken, in its order, each once.
        refused: How many cannot be taken, by the reason.
        receiver: Alertmanager's receiver, which posted it; may be empty.
        group_key: The group that all alerts are of; may be empty.
        truncated: How many alerts of that group were left out, as the receiver has a `max_alerts`.
    """

    alerts: tuple[Alert, ...]
    refused: Mapping[Refusal, int] = field(default_factory=dict)
    receiver: str = ""
    group_key: str = ""
    truncated: int = 0

    @property
    def odd(self) -> int:
        """How many of its alerts had something wrong with them."""
        return sum(REMARK_ANNOTATION in alert.annotations for alert in self.alerts)


class _Alert(msgspec.Struct):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    starts_at: datetime = msgspec.field(name="startsAt")
    ends_at: datetime | None = msgspec.field(name="endsAt", default=None)
    annotations: dict[str, str] = {}
    generator_url: str = msgspec.field(name="generatorURL", default="")


class _Message(msgspec.Struct):
    version: Literal["4"]
    alerts: list[_Alert]
    receiver: str = ""
    group_key: str = msgspec.field(name="groupKey", default="")
    truncated: Annotated[int, msgspec.Meta(ge=0, lt=10**_LONGEST_COUNT)] = msgspec.field(
        name="truncatedAlerts", default=0
    )


_decoder = msgspec.json.Decoder(_Message)


def parse_payload(body: bytes, now_unix_seconds: float) -> Payload:
    """Return what *body*, received *now*, says.

    Raises:
        PayloadError: It is not JSON, not a payload, or none of its alerts can be taken.
    """
    return _read_quickly(body, now_unix_seconds) or _read_leniently(body, now_unix_seconds)


def _read_quickly(body: bytes, now: float) -> Payload | None:
    """Return what *body* says; None if anything in it is not as it should be."""
    if _NUL in body:
        return None
    try:
        message = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    alerts = []
    for parsed in message.alerts:
        alert = _alert(parsed, now)
        if alert is None:
            return None
        alerts.append(alert)
    return Payload(
        alerts=_distinct(alerts),
        receiver=message.receiver,
        group_key=message.group_key,
        truncated=message.truncated,
    )


def _alert(parsed: _Alert, now: float) -> Alert | None:
    labels, annotations, is_firing = parsed.labels, parsed.annotations, parsed.status == "firing"
    starts = usable_unix_seconds(parsed.starts_at, now)
    ends = None if is_firing else usable_unix_seconds(parsed.ends_at, now)
    if starts is None or (ends is None and not is_firing) or not labels:
        return None
    if not are_regular(labels, LABEL_LIMITS) or not are_regular(annotations, ANNOTATION_LIMITS):
        return None
    if len(parsed.generator_url) > ANNOTATION_LIMITS.longest:
        return None
    return Alert(
        alert_id=alert_id_of(labels),
        labels=labels,
        annotations=annotations,
        is_firing=is_firing,
        starts_unix_seconds=starts,
        ends_unix_seconds=ends,
        generator_url=parsed.generator_url,
    )


def _read_leniently(body: bytes, now: float) -> Payload:
    try:
        message = read_json(body)
    except RecursionError as error:
        raise PayloadError("the body is nested too deeply") from error
    except ValueError as error:
        is_gzip = body.startswith(_GZIP)
        raise PayloadError(
            f"the body is {'compressed: send it as it is' if is_gzip else 'not JSON'}"
        ) from error
    version = text_of(message.get("version")) if isinstance(message, dict) else None
    told = message.get("alerts") if isinstance(message, dict) else None
    if (
        not isinstance(message, dict)
        or version not in (_ALERTMANAGER, _GRAFANA)
        or not isinstance(told, list)
    ):
        raise PayloadError(f"not a payload of Alertmanager or Grafana: {what_it_is(message)}")
    if version == _GRAFANA:
        told = [with_its_annotations(alert) for alert in told]
    read = [read_alert(alert, now) for alert in told]
    alerts = _distinct(one for one in read if isinstance(one, Alert))
    refused = Counter(one for one in read if isinstance(one, Refusal))
    if refused and not alerts:
        raise PayloadError("none of its alerts has labels with a text")
    return Payload(
        alerts=alerts,
        refused=refused,
        receiver=text_of(message.get("receiver")) or "",
        group_key=text_of(message.get("groupKey")) or "",
        truncated=_count(message.get("truncatedAlerts")),
    )


def _distinct(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return each alert once: a firing rather than an end, and of two firings the one that began first.

    Alertmanager sends none twice; but what differs only in labels of ours is one alert to us.
    """
    by_id: dict[str, Alert] = {}
    for alert in alerts:
        before = by_id.setdefault(alert.alert_id, alert)
        if before is not alert:
            by_id[alert.alert_id] = min(before, alert, key=_rank)
    return tuple(by_id.values())


def _rank(alert: Alert) -> tuple[bool, float]:
    ends = alert.ends_unix_seconds
    return not alert.is_firing, alert.starts_unix_seconds if ends is None else -ends


def _count(value: object) -> int:
    is_count = isinstance(value, Number) and value.isdecimal() and len(value) <= _LONGEST_COUNT
    return int(str(value)) if is_count else 0
