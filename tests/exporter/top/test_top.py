"""`marax-exporter top`, as a person at a terminal or a script meets it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.exporter.top.pseudo_terminal import PseudoTerminal
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.system

COMMAND = Path(sys.executable).with_name("marax-exporter")
ENTERED, LEFT = "\x1b[?1049h", "\x1b[?1049l"
CTRL_C, CTRL_Z = "\x03", "\x1a"
SPIN = """
import sys
with open("/proc/self/comm", "wb") as comm:
    comm.write(sys.argv[1].encode())
while True:
    pass
"""
FAIL = """
from exporter.top.terminal import screen
with screen() as ours:
    ours.show(["about to fail"])
    raise RuntimeError("it fails")
"""


@contextmanager
def spinning(name: str) -> Iterator[int]:
    """Keep a process of that *name* busy."""
    with subprocess.Popen([sys.executable, "-c", SPIN, name]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def top(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "top", *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )


@pytest.fixture
def live() -> Iterator[PseudoTerminal]:
    with PseudoTerminal(COMMAND, "top", "--interval", "0.5") as terminal:
        terminal.until(lambda: terminal.picture[0].endswith(" s"))  # it has a window
        yield terminal


def test_prints_json_with_units_in_its_keys():
    with spinning("spinner") as pid:
        said = json.loads(top("--json", "--count", "10").stdout)

    rows = said.pop("processes")
    (spinner,) = [row for row in rows if row["pid"] == pid]
    assert spinner.keys() == {"pid", "user", "cpu_usage_ratio", "memory_rss_bytes", "name", "unit"}
    assert (spinner["name"], spinner["user"]) == ("spinner", psutil.Process().username())
    assert 0 < spinner["cpu_usage_ratio"] <= 1
    assert 0 < said["cpu_usage_ratio"] <= 1
    assert sorted(rows, key=lambda row: -row["cpu_usage_ratio"]) == rows
    assert len(rows) == 10
    assert said["memory_total_bytes"] == psutil.virtual_memory().total
    assert said.keys() == {
        *("hostname", "time_seconds", "cpus_online", "cpu_usage_ratio", "load1", "load5", "load15"),
        *("memory_total_bytes", "memory_available_bytes"),
        *("process_count", "sample_window_seconds", "sorted_by"),
    }


def test_prints_text_once_where_there_is_no_terminal():
    lines = top("--sort", "mem", "--count", "4").stdout.splitlines()

    assert "processes by memory, CPU over 1." in lines[0]
    assert lines[3].split() == ["PID", "USER", "CPU", "RSS", "NAME", "UNIT"]
    assert len(lines) == 4 + 4


@pytest.mark.parametrize(("arguments", "term"), [(["--once"], "xterm"), ([], "dumb")], ids=["once", "dumb"])
def test_prints_text_once_on_a_terminal_too(arguments: list[str], term: str):
    with PseudoTerminal(COMMAND, "top", *arguments, term=term) as terminal:
        assert terminal.wait() == 0
        terminal.until(lambda: "UNIT" in terminal.output)

        assert "\x1b" not in terminal.output


def test_fills_the_terminal_and_no_more(live: PseudoTerminal):
    assert 10 < len(live.picture) <= 24
    assert max(map(len, live.picture)) < 80


def test_draws_anew_when_the_terminal_is_resized(live: PseudoTerminal):
    live.resize(columns=30, lines=8)

    live.until(lambda: len(live.picture) <= 8)
    assert max(map(len, live.picture)) < 30


def test_keys_choose_what_it_is_sorted_by(live: PseudoTerminal):
    live.type("m")
    live.until(lambda: "processes by memory" in live.picture[0])

    live.type("c")
    live.until(lambda: "processes by CPU" in live.picture[0])


def test_a_name_cannot_move_the_cursor():
    with spinning("\x1b[2J\x1b[31mred"), PseudoTerminal(COMMAND, "top", "--interval", "0.5") as terminal:
        terminal.until(lambda: "?[2J?[31mred" in terminal.output)

        assert "\x1b[2J" not in terminal.output
        assert "\x1b[31m" not in terminal.output


@pytest.mark.parametrize("key", ["q", CTRL_C], ids=["q", "Ctrl-C"])
def test_a_key_ends_it_and_the_terminal_is_as_before(live: PseudoTerminal, key: str):
    live.type(key)

    assert live.wait() == 0
    assert_is_given_back(live)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_it_and_the_terminal_is_as_before(live: PseudoTerminal, number: signal.Signals):
    live.tell(number)

    assert live.wait() == 0
    assert_is_given_back(live)


def test_a_failure_ends_it_and_the_terminal_is_as_before():
    with PseudoTerminal(sys.executable, "-c", FAIL) as terminal:
        assert terminal.wait() == 1
        terminal.until(lambda: "it fails" in terminal.output)  # in the colours that Python gives it

        assert terminal.output.index(LEFT) < terminal.output.index("it fails")
        assert terminal.modes() == terminal.modes_before


def test_ends_when_the_terminal_is_gone(live: PseudoTerminal):
    live.hang_up()

    assert live.wait() == 0


def test_gives_the_terminal_back_while_it_is_suspended(live: PseudoTerminal):
    live.type(CTRL_Z)
    live.until(lambda: psutil.Process(live.pid).status() == psutil.STATUS_STOPPED)
    assert_is_given_back(live)

    os.kill(live.pid, signal.SIGCONT)

    live.until(lambda: live.output.count(ENTERED) == 2)
    live.type("q")
    assert live.wait() == 0
    assert_is_given_back(live)


def assert_is_given_back(terminal: PseudoTerminal) -> None:
    terminal.until(lambda: terminal.output.endswith(LEFT))
    assert terminal.output.count(ENTERED) == terminal.output.count(LEFT)
    assert terminal.modes() == terminal.modes_before
