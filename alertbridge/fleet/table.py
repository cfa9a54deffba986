"""The fleet as `status` prints it: a table for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence, Sized

from alertbridge.mail.host_facts import HostState, LastValues
from marax.settings.durations import spoken

_COLUMNS = ("HOST", "STATE", "CPU", "RAM", "LOAD", "UPTIME", "ANSWER", "REASON")
_NUMBERS = range(2, 7)
_UNKNOWN = "-"
_GREEN, _RED, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"


def fleet_table(states: Sequence[HostState], *, in_colour: bool) -> str:
    """Return an aligned table of *states*, the failed ones first, and a closing line; no final newline.

    Nothing in it but the colour codes of a terminal, if *in_colour*, can move a cursor or forge a line.
    """
    failed_first = sorted(states, key=lambda state: state.is_up)
    rows = [_cells(state) for state in failed_first]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    lines = [_line(_COLUMNS, widths)] if rows else []
    for state, row in zip(failed_first, rows, strict=True):
        line = _line(row, widths)
        lines.append(_coloured(line, state) if in_colour else line)
    return "\n".join([*lines, closing_line(states)])


def closing_line(states: Iterable[HostState]) -> str:
    """Return how many of *states* are up, in words."""
    answers = [state.is_up for state in states]
    return f"{sum(answers)} of {counted_hosts(answers)} up" if answers else "no hosts in the settings"


def counted_hosts(hosts: Sized) -> str:
    """Return how many *hosts* there are: `1 host`, `12 hosts`."""
    return f"{len(hosts)} {'host' if len(hosts) == 1 else 'hosts'}"


def fleet_json(states: Iterable[HostState]) -> str:
    """Return *states* as a JSON list of objects, in their order; null stands for what is not known."""
    return json.dumps([_object(state) for state in states], indent=2, allow_nan=False)


def _cells(state: HostState) -> tuple[str, ...]:
    values = state.values or LastValues()
    uptime = _UNKNOWN if state.uptime_seconds is None else spoken(state.uptime_seconds)
    return (
        _printable(state.name),
        "up" if state.is_up else "DOWN",
        _percent(values.cpu_ratio),
        _percent(values.memory_ratio),
        _UNKNOWN if values.load1 is None else f"{values.load1:.2f}",
        uptime,
        f"{state.answer_seconds:.2f} s",
        _printable(state.reason),
    )


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    aligned = (
        cell.rjust(width) if i in _NUMBERS else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(aligned).rstrip()


def _coloured(line: str, state: HostState) -> str:
    return f"{_GREEN if state.is_up else _RED}{line}{_PLAIN}"


def _percent(ratio: float | None) -> str:
    return _UNKNOWN if ratio is None else f"{ratio * 100:.0f} %"


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _object(state: HostState) -> dict[str, str | float | None]:
    values = state.values or LastValues()
    return {
        "name": state.name,
        "address": state.address,
        "state": "up" if state.is_up else "down",
        "reason": state.reason,
        "cpu_ratio": values.cpu_ratio,
        "memory_ratio": values.memory_ratio,
        "memory_total_bytes": values.memory_total_bytes,
        "load1": values.load1,
        "cpus": values.cpus,
        "uptime_seconds": state.uptime_seconds,
        "answer_seconds": state.answer_seconds,
    }
