"""A view as lines of text, which no name of a process can break out of."""

import unicodedata

from exporter.top.view import Row, View

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_ORDERS = {"cpu": "CPU", "mem": "memory"}
_USER_COLUMNS, _NAME_COLUMNS = 12, 15


def host_lines(view: View) -> list[str]:
    """Return what *view* says of the host, in two lines."""
    load = " ".join(map(_average, (view.load1, view.load5, view.load15)))
    seconds = view.sample_window_seconds
    window = "" if seconds is None else f", CPU over {seconds:.1f} s"
    return [
        f"{printable(view.hostname)}: {view.process_count} processes by {_ORDERS[view.sorted_by]}{window}",
        f"CPU {_percent(view.cpu_usage_ratio)} of {view.cpus_online} CPUs   RAM {_used(view)}   load {load}",
    ]


def table_lines(view: View) -> list[str]:
    """Return the head of the table of processes, and its rows."""
    head = f"{'PID':>7} {'USER':<{_USER_COLUMNS}} {'CPU':>6} {'RSS':>8} {'NAME':<{_NAME_COLUMNS}} UNIT"
    return [head, *map(_row_line, view.processes)]


def printable(text: str) -> str:
    """Return *text* with a `?` for every character that a terminal would not simply show."""
    return "".join(
        char if char.isprintable() and unicodedata.category(char) not in ("Mn", "Me") else "?"
        for char in text
    )


def cut(text: str, columns: int) -> str:
    """Return as much of *text*, which is printable, as fits into *columns* of a terminal."""
    taken = 0
    for index, char in enumerate(text):
        taken += _columns(char)
        if taken > columns:
            return text[:index]
    return text


def filled(text: str, columns: int) -> str:
    """Return *text*, which is printable, cut or filled with spaces to *columns* of a terminal."""
    shown = cut(text, columns)
    return shown + " " * (columns - sum(map(_columns, shown)))


def size(of_bytes: int) -> str:
    """Return a size in at most three digits and a unit: `0 B`, `9.8 MiB`, `123 GiB`."""
    amount = float(of_bytes)
    for unit in _UNITS:
        if round(amount) < 1000 or unit == _UNITS[-1]:  # noqa: PLR2004 - three digits
            break
        amount /= 1024
    is_short = unit != "B" and round(amount, 1) < 10  # noqa: PLR2004 - a digit before the point, one behind
    return f"{amount:.{int(is_short)}f} {unit}"


def _used(view: View) -> str:
    total_bytes, available_bytes = view.memory_total_bytes, view.memory_available_bytes
    if total_bytes is None or available_bytes is None:
        return "-"
    return f"{size(total_bytes - available_bytes)} of {size(total_bytes)}"


def _average(load: float | None) -> str:
    return "-" if load is None else f"{load:.2f}"


def _row_line(row: Row) -> str:
    user, name = filled(printable(row.user), _USER_COLUMNS), filled(printable(row.name), _NAME_COLUMNS)
    figures = f"{_percent(row.cpu_usage_ratio):>6} {size(row.memory_rss_bytes):>8}"
    return f"{row.pid:>7} {user} {figures} {name} {printable(row.unit)}".rstrip()


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{100 * ratio:.1f}%"


def _columns(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
