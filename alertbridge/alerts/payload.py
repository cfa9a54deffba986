"""Alertmanager's webhook body, version 4 -> alerts, or what is wrong with it.

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Unknown keys are ignored, as
newer Alertmanagers add some.
"""

from datetime import datetime
from typing import Literal

import msgspec

from alertbridge.alerts.alert import Alert, alert_id_of

_NEVER_YEAR = 1  # Go's zero time, which Alertmanager sends as the end of a firing alert
_PLAUSIBLE_YEARS = range(1971, 2400)  # outside these, applying a time zone may overflow


class PayloadError(Exception):
    """A body is not a version 4 webhook payload; the message says why, without repeating its values."""


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


_decoder = msgspec.json.Decoder(_Message)


def parse_payload(body: bytes) -> tuple[Alert, ...]:
    """Return the alerts of *body*, in its order.

    Raises:
        PayloadError: It is not JSON, or not a payload of Alertmanager.
    """
    try:
        message = _decoder.decode(body)
        return tuple(map(_alert, message.alerts))
    except msgspec.ValidationError as error:
        raise PayloadError(f"not an Alertmanager version 4 payload: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PayloadError("the body is not JSON") from error
    except RecursionError as error:
        raise PayloadError("the body is nested too deeply") from error


def _alert(parsed: _Alert) -> Alert:
    if not parsed.labels:
        raise PayloadError("not an Alertmanager version 4 payload: an alert has no labels")
    is_firing = parsed.status == "firing"
    return Alert(
        alert_id=alert_id_of(parsed.labels),
        labels=parsed.labels,
        annotations=parsed.annotations,
        is_firing=is_firing,
        starts_unix_seconds=_unix_seconds(parsed.starts_at),
        ends_unix_seconds=None if is_firing else _end_unix_seconds(parsed),
        generator_url=parsed.generator_url,
    )


def _end_unix_seconds(parsed: _Alert) -> float:
    if parsed.ends_at is None or parsed.ends_at.year == _NEVER_YEAR:
        raise PayloadError("not an Alertmanager version 4 payload: a resolved alert has no endsAt")
    return _unix_seconds(parsed.ends_at)


def _unix_seconds(moment: datetime) -> float:
    if moment.tzinfo is None or moment.year not in _PLAUSIBLE_YEARS:
        raise PayloadError("not an Alertmanager version 4 payload: a time without a zone or out of range")
    return moment.timestamp()
