"""Commands of the installed program: what is left of them when it ends, and what it says."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import argon2
import pytest

from tests.exporter.commands.naps import nappers, new_nap, wait_for_nap, wait_until_gone
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

PROGRAM = Path(sys.executable).with_name("marax-exporter")
HASH = argon2.PasswordHasher(memory_cost=7168, time_cost=5, parallelism=1).hash("hunter2")
SHELL = {"shell": True}
STUBBORN = "trap '' TERM; (setsid sleep {0} &); sleep {0}; sleep {0}"


class Exporter:
    """A `marax-exporter serve` with one operator, and *commands*."""

    def __init__(self, folder: Path, commands: list[dict[str, object]], **settings: object) -> None:
        self.config, self.audit, self._log = (
            folder / name for name in ("exporter.yml", "audit.jsonl", "log")
        )
        self._settings = {
            "listen": "127.0.0.1:0",
            "state_dir": str(folder / "state"),
            "users": [{"name": "ann", "role": "operator", "password_hash": HASH}],
            "audit_log": str(self.audit),
            **settings,
        }
        self.configure(commands)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([PROGRAM, "--config", self.config], stderr=log)
        wait_until(lambda: "msg=listening" in self.log, lambda: f"it listens; its log: {self.log}")
        found = re.search(r"address=(\S+)", self.log)
        assert found
        self._url = f"http://{found[1]}"
        self._token = self._ask("/login", {"username": "ann", "password": "hunter2"})["token"]

    @property
    def log(self) -> str:
        return self._log.read_text()

    def configure(self, commands: list[dict[str, object]]) -> None:
        self.config.write_text(json.dumps(self._settings | {"commands": commands}))

    def hang_up(self) -> None:
        before = self.log.count('loaded"')
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.log.count('loaded"') > before)

    def run(self, command: str) -> dict[str, Any]:
        return self._ask("/run", {"command": command}, Authorization=f"Bearer {self._token}")

    def commands(self) -> list[str]:
        request = urllib.request.Request(
            f"{self._url}/commands", headers={"Authorization": f"Bearer {self._token}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return [command["name"] for command in json.load(answer)["commands"]]

    def metrics(self) -> str:
        with urllib.request.urlopen(f"{self._url}/metrics", timeout=PATIENCE_SECONDS) as answer:
            text: str = answer.read().decode()
            return text

    def _ask(self, path: str, body: object, **headers: str) -> dict[str, Any]:
        headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


@contextlib.contextmanager
def serving(folder: Path, commands: list[dict[str, object]], **settings: object) -> Iterator[Exporter]:
    exporter = Exporter(folder, commands, **settings)
    try:
        yield exporter
    finally:
        exporter.process.kill()
        exporter.process.wait(PATIENCE_SECONDS)


def shell(name: str, script: str) -> dict[str, object]:
    return {"name": name, "argv": ["/bin/sh", "-c", script], "role": "operator", "time_limit": "1m"}


def run_all(exporter: Exporter, names: list[str]) -> tuple[list[threading.Thread], list[dict[str, Any]]]:
    answers: list[dict[str, Any]] = []

    def run(name: str) -> None:
        try:
            answers.append(exporter.run(name))
        except urllib.error.HTTPError:
            raise
        except OSError:
            pass  # the exporter ended before it answered

    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    return threads, answers


@pytest.mark.attack(44)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: f"44-{number.name}")
def test_nothing_is_left_of_any_command_when_the_exporter_ends(tmp_path: Path, number: signal.Signals):
    naps = {f"nap-{i}": new_nap() for i in range(3)}
    with serving(tmp_path, [shell(name, STUBBORN.format(nap)) for name, nap in naps.items()]) as exporter:
        threads, answers = run_all(exporter, list(naps))
        for nap in naps.values():
            wait_for_nap(nap)

        exporter.process.send_signal(number)
        for nap in naps.values():
            wait_until_gone(nap)
        exit_code = exporter.process.wait(PATIENCE_SECONDS)
        for thread in threads:
            thread.join(PATIENCE_SECONDS)

    if number == signal.SIGTERM:
        assert exit_code == 0
        assert [answer["outcome"] for answer in answers] == ["aborted"] * 3
        assert exporter.audit.read_text().count('"outcome": "aborted"') == 3


def test_takes_up_other_commands_and_lets_go_on_what_runs(tmp_path: Path):
    nap = new_nap()
    with serving(tmp_path, [shell("nap", f"sleep {nap}")]) as exporter:
        run_all(exporter, ["nap"])
        wait_for_nap(nap)

        exporter.configure([shell("hello", "echo hello")])
        exporter.hang_up()

        assert exporter.commands() == ["hello"]
        assert exporter.run("hello")["output"] == "hello\n"
        assert nappers(nap) != []
        assert "marax_commands_running 1.0" in exporter.metrics()
        assert 'marax_command_runs_total{command="hello",outcome="succeeded"} 1.0' in exporter.metrics()


def test_keeps_its_commands_when_the_new_ones_are_wrong(tmp_path: Path):
    with serving(tmp_path, [shell("hello", "echo hello")]) as exporter:
        exporter.configure([{"name": "bad", "argv": ["ls"]}])
        exporter.hang_up()

        assert exporter.commands() == ["hello"]
        assert "commands[0].argv[0]: found 'ls', expected the absolute path of a program" in exporter.log
        assert "marax_config_reload_success 0.0" in exporter.metrics()


@pytest.fixture
def hello(tmp_path: Path) -> dict[str, object]:
    """A command whose program and folder are the test's own."""
    program = tmp_path / "bin" / "hello"
    program.parent.mkdir(mode=0o755)
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    return {"name": "hello", "argv": [str(program)], "role": "operator", "time_limit": "1m"}


