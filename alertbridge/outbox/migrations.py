"""Migrations from the tables of any earlier version to those of this one."""

from sqlalchemy import Connection, inspect, select

from alertbridge.outbox import schema

# How the tables of a version become those of the next; new tables are there already
_STEPS = {
    1: (
        "ALTER TABLE notices ADD COLUMN doubt_unix_seconds FLOAT",
        "UPDATE notices SET doubt_unix_seconds = next_unix_seconds WHERE is_ambiguous",
        "ALTER TABLE notices DROP COLUMN is_ambiguous",
        "ALTER TABLE notices ADD COLUMN delivery VARCHAR",
        "ALTER TABLE notices ADD COLUMN delivery_unix_seconds FLOAT",
        "ALTER TABLE notices ADD COLUMN delivery_detail VARCHAR",
    ),
    2: (
        "ALTER TABLE episodes ADD COLUMN is_end_reconciled BOOLEAN DEFAULT 0 NOT NULL",
        "ALTER TABLE notices ADD COLUMN purpose VARCHAR DEFAULT 'news' NOT NULL",
        "ALTER TABLE notices ADD COLUMN digest_id INTEGER",
        "ALTER TABLE notices ADD COLUMN held_unix_seconds FLOAT",
        "CREATE INDEX notices_by_digest ON notices (digest_id)",
        "INSERT INTO known (user_name, alert_id, number, is_over, told_unix_seconds) "
        "SELECT user_name, json_extract(one.value, '$[0]'), json_extract(one.value, '$[1]'), "
        "max(json_extract(one.value, '$[2]')), max(settled_unix_seconds) "
        "FROM notices, json_each(notices.told) AS one "
        "WHERE state = 'accepted' AND json_type(told) = 'array' GROUP BY 1, 2, 3",
    ),
    3: (
        "ALTER TABLE episodes ADD COLUMN is_unwatched BOOLEAN DEFAULT 0 NOT NULL",
        "ALTER TABLE episodes ADD COLUMN watched_as VARCHAR DEFAULT '' NOT NULL",
        "ALTER TABLE episodes ADD COLUMN reopened_unix_seconds FLOAT",
        "ALTER TABLE episodes ADD COLUMN restarted_unix_seconds FLOAT",
        "CREATE INDEX episodes_by_closing ON episodes (closed_unix_seconds)",
    ),
    4: (
        "ALTER TABLE incidents ADD COLUMN is_flapping BOOLEAN DEFAULT 0 NOT NULL",
        "ALTER TABLE episodes ADD COLUMN host VARCHAR DEFAULT '' NOT NULL",
        "CREATE INDEX episodes_by_host ON episodes (alertname, host, opened_unix_seconds)",
        "CREATE INDEX episodes_open ON episodes (alertname) WHERE ended_unix_seconds IS NULL",
        "ALTER TABLE notices ADD COLUMN is_over_limit BOOLEAN DEFAULT 0 NOT NULL",
        "CREATE INDEX notices_by_user ON notices (user_name, state, settled_unix_seconds)",
        "CREATE INDEX notices_in_doubt ON notices (user_name) WHERE doubt_unix_seconds IS NOT NULL",
    ),
}


class UnknownSchemaError(Exception):
    """The tables are of a version that this program does not know."""


def migrate(connection: Connection) -> None:
    """Create the tables in an empty database, or migrate those of an earlier version.

    The transaction is the caller's: all of it is done, or nothing.

    Raises:
        UnknownSchemaError: The tables are of a later version, or of none.
    """
    version = _version_of(connection)
    schema.metadata.create_all(connection)
    for step in range(version or schema.VERSION, schema.VERSION):
        for statement in _STEPS[step]:
            connection.exec_driver_sql(statement)
    if version != schema.VERSION:
        connection.execute(schema.meta.delete().where(schema.meta.c.key == "schema"))
        connection.execute(schema.meta.insert().values(key="schema", value=str(schema.VERSION)))


def _version_of(connection: Connection) -> int | None:
    """Return the version of the tables; None when there are none yet."""
    if not inspect(connection).has_table(schema.meta.name):
        return None
    found = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "schema"))
    if found is None:
        return None
    if found not in map(str, range(1, schema.VERSION + 1)):
        raise UnknownSchemaError(
            f"the database has schema {found}; this program supports up to {schema.VERSION}"
        )
    return int(found)
