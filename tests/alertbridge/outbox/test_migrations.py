"""A database that an earlier version made, brought to the schema of this one with all that is in it."""

import sqlite3
from pathlib import Path

import pytest

from alertbridge.outbox.database import Database, StoreError
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.outbox import open_outbox
from alertbridge.outbox.schema import VERSION
from tests.alertbridge.alert_builders import T0, a_routing

MADE_BY_VERSION_1 = """
CREATE TABLE meta ("key" VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE incidents (
    incident_id VARCHAR NOT NULL, alertname VARCHAR NOT NULL, is_storm BOOLEAN NOT NULL,
    opened_unix_seconds FLOAT NOT NULL, PRIMARY KEY (incident_id)
);
CREATE INDEX incidents_by_alertname ON incidents (alertname, opened_unix_seconds);
CREATE TABLE episodes (
    alert_id VARCHAR NOT NULL, number INTEGER NOT NULL, incident_id VARCHAR NOT NULL,
    alertname VARCHAR NOT NULL,
    labels JSON NOT NULL, annotations JSON NOT NULL, generator_url VARCHAR NOT NULL,
    starts_unix_seconds FLOAT NOT NULL, opened_unix_seconds FLOAT NOT NULL, ended_unix_seconds FLOAT,
    closed_unix_seconds FLOAT, last_answered_unix_seconds FLOAT, PRIMARY KEY (alert_id, number),
    FOREIGN KEY(incident_id) REFERENCES incidents (incident_id)
);
CREATE INDEX episodes_by_incident ON episodes (incident_id);
CREATE INDEX episodes_by_opening ON episodes (alertname, opened_unix_seconds);
CREATE TABLE threads (
    incident_id VARCHAR NOT NULL, user_name VARCHAR NOT NULL, title VARCHAR NOT NULL,
    PRIMARY KEY (incident_id, user_name), FOREIGN KEY(incident_id) REFERENCES incidents (incident_id)
);
CREATE TABLE notices (
    notice_id INTEGER NOT NULL, incident_id VARCHAR NOT NULL, user_name VARCHAR NOT NULL,
    sequence INTEGER NOT NULL, priority INTEGER NOT NULL, state VARCHAR NOT NULL,
    created_unix_seconds FLOAT NOT NULL,
    next_unix_seconds FLOAT NOT NULL, attempts INTEGER NOT NULL, owner VARCHAR, told JSON,
    is_ambiguous BOOLEAN NOT NULL, provider_id VARCHAR, last_error VARCHAR, settled_unix_seconds FLOAT,
    PRIMARY KEY (notice_id),
    FOREIGN KEY(incident_id, user_name) REFERENCES threads (incident_id, user_name)
);
CREATE UNIQUE INDEX notices_by_thread ON notices (incident_id, user_name, sequence);
CREATE INDEX notices_by_state ON notices (state, priority, next_unix_seconds);
CREATE TABLE lanes (
    lane VARCHAR NOT NULL, paused_until_unix_seconds FLOAT NOT NULL, reason VARCHAR NOT NULL,
    PRIMARY KEY (lane)
);
INSERT INTO meta VALUES ('schema', '1');
INSERT INTO incidents VALUES ('k3f9q2m', 'HostDown', 0, 1790000000.0);
INSERT INTO episodes VALUES (
    'a1', 1, 'k3f9q2m', 'HostDown', '{"alertname": "HostDown", "host": "web-1", "severity": "critical"}',
    '{}', '', 1790000000.0, 1790000001.0, NULL, NULL, NULL
);
INSERT INTO threads VALUES ('k3f9q2m', 'ann', 'web-1: host not answering');
INSERT INTO threads VALUES ('k3f9q2m', 'bob', 'web-1: host not answering');
INSERT INTO notices VALUES (
    1, 'k3f9q2m', 'ann', 0, 0, 'pending', 1790000001.0, 1790000002.0, 1, NULL, '[["a1", 1, false]]', 1, NULL,
    'reset', NULL
);
INSERT INTO notices VALUES (
    2, 'k3f9q2m', 'bob', 0, 0, 'accepted', 1790000001.0, 1790000001.0, 1, NULL, '[["a1", 1, false]]', 0,
    '<id>', NULL, 1790000002.0
);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(MADE_BY_VERSION_1)
    connection.close()
    return path


def shape_of(path: Path) -> dict[str, list[object]]:
    """Return the columns of every table and every index, without the place of a column in its table."""
    with sqlite3.connect(path) as connection:
        names = connection.execute("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        shape = {
            name: sorted(row[1:] for row in connection.execute(f"PRAGMA {kind}_info({name})"))
            for kind, name in names
        }
    connection.close()
    return shape


def test_the_tables_become_those_of_a_new_database(path, tmp_path):
    for url in (f"sqlite:///{path}", f"sqlite:///{tmp_path}/new.db"):
        database = Database(url)
        database.prepare()
        database.close()

    assert shape_of(path) == shape_of(tmp_path / "new.db")


def test_what_was_owed_is_still_owed_word_for_word(path):
    outbox = open_outbox(f"sqlite:///{path}", lane="mailgun")
    claim = outbox.notices.claim(a_routing(), T0 + 60)
    outbox.close()

    assert claim is not None
    assert (claim.user_name, claim.doubt_unix_seconds, claim.attempts) == ("ann", T0 + 2, 2)
    assert [told.is_over for told in claim.told] == [False]


def test_what_was_sent_is_still_known(path):
    database = Database(f"sqlite:///{path}")
    database.prepare()

    sent = Inspection(database).notice(2)
    database.close()

    assert sent is not None
    assert (sent.user, sent.state, sent.provider_id) == ("bob", "accepted", "<id>")


def test_it_happens_once(path):
    for _ in range(2):
        database = Database(f"sqlite:///{path}")
        database.prepare()
        database.close()

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchall() == [
            (str(VERSION),)
        ]
    connection.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(path):
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE notices ADD COLUMN delivery_detail VARCHAR")
    connection.close()
    before = shape_of(path)

    with pytest.raises(StoreError, match="duplicate column"):
        Database(f"sqlite:///{path}").prepare()

    assert shape_of(path) == before


@pytest.mark.parametrize("version", ["0", str(VERSION + 1), "none"])
def test_the_tables_of_another_program_are_left_alone(path, version):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = ?", [version])
    connection.close()
    before = shape_of(path)

    with pytest.raises(StoreError, match=f"the database has schema {version}; this program knows {VERSION}"):
        Database(f"sqlite:///{path}").prepare()

    assert shape_of(path) == before
