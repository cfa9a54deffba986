"""Showing the host: live on a terminal until a key ends it, or once as text or JSON."""

import sys
import time
from dataclasses import dataclass
from typing import Literal

from exporter.processes.ranking import Order
from exporter.top.lines import cut, filled, host_lines, table_lines
from exporter.top.terminal import END, Screen, is_terminal, screen
from exporter.top.view import View, as_json
from exporter.top.watch import Watch
from marax.clock import Clock

Form = Literal["live", "text", "json"]

_PRIME_SECONDS = 1.0
_USUAL_COUNT = 20
_LINES_ABOVE = 5
_KEYS = "c: by CPU   m: by memory   q: quit"
_ORDERS: dict[str, Order] = {"c": "cpu", "m": "mem"}
_ENDING = frozenset({END, "q"})
_REVERSE, _NORMAL = "\x1b[7m", "\x1b[m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be shown.

    Attributes:
        by: What the processes are sorted by, at first.
        count: How many of them at most; None for as many as the screen takes, or 20.
        interval_seconds: From one reading to the next.
        form: A live table needs a terminal at both ends; without one, it is text.
    """

    by: Order
    count: int | None
    interval_seconds: float
    form: Form


def show(watch: Watch, wanted: Wanted, clock: Clock) -> None:
    """Show the host as *wanted* on stdout; return when told to end, or after having shown it once.

    Raises:
        CannotReachError: The host cannot be read.
    """
    if wanted.form == "live" and is_terminal():
        with screen() as ours:
            _show_live(watch, wanted, clock, ours)
        return
    count = wanted.count or _USUAL_COUNT
    watch.refresh()
    watch.view(by=wanted.by, count=count)  # so that users' names are looked up meanwhile
    time.sleep(_PRIME_SECONDS)
    watch.refresh()
    view = watch.view(by=wanted.by, count=count)
    text = as_json(view) if wanted.form == "json" else "\n".join([*host_lines(view), "", *table_lines(view)])
    sys.stdout.buffer.write(f"{text}\n".encode(sys.stdout.encoding, "replace"))
    sys.stdout.buffer.flush()


def _show_live(watch: Watch, wanted: Wanted, clock: Clock, ours: Screen) -> None:
    by, pause_seconds = wanted.by, _PRIME_SECONDS
    key, due_seconds = "", clock.monotonic_seconds()
    while key not in _ENDING:
        by = _ORDERS.get(key, by)
        now_seconds = clock.monotonic_seconds()
        if now_seconds >= due_seconds:
            watch.refresh()
            due_seconds, pause_seconds = now_seconds + pause_seconds, wanted.interval_seconds
        columns, lines = ours.size()
        fitting = max(1, lines - _LINES_ABOVE)
        view = watch.view(by=by, count=min(wanted.count or fitting, fitting))
        ours.show(_picture(view, columns - 1)[:lines])  # in the last column some terminals break the line
        key = ours.key(within_seconds=max(0.0, due_seconds - now_seconds))


def _picture(view: View, columns: int) -> list[str]:
    head, *rows = table_lines(view)
    above = [*host_lines(view), _KEYS, ""]
    return [
        *(cut(line, columns) for line in above),
        f"{_REVERSE}{filled(head, columns)}{_NORMAL}",
        *(cut(line, columns) for line in rows),
    ]
