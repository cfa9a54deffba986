"""A database that an earlier version made, brought to the schema of this one with all that is in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from alertbridge.outbox.database import Database, StoreError
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.outbox import open_outbox
from alertbridge.outbox.schema import VERSION
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert

MADE_BY = Path(__file__).parents[2] / "data" / "outbox"


@pytest.fixture(params=range(1, VERSION))
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "bridge.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript((MADE_BY / f"version-{request.param}.sql").read_text())
    return path


only_version_1 = pytest.mark.parametrize("path", [1], indirect=True)
only_version_2 = pytest.mark.parametrize("path", [2], indirect=True)


def shape_of(path: Path) -> dict[str, list[object]]:
    """Return the columns of every table and every index, without the place of a column in its table."""
    with closing(sqlite3.connect(path)) as connection, connection:
        names = connection.execute("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        return {
            name: sorted(
                row[1:] if kind == "table" else (row[0], row[2])
                for row in connection.execute(f"PRAGMA {kind}_info({name})")
            )
            for kind, name in names
        }


def test_the_tables_become_those_of_a_new_database(path, tmp_path):
    for url in (f"sqlite:///{path}", f"sqlite:///{tmp_path}/new.db"):
        database = Database(url)
        database.prepare()
        database.close()

    assert shape_of(path) == shape_of(tmp_path / "new.db")


@only_version_1
def test_an_ambiguous_notice_is_still_repeated_word_for_word(path):
    outbox = open_outbox(f"sqlite:///{path}", transport="mailgun")
    claim = outbox.notices.claim(a_routing(), T0 + 60)
    outbox.close()

    assert claim is not None
    assert (claim.user_name, claim.ambiguous_since_unix_seconds, claim.attempts) == ("ann", T0 + 2, 2)
    assert [told.is_over for told in claim.reported] == [False]


@only_version_1
def test_what_was_sent_is_still_known(path):
    database = Database(f"sqlite:///{path}")
    database.prepare()

    sent = Inspection(database).notice(2)
    database.close()

    assert sent is not None
    assert (sent.user, sent.state, sent.provider_id) == ("bob", "accepted", "<id>")


@only_version_2
def test_nobody_is_notified_again_after_a_migration(path):
    outbox = open_outbox(f"sqlite:///{path}", transport="mailgun")
    routing = a_routing(a_user("ann"), a_user("bob"))
    outbox.intake.take([an_alert("web-1"), an_alert("web-2", ends=T0 + 60)], routing, T0 + 100)

    told = []
    while claim := outbox.notices.claim(routing, T0 + 100):
        outbox.notices.accept(claim, "id", T0 + 100, last_answered={})
        told += [(claim.user_name, one.episode.alert.labels["host"], one.is_news) for one in claim.reported]
    outbox.close()

    assert told == [("ann", "web-3", True), ("bob", "web-3", True)]


@only_version_2
def test_ends_are_reported_and_reminders_created_after_a_migration(path):
    outbox = open_outbox(f"sqlite:///{path}", transport="mailgun")
    routing = a_routing(a_user("bob"))
    outbox.intake.take([an_alert("web-1", ends=T0 + 90)], routing, T0 + 91)
    while claim := outbox.notices.claim(routing, T0 + 91):
        outbox.notices.accept(claim, "id", T0 + 91, last_answered={})

    assert outbox.reminders.create_due(routing, T0 + 86_500) == 1
    reminder = outbox.notices.claim(routing, T0 + 86_500)
    outbox.close()

    assert reminder is not None
    assert [one.episode.alert.labels["host"] for one in reminder.reported] == ["web-3"]


def test_it_happens_once(path):
    for _ in range(2):
        database = Database(f"sqlite:///{path}")
        database.prepare()
        database.close()

    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchall() == [
            (str(VERSION),)
        ]


@only_version_1
def test_a_migration_that_fails_leaves_the_database_as_it_was(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE notices ADD COLUMN delivery_detail VARCHAR")
    before = shape_of(path)

    with pytest.raises(StoreError, match="duplicate column"):
        open_outbox(f"sqlite:///{path}", transport="mailgun")

    assert shape_of(path) == before


@pytest.mark.parametrize("version", ["0", str(VERSION + 1), "none"])
def test_the_tables_of_another_program_are_left_alone(path, version):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = ?", [version])
    before = shape_of(path)

    expected = f"the database has schema {version}; this program supports up to {VERSION}"
    with pytest.raises(StoreError, match=expected):
        open_outbox(f"sqlite:///{path}", transport="mailgun")

    assert shape_of(path) == before
