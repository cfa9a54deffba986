"""Prometheus and Alertmanager on the files of `deploy/`: they run, side by side, and leave nothing behind."""

from contextlib import suppress
from pathlib import Path

import pytest

from scripts.stack.part import PartError
from scripts.stack.stack import Plan, Stack

pytestmark = pytest.mark.system


def processes_of(folder: Path) -> list[str]:
    """Return the command lines that name *folder*; one that ended and that nobody waited for has none."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in lines if str(folder) in line]


def start_servers(stack: Stack) -> None:
    for part in (stack.prometheus, stack.alertmanager):
        part.start()
    for part in (stack.prometheus, stack.alertmanager):
        part.wait_until_ready()


def test_servers_run_the_shipped_files_and_are_gone_afterwards(tmp_path):
    with Stack(tmp_path, Plan()) as stack:
        start_servers(stack)
        groups = stack.prometheus.ask("/api/v1/rules")["data"]["groups"]
        running = processes_of(tmp_path)

    assert {rule["name"] for group in groups for rule in group["rules"]} >= {"HostDown", "Watchdog"}
    assert len(running) == 2
    assert processes_of(tmp_path) == []


def test_nothing_is_left_behind_by_an_error(tmp_path):
    class SurpriseError(Exception):
        pass

    def be_surprised() -> None:
        with Stack(tmp_path, Plan()) as stack:
            start_servers(stack)
            raise SurpriseError

    with pytest.raises(SurpriseError):
        be_surprised()

    assert processes_of(tmp_path) == []


def test_two_stacks_run_side_by_side(tmp_path):
    with Stack(tmp_path / "one", Plan()) as one, Stack(tmp_path / "two", Plan()) as two:
        start_servers(one)
        start_servers(two)
        addresses = {part.address for stack in (one, two) for part in (stack.prometheus, stack.alertmanager)}

    assert len(addresses) == 4


def test_a_program_that_cannot_be_had_is_named_with_the_next_step(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        PartError, match=r"prometheus-alertmanager is not on the PATH; scripts/demo and scripts/test"
    ):
        Stack(tmp_path / "stack", Plan())


def test_settings_that_the_bridge_refuses_are_told_and_nothing_is_started(tmp_path):
    with Stack(tmp_path, Plan(bridge={"mailgnu": {}})) as stack:
        with pytest.raises(PartError, match=r"targets ended with 3:[^$]*mailgnu"):
            stack.launch()

        assert processes_of(tmp_path) == []
