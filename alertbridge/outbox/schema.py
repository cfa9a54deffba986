"""The tables. Times are Unix seconds; JSON columns hold what Alertmanager sent, as it sent it.

A change raises VERSION; `migrations.py` says how the tables of the version before become these.
"""

from enum import StrEnum

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    false,
    text,
)

VERSION = 5

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("alertname", String, nullable=False),
    Column("is_storm", Boolean, nullable=False),
    Column("opened_unix_seconds", Float, nullable=False),
    Column("is_flapping", Boolean, nullable=False, server_default=text("0")),
    Index("incidents_by_alertname", "alertname", "opened_unix_seconds"),
)

episodes = Table(
    "episodes",
    metadata,
    Column("alert_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("incident_id", String, nullable=False),
    Column("alertname", String, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("annotations", JSON, nullable=False),
    Column("generator_url", String, nullable=False),
    Column("starts_unix_seconds", Float, nullable=False),
    Column("opened_unix_seconds", Float, nullable=False),
    Column("ended_unix_seconds", Float),
    Column("closed_unix_seconds", Float),
    Column("last_answered_unix_seconds", Float),
    Column("is_end_reconciled", Boolean, nullable=False, server_default=text("0")),
    Column("is_unwatched", Boolean, nullable=False, server_default=text("0")),
    Column("watched_as", String, nullable=False, server_default=""),
    Column("reopened_unix_seconds", Float),
    Column("restarted_unix_seconds", Float),
    Column("host", String, nullable=False, server_default=""),
    ForeignKeyConstraint(["incident_id"], ["incidents.incident_id"]),
    Index("episodes_by_incident", "incident_id"),
    Index("episodes_by_opening", "alertname", "opened_unix_seconds"),
    Index("episodes_by_closing", "closed_unix_seconds"),
    Index("episodes_by_host", "alertname", "host", "opened_unix_seconds"),
)
Index("episodes_open", episodes.c.alertname, sqlite_where=episodes.c.ended_unix_seconds.is_(None))

# Alerts that fire and are too many of their name to be kept one by one
counted_alerts = Table(
    "counted_alerts",
    metadata,
    Column("alert_id", String, primary_key=True),
    Column("alertname", String, nullable=False),
    Column("counted_unix_seconds", Float, nullable=False),
    Index("counted_by_alertname", "alertname"),
)

# Ends of open episodes that are not proven yet
end_claims = Table(
    "end_claims",
    metadata,
    Column("alert_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("claimed_unix_seconds", Float, nullable=False),
    Column("ends_unix_seconds", Float, nullable=False),
    Column("is_reconciled", Boolean, nullable=False),
    Column("reason", String, nullable=False),
)

# Firings that contradict the latest episode of their alert: another one, the same, or a stale repeat
disputed_firings = Table(
    "disputed_firings",
    metadata,
    Column("alert_id", String, primary_key=True),
    Column("received_unix_seconds", Float, nullable=False),
    Column("starts_unix_seconds", Float, nullable=False),
    Column("annotations", JSON, nullable=False),
    Column("generator_url", String, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("user_name", String, primary_key=True),
    Column("title", String, nullable=False),
    ForeignKeyConstraint(["incident_id"], ["incidents.incident_id"]),
)


class State(StrEnum):
    """The state of a notice.

    pending -> composing -> sending -> accepted | dead, or back to pending; pending -> superseded when there
    is no news left to report by the time it is due. pending -> held in its user's quiet hours; held ->
    pending, or held -> digested when a digest reports its news among others. pending or composing -> waiting
    while its news is not to be reported yet; it is looked at again every few seconds, as a pending one is.
    """

    PENDING = "pending"
    WAITING = "waiting"
    COMPOSING = "composing"
    SENDING = "sending"
    HELD = "held"
    DIGESTED = "digested"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"
    DEAD = "dead"


IN_FLIGHT = (State.COMPOSING, State.SENDING)
LEAVING = (State.PENDING, State.WAITING, *IN_FLIGHT)
UNSETTLED = (*LEAVING, State.HELD)


class Purpose(StrEnum):
    """What a notice is for.

    News is of one incident. A digest reports the news that was held; a reminder, what still fires after its
    user was notified. Each of the latter two has an incident of its own, without episodes.
    """

    NEWS = "news"
    DIGEST = "digest"
    REMINDER = "reminder"


class Delivery(StrEnum):
    """What became of a mail after the mail service accepted it, as the service reports it."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"


notices = Table(
    "notices",
    metadata,
    Column("notice_id", Integer, primary_key=True),
    Column("incident_id", String, nullable=False),
    Column("user_name", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("created_unix_seconds", Float, nullable=False),
    Column("next_unix_seconds", Float, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("owner", String),
    Column("told", JSON),
    Column("doubt_unix_seconds", Float),
    Column("provider_id", String),
    Column("last_error", String),
    Column("settled_unix_seconds", Float),
    Column("delivery", String),
    Column("delivery_unix_seconds", Float),
    Column("delivery_detail", String),
    Column("purpose", String, nullable=False, server_default=Purpose.NEWS),
    Column("digest_id", Integer),
    Column("held_unix_seconds", Float),
    Column("is_over_limit", Boolean, nullable=False, server_default=text("0")),
    ForeignKeyConstraint(["incident_id", "user_name"], ["threads.incident_id", "threads.user_name"]),
    Index("notices_by_thread", "incident_id", "user_name", "sequence", unique=True),
    Index("notices_by_state", "state", "priority", "next_unix_seconds"),
    Index("notices_by_digest", "digest_id"),
    Index("notices_by_user", "user_name", "state", "settled_unix_seconds"),
)
Index("notices_in_doubt", notices.c.user_name, sqlite_where=notices.c.doubt_unix_seconds.is_not(None))

# What each user has been notified of by accepted mails
known = Table(
    "known",
    metadata,
    Column("user_name", String, primary_key=True),
    Column("alert_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("is_over", Boolean, nullable=False),
    Column("told_unix_seconds", Float, nullable=False),
)
Index("known_to_fire", known.c.user_name, sqlite_where=known.c.is_over == false())

lanes = Table(
    "lanes",
    metadata,
    Column("lane", String, primary_key=True),
    Column("paused_until_unix_seconds", Float, nullable=False),
    Column("reason", String, nullable=False),
)

event_tokens = Table(
    "event_tokens",
    metadata,
    Column("token", String, primary_key=True),
    Column("told_unix_seconds", Float, nullable=False),
)
