"""The installed program and its users: passwords, tokens across kill -9, floods of logins."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
import yaml

from tests.exporter.access import flood
from tests.exporter.access.kit import PASSWORD, basic, bearer
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

PROGRAM = Path(sys.executable).with_name("marax-exporter")
FLOOD_SECONDS = 5.0
LONGEST_DELAY_SECONDS = 0.2
MIB = 1024 * 1024


def hash_password(typed: bytes) -> subprocess.CompletedProcess[str]:
    said = subprocess.run(
        [PROGRAM, "hash-password"], input=typed, capture_output=True, check=False, timeout=PATIENCE_SECONDS
    )
    return subprocess.CompletedProcess(said.args, said.returncode, said.stdout.decode(), said.stderr.decode())


def users_of(line: str) -> list[dict[str, str]]:
    (user,) = yaml.safe_load(line)
    return [user | {"name": "ann"}]


class Exporter:
    """A `marax-exporter serve` with one user, which may be killed and started anew; *under* starts it."""

    under: tuple[str, ...] = ()

    def __init__(self, folder: Path, **settings: object) -> None:
        self._config, self._log = folder / "exporter.yml", folder / "log"
        users = users_of(hash_password(PASSWORD.encode()).stdout)
        usual = {"listen": "127.0.0.1:0", "state_dir": "state", "users": users}
        self._config.write_text(json.dumps(usual | settings))
        self.start()

    def start(self) -> None:
        before = self.log
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([*self.under, PROGRAM, "--config", self._config], stderr=log)
        address = re.compile(r"address=127.0.0.1:(\d+)")
        wait_until(lambda: address.search(self.log, len(before)), lambda: f"it listens; its log: {self.log}")
        *_, self.port = map(int, address.findall(self.log))

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def hang_up(self) -> None:
        """Have it take up its settings anew."""
        before = self.log.count("settings loaded")
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.log.count("settings loaded") > before, "the settings are taken up")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        with contextlib.closing(
            HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        ) as connection:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def token(self) -> str:
        token: str = json.loads(self.ask("GET", "/login", basic("ann", PASSWORD))[1])["token"]
        return token

    def scrape_seconds(self) -> float:
        began = time.monotonic()
        assert self.ask("GET", "/metrics", {})[0] == 200
        return time.monotonic() - began

    def rss_bytes(self) -> int:
        rss: int = psutil.Process(self.process.pid).memory_info().rss
        return rss


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[Exporter]:
    exporter = Exporter(tmp_path)
    yield exporter
    exporter.kill()
    assert PASSWORD not in exporter.log
    assert "eyJ" not in exporter.log  # every token begins so


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_hash_password_prints_the_line_for_a_user(ending: bytes):
    said = hash_password(PASSWORD.encode() + ending)

    assert (said.returncode, said.stderr) == (0, "")
    assert re.fullmatch(
        r'- \{name: NAME, role: viewer, password_hash: "\$argon2id\$v=19\$m=19456,t=2,p=1\$[^"]+"\}\n',
        said.stdout,
    )
    assert PASSWORD not in said.stdout


@pytest.mark.parametrize("typed", [b"", b"\n", b"x" * 1025, b"x" * 100_000])
def test_hash_password_refuses_what_is_no_password(typed: bytes):
    said = hash_password(typed)

    assert (said.returncode, said.stdout) == (2, "")
    assert "the password must be one line of 1 to 1024 bytes" in said.stderr


def test_hash_password_asks_twice_and_shows_nothing():
    child, terminal = pty.fork()
    if child == 0:
        os.execv(PROGRAM, [str(PROGRAM), "hash-password"])  # noqa: S606 - our own command

    shown = b""
    for first, second in ((b"first", b"other"), (PASSWORD.encode(), PASSWORD.encode())):
        shown += read_until(terminal, b"Password: ")
        os.write(terminal, first + b"\n")
        shown += read_until(terminal, b"Repeat password: ")
        os.write(terminal, second + b"\n")
    shown += read_until(terminal, b'"}')
    os.waitpid(child, 0)
    os.close(terminal)

    assert b"do not match" in shown
    assert not any(word in shown for word in (b"first", b"other", PASSWORD.encode()))


def read_until(terminal: int, end: bytes) -> bytes:
    shown = b""
    while not shown.endswith(end):
        shown += os.read(terminal, 1)
    return shown


@pytest.mark.attack(5)
def test_the_original_way_works_and_leaves_no_token_in_the_log(exporter: Exporter):
    assert exporter.ask("GET", "/login", {})[0] == 401
    token = exporter.token()

    stats = exporter.ask("GET", f"/stats/?token={token}", {})
    listed = exporter.ask("GET", f"/processlist/?token={token}&sort=cpu&count=10", {})
    wrong = exporter.ask("GET", f"/stats/?token={token}x", {})

    assert (stats[0], listed[0], wrong[0]) == (200, 200, 401)
    assert json.loads(stats[1])["memory_total_bytes"] == psutil.virtual_memory().total
    assert len(json.loads(listed[1])["processes"]) == 10
    assert "msg=login user=ann address=127.0.0.1" in exporter.log
    assert token not in exporter.log


@pytest.mark.attack(12)
@pytest.mark.parametrize("everywhere", ["", "everywhere"])
def test_a_logout_survives_kill_9(exporter: Exporter, everywhere: str):
    token = exporter.token()
    with contextlib.closing(
        HTTPConnection("127.0.0.1", exporter.port, timeout=PATIENCE_SECONDS)
    ) as connection:
        body = json.dumps({"everywhere": bool(everywhere)})
        connection.request("POST", "/logout", body, bearer(token) | {"Content-Type": "application/json"})
        assert connection.getresponse().status == 204
        exporter.kill()

    exporter.start()

    assert exporter.ask("GET", "/stats", bearer(token))[0] == 401
    assert exporter.ask("GET", "/stats", bearer(exporter.token()))[0] == 200


def test_a_token_goes_on_after_kill_9(exporter: Exporter):
    token = exporter.token()
    exporter.kill()

    exporter.start()

    assert exporter.ask("GET", "/stats", bearer(token))[0] == 200


@pytest.mark.attack(62)
def test_a_key_that_others_can_read_is_refused_at_the_start(exporter: Exporter, tmp_path: Path):
    exporter.kill()
    (tmp_path / "state" / "token.key").chmod(0o644)

    said = subprocess.run(
        [PROGRAM, "--config", tmp_path / "exporter.yml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )

    assert said.returncode == 3
    assert "token.key: found a file that other users can access (mode 0644)" in said.stderr


def test_users_come_and_go_on_hangup(exporter: Exporter, tmp_path: Path):
    token = exporter.token()
    config = tmp_path / "exporter.yml"
    settings = json.loads(config.read_text())

    for users, status in ([], 403), (settings["users"], 200):
        config.write_text(json.dumps(settings | {"users": users}))
        exporter.hang_up()
        assert exporter.ask("GET", "/stats", bearer(token))[0] == status


@pytest.mark.attack(19)
@pytest.mark.alone
def test_a_flood_of_logins_moves_neither_scrapes_nor_memory(exporter: Exporter):
    exporter.token()
    quiet = [exporter.scrape_seconds() for _ in range(5)]
    before_bytes = exporter.rss_bytes()
    command = [sys.executable, flood.__file__, str(exporter.port), str(FLOOD_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flooding:
        scrapes = []
        while flooding.poll() is None:
            scrapes.append(exporter.scrape_seconds())
            time.sleep(0.05)
        statuses = json.loads(flooding.communicate()[0])

    after_bytes = exporter.rss_bytes()
    sys.stdout.write(
        f"quiet {max(quiet):.3f} s, flooded {max(scrapes):.3f} s of {len(scrapes)} scrapes; "
        f"{before_bytes / MIB:.1f} -> {after_bytes / MIB:.1f} MiB; {statuses}\n"
    )
    assert set(statuses) <= {"401", "503"}
    assert max(scrapes) < max(quiet) + LONGEST_DELAY_SECONDS
    assert after_bytes - before_bytes < 10 * MIB
