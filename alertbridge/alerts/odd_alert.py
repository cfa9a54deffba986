"""One alert of a payload, whatever is wrong with it: taken as far as it can be, with a remark for the mail.

What is wrong with an alert is no reason to lose it, or those beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from alertbridge.alerts.alert import REMARK_ANNOTATION, RESERVED_PREFIX, Alert, alert_id_of
from alertbridge.alerts.lenient_json import Number, text_of

_FIRST_YEAR = 1971  # at the zero of Unix time, no alert fires
_FURTHEST_AHEAD_SECONDS = 86_400.0
_NAMED_AT_MOST = 5
_LONGEST_SHOWN = 40
_LONGEST_NAME = 256
_LONGEST_REMARK = 800
# Those by which an alert is routed and named are not among those that are too many
_FIRST_LABELS = ("alertname", "severity", "host", "instance", "job", "node", "nodename", "hostname")


class Refusal(StrEnum):
    """Why an alert cannot be taken at all."""

    NOT_AN_OBJECT = "not_an_object"
    NO_LABELS = "no_labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many labels or annotations of an alert are kept, and how long they may be, in characters."""

    most: int
    longest: int


LABEL_LIMITS = Limits(most=100, longest=1024)
ANNOTATION_LIMITS = Limits(most=100, longest=4096)


def read_alert(value: object, now_unix_seconds: float) -> Alert | Refusal:
    """Return the alert that *value*, from `read_json`, was meant to be, received *now*."""
    if not isinstance(value, dict):
        return Refusal.NOT_AN_OBJECT
    labels = _Texts("label", value.get("labels"))
    if not labels.kept:
        return Refusal.NO_LABELS
    annotations = _Texts("annotation", value.get("annotations"))
    starts = usable_unix_seconds(_moment(value.get("startsAt")), now_unix_seconds)
    ends = usable_unix_seconds(_moment(value.get("endsAt")), now_unix_seconds)
    status = text_of(value.get("status")) or ""
    is_over = _is_over(status, ends, now_unix_seconds)
    wrong = (*_about_start(starts, value.get("startsAt")), *_about_status(status, is_over=is_over))
    remarks = (*wrong, *labels.remarks(), *annotations.remarks())
    # An end that cannot be used, or compared with its start, counts from receipt
    end = now_unix_seconds if ends is None or starts is None else ends
    return Alert(
        alert_id=alert_id_of(labels.all),
        labels=labels.kept,
        annotations=annotations.kept | _remark(remarks),
        is_firing=not is_over,
        starts_unix_seconds=now_unix_seconds if starts is None else starts,
        ends_unix_seconds=end if is_over else None,
        generator_url=_url(value.get("generatorURL")),
        is_start_known=starts is not None,
    )


def usable_unix_seconds(moment: datetime | None, now_unix_seconds: float) -> float | None:
    """Return when that is; None for one without a zone, from before alerts, or further than a day ahead."""
    if moment is None or moment.tzinfo is None or moment.year < _FIRST_YEAR:
        return None
    seconds = (moment - _EPOCH).total_seconds()  # unlike `timestamp`, of any moment
    return seconds if seconds <= now_unix_seconds + _FURTHEST_AHEAD_SECONDS else None


def are_regular(texts: Mapping[str, str], limits: Limits) -> bool:
    """Return whether labels or annotations can be kept as they are."""
    if len(texts) > limits.most or max(map(len, texts.values()), default=0) > limits.longest:
        return False
    return not any(name.startswith(RESERVED_PREFIX) or len(name) > _LONGEST_NAME for name in texts)


class _Texts:
    """Labels or annotations: those that can be kept, and what is wrong with the others.

    Attributes:
        all: Those that are from outside and have a text, however long.
        kept: Those of them that are stored.
    """

    def __init__(self, what: str, value: object) -> None:
        self._what = what
        self._not_text: list[str] = []
        self._left_out: list[str] = []
        self._cut: list[str] = []
        self._is_repaired = False
        self.all: dict[str, str] = {}
        for name, raw in value.items() if isinstance(value, dict) else ():
            self._take(name, raw)
        self.kept = self._within(LABEL_LIMITS if what == "label" else ANNOTATION_LIMITS)

    def remarks(self) -> Iterable[str]:
        """Yield what is wrong, in sentences."""
        if self._not_text:
            yield f"Values that are not text, in {self._what}s: {_named(self._not_text)}."
        if self._left_out:
            reason = "without a text, too long or too many"
            yield f"{self._what.capitalize()}s that were left out ({reason}): {_named(self._left_out)}."
        if self._cut:
            yield f"{self._what.capitalize()}s that were cut: {_named(self._cut)}."
        if self._is_repaired:
            yield f"Characters that cannot be stored were replaced in its {self._what}s."

    def _take(self, raw_name: str, raw: object) -> None:
        name, text = text_of(raw_name) or "", text_of(raw)
        if name.startswith(RESERVED_PREFIX):
            return
        if text is None:
            self._left_out.append(name)
            return
        if not isinstance(raw, str) or isinstance(raw, Number):
            self._not_text.append(name)
        self._is_repaired |= name != raw_name or (isinstance(raw, str) and text != raw)
        self.all[name] = text

    def _within(self, limits: Limits) -> dict[str, str]:
        names = sorted(self.all, key=lambda name: name not in _FIRST_LABELS)
        kept: dict[str, str] = {}
        for name in names:
            text = self.all[name]
            is_too_long = len(text) > limits.longest
            # Half a label is another; but of those by which it is routed and named, half is better than none
            is_lost = is_too_long and self._what == "label" and name not in _FIRST_LABELS
            if is_lost or len(kept) == limits.most or len(name) > _LONGEST_NAME:
                self._left_out.append(name)
                continue
            if is_too_long:
                self._cut.append(name)
            kept[name] = text[: limits.longest]
        return kept


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str) or isinstance(value, Number):
        return None
    try:
        return msgspec.convert(value, datetime)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return None


def _is_over(status: str, ends: float | None, now: float) -> bool:
    match status.strip().lower():
        case "firing":
            return False
        case "resolved":
            return True
        case _:
            return ends is not None and ends <= now


def _about_status(status: str, *, is_over: bool) -> tuple[str, ...]:
    if status.strip().lower() in ("firing", "resolved"):
        return ()
    taken = f"it is taken to be {'resolved' if is_over else 'firing'}"
    if not status:
        return (f"It has no status: {taken}.",)
    return (f'Its status "{_shown(status)}" is unknown: {taken}.',)


def _about_start(starts: float | None, value: object) -> tuple[str, ...]:
    if starts is not None:
        return ()
    told = text_of(value)
    found = f"Its start time cannot be used ({_shown(told)})" if told else "It has no start time"
    return (f"{found}: the time at which it was received is given instead.",)


def _remark(sentences: Iterable[str]) -> dict[str, str]:
    text = "\n".join(" ".join(sentence.split()) for sentence in sentences)
    return {REMARK_ANNOTATION: text[:_LONGEST_REMARK]} if text else {}


def _url(value: object) -> str:
    url = text_of(value) or ""
    return url if len(url) <= ANNOTATION_LIMITS.longest else ""


def _named(names: list[str]) -> str:
    more = f" +{len(names) - _NAMED_AT_MOST}" if len(names) > _NAMED_AT_MOST else ""
    return ", ".join(map(_shown, names[:_NAMED_AT_MOST])) + more


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
