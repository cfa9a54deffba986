"""The installed bridge whose database cannot be written, and one that is killed at the worst moment."""

import fcntl
import os
import re
import resource
import select
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import COMMAND, TOKEN, Served, Settings, hosts_of_alerts, through
from tests.alertbridge.permissions import HELD_TO_PERMISSIONS
from tests.standin.mailgun import MailgunStandIn
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

MANY = payload_of(*(an_alert(f"db-{number}", alertname="Many") for number in range(500)))
_SMALL_DISK = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


@contextmanager
def serving(settings: Settings, *prefix: str | Path) -> Iterator[Served]:
    bridge = Served(settings, [str(part) for part in prefix])
    try:
        yield bridge
    finally:
        bridge.kill()


def stored(path: Path) -> tuple[int, str]:
    """Return how many episodes there are, and what SQLite says of its file."""
    with closing(sqlite3.connect(path)) as database:
        (episodes,) = database.execute("SELECT count(*) FROM episodes").fetchone()
        (integrity,) = database.execute("PRAGMA integrity_check").fetchone()
    return episodes, integrity


def assert_takes_nothing(bridge: Served) -> None:
    assert bridge.status_of_post(MANY) == 503
    assert bridge.status_of("/-/ready") == 503
    assert bridge.status_of("/-/healthy") == 200
    assert bridge.status_of("/metrics") == 200


def assert_takes_all(bridge: Served) -> None:
    assert bridge.status_of_post(MANY) == 200
    assert bridge.status_of("/-/ready") == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> list[str | Path]:
    """Return the command that gives a program a disk of 1 MB at `disk`, which nobody else sees."""
    disk = tmp_path / "disk"
    disk.mkdir()
    prefix: list[str | Path] = ["unshare", "--map-root-user", "--mount", "sh", "-c", _SMALL_DISK, disk]
    if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow namespaces; test_faults.py fills a disk in another way")
    return prefix


def fill(path: Path) -> None:
    """Let *path* take all the room that is left."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def test_a_full_disk_is_answered_503_until_there_is_room(settings: Settings, small_disk):
    settings.write(database=f"sqlite:///{settings.folder}/disk/bridge.db")
    with serving(settings, *small_disk) as bridge:
        disk = Path(f"/proc/{bridge.pid}/root{settings.folder}/disk")
        assert bridge.status_of_post(payload_of(an_alert())) == 200
        fill(disk / "filler")

        assert_takes_nothing(bridge)
        (disk / "filler").unlink()
        assert_takes_all(bridge)

        assert bridge.sample("alertbridge_alerts_total", verdict="opened") == 501
        assert "database or disk is full" in bridge.log


def test_a_disk_that_takes_no_more_writes_is_answered_503_until_it_does(settings: Settings):
    """As where the kernel turns a failing disk read-only under open files; the log fails, too."""
    with serving(settings) as bridge:
        assert bridge.status_of_post(payload_of(an_alert())) == 200
        soft, hard = resource.prlimit(bridge.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bridge.pid, resource.RLIMIT_FSIZE, (0, hard))

        assert_takes_nothing(bridge)
        assert stored(settings.folder / "bridge.db") == (1, "ok")
        resource.prlimit(bridge.pid, resource.RLIMIT_FSIZE, (soft, hard))
        assert_takes_all(bridge)

    assert stored(settings.folder / "bridge.db") == (501, "ok")


def test_a_read_only_database_is_said_at_the_start_and_used_once_it_is_writable(settings: Settings):
    with serving(settings) as bridge:
        assert bridge.status_of_post(payload_of(an_alert())) == 200
    files = list(settings.folder.glob("bridge.db*"))
    for file in files:
        file.chmod(0o444)

    said = subprocess.run(
        [*HELD_TO_PERMISSIONS, COMMAND, "--config", settings.path],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )

    assert said.returncode == 4
    assert said.stderr.startswith(f"cannot use the database sqlite:///{settings.folder}/bridge.db: ")
    for file in files:
        file.chmod(0o644)
    with serving(settings, *HELD_TO_PERMISSIONS) as bridge:
        assert_takes_all(bridge)


def test_a_database_that_another_program_holds_is_answered_503_until_it_is_free(settings: Settings):
    with serving(settings) as bridge:
        assert bridge.status_of_post(payload_of(an_alert())) == 200
        with closing(sqlite3.connect(settings.folder / "bridge.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with ThreadPoolExecutor() as clients:
                post = clients.submit(bridge.status_of_post, MANY)
                ready = clients.submit(bridge.status_of, "/-/ready")
                assert bridge.status_of("/metrics") == 200
                assert (post.result(), ready.result()) == (503, 503)
            other.execute("ROLLBACK")

        assert stored(settings.folder / "bridge.db") == (1, "ok")
        assert_takes_all(bridge)


def test_settings_are_taken_up_while_the_database_is_held(settings: Settings):
    with serving(settings) as bridge:
        with closing(sqlite3.connect(settings.folder / "bridge.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            bridge.tell(signal.SIGHUP)
            wait_until(lambda: "could not resume pending mails" in bridge.log)
            other.execute("ROLLBACK")

        assert "settings loaded" in bridge.log
        assert "Traceback" not in bridge.log
        assert_takes_all(bridge)


class HeldUp:
    """A bridge that stops short at the next thing that it says: the pipe for it is full."""

    def __init__(self, settings: Settings) -> None:
        reader, self._writer = os.pipe()
        fcntl.fcntl(self._writer, fcntl.F_SETPIPE_SZ, 4096)
        self._process = subprocess.Popen([COMMAND, "--config", settings.path], stderr=self._writer)
        self._reader = reader
        said = b""
        while not (found := re.search(rb"msg=ready address=(\S+)", said)):
            said += os.read(self._reader, 4096)
        self.address = found[1].decode()

    def stop_up(self) -> None:
        os.set_blocking(self._writer, False)
        try:
            while True:
                os.write(self._writer, b"x")
        except BlockingIOError:
            os.set_blocking(self._writer, True)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._reader)
        os.close(self._writer)


def test_a_kill_between_the_commit_and_the_200_costs_no_mail_and_doubles_none(settings: Settings):
    """The bridge logs what it took between the two, and there it is held up and killed."""
    body = payload_of(an_alert())
    with MailgunStandIn() as mailgun:
        settings.write(mailgun=through(mailgun.url, settings.folder), hosts=hosts_of_alerts("web-1"))
        held_up = HeldUp(settings)
        held_up.stop_up()
        connection = HTTPConnection(held_up.address, timeout=PATIENCE_SECONDS)
        connection.request("POST", "/alerts", body, {"Authorization": f"Bearer {TOKEN}"})
        wait_until(lambda: stored(settings.folder / "bridge.db")[0] == 1)
        answered, _, _ = select.select([connection.sock], [], [], 0.2)
        held_up.kill()
        connection.close()

        with serving(settings) as bridge:
            assert bridge.status_of_post(body) == 200
            wait_until(lambda: bridge.sample("alertbridge_outbox_pending", priority="critical") == 0)
            assert bridge.sample("alertbridge_alerts_total", verdict="repeated") == 1

    assert not answered
    assert [message.subject for message in mailgun.messages] == ["[DOWN] web-1"]
