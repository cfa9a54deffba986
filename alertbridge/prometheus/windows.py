"""Stretches of time that one query covers for several hosts; pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_MOST_INSTANCES = 40
_WIDEST_SPREAD_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time that matters for one instance."""

    instance: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that one query can cover for several instances."""

    instances: tuple[str, ...]
    start: float
    end: float

    def whole_seconds(self) -> int:
        """Return a length that reaches back to the start, as a PromQL range."""
        return math.ceil(self.end - self.start)


def windows(spans: Iterable[Span]) -> list[Window]:
    """Return windows that cover *spans*: spans that end at much the same time share one."""
    shared: list[list[Span]] = []
    for span in sorted(spans, key=lambda span: (span.end, span.instance)):
        group = shared[-1] if shared else []
        is_near = bool(group) and span.end - group[0].end <= _WIDEST_SPREAD_SECONDS
        if is_near and len(group) < _MOST_INSTANCES:
            group.append(span)
        else:
            shared.append([span])
    return [
        Window(
            instances=tuple(span.instance for span in group),
            start=min(span.start for span in group),
            end=max(span.end for span in group),
        )
        for group in shared
    ]
