"""A store in trouble: nothing half-written, nothing lost, and well again by itself."""

import resource
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from alertbridge.alerts.episodes import Verdict
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.outbox import open_outbox
from tests.alertbridge.alert_builders import T0, a_routing, an_alert
from tests.alertbridge.permissions import HELD_TO_PERMISSIONS

ROUTING = a_routing()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bridge.db"


@pytest.fixture
def outbox(path):
    made = open_outbox(f"sqlite:///{path}", transport="mailgun")
    made.intake.take([an_alert("web-1")], ROUTING, T0)
    yield made
    made.close()


@contextmanager
def no_file_may_grow_beyond(size_bytes: int) -> Iterator[None]:
    """Hold this process's files to a size; for a moment, as pytest writes its own log in it too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def stored(path) -> tuple[int, int, str]:
    """Return how many episodes and notices there are, and what SQLite says of its file."""
    with closing(sqlite3.connect(path)) as connection:
        (episodes,) = connection.execute("SELECT count(*) FROM episodes").fetchone()
        (notices,) = connection.execute("SELECT count(*) FROM notices").fetchone()
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
    return episodes, notices, integrity


def test_a_full_disk_takes_all_of_a_post_or_nothing(outbox, path):
    many = [an_alert(f"web-{number}") for number in range(2, 2000)]
    with no_file_may_grow_beyond(100_000), pytest.raises(StoreError):
        outbox.intake.take(many, ROUTING, T0 + 1)

    assert stored(path) == (1, 1, "ok")
    assert outbox.intake.take(many, ROUTING, T0 + 2).verdicts == Counter({Verdict.OPENED: 1998})
    assert stored(path) == (1999, 2, "ok")


def test_what_could_not_be_settled_on_a_full_disk_is_still_being_sent(outbox, path):
    claim = outbox.notices.claim(ROUTING, T0 + 1)
    with no_file_may_grow_beyond(0), pytest.raises(StoreError):
        outbox.notices.accept(claim, "id", T0 + 2, last_answered={})

    outbox.notices.accept(claim, "id", T0 + 3, last_answered={})
    assert outbox.notices.claim(ROUTING, T0 + 4) is None
    assert stored(path) == (1, 1, "ok")


def test_a_database_that_another_program_holds_is_waited_for_and_then_said_to_be_locked(outbox, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            outbox.intake.take([an_alert("web-2")], ROUTING, T0 + 1)
        other.execute("ROLLBACK")

    assert outbox.intake.take([an_alert("web-2")], ROUTING, T0 + 2).notices == 1


@pytest.mark.usefixtures("outbox")
def test_a_second_bridge_is_kept_out(path):
    with pytest.raises(StoreError, match="it is in use by another marax-alertbridge"):
        open_outbox(f"sqlite:///{path}", transport="mailgun")


def test_of_an_end_and_a_late_post_that_come_at_once_no_ghost_is_left(outbox, path):
    """Both wait for the database; the late one may have been dated before the end, and stored after it."""
    for number in range(8):
        alert, over = an_alert(f"db-{number}"), an_alert(f"db-{number}", ends=T0 + 60)
        outbox.intake.take([alert], ROUTING, T0 + 1)
        with closing(sqlite3.connect(path, isolation_level=None)) as other, ThreadPoolExecutor(2) as posts:
            other.execute("BEGIN IMMEDIATE")
            end = posts.submit(outbox.intake.take, [over], ROUTING, T0 + 61)
            late = posts.submit(outbox.intake.take, [alert], ROUTING, T0 + 60.9)
            other.execute("ROLLBACK")

            assert end.result().verdicts == Counter({Verdict.CLOSED: 1})
            assert late.result().verdicts.keys() <= {Verdict.DISPUTED, Verdict.REPEATED}
        assert outbox.intake.open_since(alert.alert_id) is None


def test_a_database_that_was_read_only_for_a_while_is_written_again_by_itself(tmp_path, path):
    spell = [sys.executable, "-m", "tests.alertbridge.outbox.read_only_spell", tmp_path]
    said = subprocess.run([*HELD_TO_PERMISSIONS, *spell], capture_output=True, text=True, check=True)

    refused = "web-2: attempt to write a readonly database\n"
    assert said.stdout == f"web-1: opened\n{refused}{refused}web-2: opened\n"
    assert stored(path) == (2, 2, "ok")