@pytest.mark.attack(33)
@pytest.mark.parametrize("changeable", ["bin/hello", "bin", "exporter.yml"], ids="33-{}".format)
def test_keeps_its_commands_when_others_may_change_what_is_run(
    tmp_path: Path, hello: dict[str, object], changeable: str
):
    place = tmp_path / changeable
    with serving(tmp_path, [hello]) as exporter:
        assert exporter.run("hello")["output"] == "hello\n"

        exporter.configure([hello, shell("other", "echo other")])
        place.chmod(place.stat().st_mode | 0o002)
        exporter.hang_up()

        assert exporter.commands() == ["hello"]
        assert f"found {place}, which other users can modify" in exporter.log
        assert "marax_config_reload_success 0.0" in exporter.metrics()

        place.chmod(place.stat().st_mode & ~0o002)
        exporter.hang_up()

        assert exporter.commands() == ["hello", "other"]
        assert "marax_config_reload_success 1.0" in exporter.metrics()


@pytest.mark.attack(33)
@pytest.mark.parametrize("command", ["serve", "check-config"], ids="33-{}".format)
@pytest.mark.parametrize("changeable", ["bin/hello", "bin", "exporter.yml"])
def test_does_not_begin_with_what_others_may_change(
    tmp_path: Path, hello: dict[str, object], changeable: str, command: str
):
    config, place = tmp_path / "exporter.yml", tmp_path / changeable
    config.write_text(json.dumps({"listen": "127.0.0.1:0", "commands": [hello]}))
    place.chmod(place.stat().st_mode | 0o002)

    said = subprocess.run(
        [PROGRAM, command, "--config", config], capture_output=True, text=True, check=False, timeout=20
    )

    where = ": " if changeable == "exporter.yml" else ":1: commands[0].argv[0]: "
    assert said.returncode == 3
    assert (
        f"{config}{where}found {place}, which other users can modify, expected a file that only root"
        in said.stderr
    )


def test_warns_of_a_shell(tmp_path: Path):
    with serving(tmp_path, [], **SHELL) as exporter:
        assert "level=warning" in exporter.log
        assert "shell is enabled: admins can run any command as the exporter's user" in exporter.log


def test_check_config_warns_of_what_is_dangerous(tmp_path: Path):
    config = tmp_path / "exporter.yml"
    config.write_text("shell: true\ncommands: [{name: x, argv: [/bin/sh, -c, id]}]\n")

    said = subprocess.run(
        [PROGRAM, "check-config", "--config", config], capture_output=True, text=True, check=True, timeout=20
    )

    assert said.stdout == f"{config}: fine\n"
    assert [line.removeprefix(f"{config}: warning: ") for line in said.stderr.splitlines()] == [
        "shell: enabled, so every admin can run any command as the exporter's user",
        "commands[0].argv[0]: passes code to sh: run a program that does one thing instead",
        "commands[0]: has no time_limit, so the default of 30s applies: set one",
    ]
