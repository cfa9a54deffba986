"""Disputed firings are looked for twice a second, however many episodes are stored."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Engine, event

from alertbridge.outbox.disputes import Disputes
from tests.alertbridge.outbox.store import Outbox


@pytest.mark.parametrize("look", [Disputes.of_open_episodes, Disputes.of_ended_episodes])
def test_no_look_reads_all_episodes(tmp_path, look):
    path = tmp_path / "bridge.db"
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    with closing(Outbox(path)) as outbox:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            look(Disputes(outbox.database), 10)
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    ((query, parameters),) = [one for one in asked if one[0].startswith("SELECT")]
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall()
    assert not [step for *_, step in plan if step.startswith("SCAN episodes")]
