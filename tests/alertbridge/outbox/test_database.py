import os
import sqlite3
import threading
from contextlib import closing, suppress

import pytest
from sqlalchemy import text

from alertbridge.outbox.database import Database, Ownership, StoreError
from alertbridge.outbox.schema import meta


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bridge.db"


@pytest.fixture
def database(path):
    made = Database(f"sqlite:///{path}")
    made.prepare()
    yield made
    made.close()


def test_a_commit_is_on_the_disk_before_it_returns(database):
    with database.transaction() as connection:
        settings = [
            connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert settings == ["wal", 2, 1]


def test_a_failed_transaction_leaves_nothing_behind(database):
    with suppress(ZeroDivisionError), database.transaction() as connection:
        connection.execute(text("INSERT INTO meta VALUES ('a', 'b')"))
        raise ZeroDivisionError

    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM meta WHERE key = 'a'")) == 0


def test_prepares_what_is_prepared_already(database):
    database.prepare()

    database.check_writable()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_can_read_its_files_whatever_the_umask(path, umask):
    url, before = f"sqlite:///{path}", os.umask(umask)
    try:
        ownership, database = Ownership(url), Database(url)
        database.prepare()
        database.check_writable()
    finally:
        os.umask(before)

    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()}
    database.close()
    ownership.release()
    names = ("bridge.db", "bridge.db-wal", "bridge.db-shm", "bridge.db.lock")
    assert modes == dict.fromkeys(names, "0o600")


def test_two_writers_take_turns(database):
    def add_many(name: str) -> None:
        for number in range(50):
            with database.transaction() as connection:
                connection.execute(meta.insert().values(key=f"{name}{number}", value=""))

    threads = [threading.Thread(target=add_many, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM meta WHERE value = ''")) == 100


def test_says_when_another_version_made_it(database, path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")

    with pytest.raises(StoreError, match="schema 99"):
        database.prepare()


@pytest.mark.parametrize("url", ["nonsense", "mysql://a/b", "no-such-dialect://x", ""])
def test_refuses_what_is_no_sqlite_url(url):
    with pytest.raises(StoreError):
        Database(url)


def test_says_when_it_cannot_be_opened(tmp_path):
    with pytest.raises(StoreError, match="unable to open"):
        Database(f"sqlite:///{tmp_path}/missing/bridge.db").prepare()


def test_says_when_it_is_no_database(path):
    path.write_bytes(b"not a database, just a page of text" * 100)

    with pytest.raises(StoreError, match="not a database"):
        Database(f"sqlite:///{path}").prepare()


def test_reading_waits_for_no_writer(database):
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO meta VALUES ('a', 'b')"))

        with database.reading() as other:
            assert other.scalar(text("SELECT count(*) FROM meta WHERE key = 'a'")) == 0
