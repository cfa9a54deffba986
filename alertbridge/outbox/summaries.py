"""Notices about many incidents: digests of what was held, reminders of what still fires."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from alertbridge.outbox.database import Database
from alertbridge.outbox.mail_limit import MailLimit
from alertbridge.outbox.message_ids import new_incident_id
from alertbridge.outbox.notified import oldest_notified, overdue_for_reminder
from alertbridge.outbox.schema import UNSETTLED, Purpose, State, incidents, notices, threads
from alertbridge.routing.limits import Use
from alertbridge.routing.recipients import Priority, Routing
from alertbridge.routing.users import UserSettings

_TITLES = {Purpose.DIGEST: "alerts that were held", Purpose.REMINDER: "alerts still firing"}
_PRIORITIES = {Purpose.DIGEST: Priority.DIGEST, Purpose.REMINDER: Priority.REMINDER}
# What is held for each user: how urgent the first of it is, and whether the limit holds any of it
_HELD = (
    select(
        notices.c.user_name,
        func.min(notices.c.priority).label("priority"),
        func.max(notices.c.is_over_limit).label("is_over_limit"),
    )
    .where(notices.c.state == State.HELD)
    .group_by(notices.c.user_name)
)
_USERS_WITH_HELD = select(notices.c.user_name).where(notices.c.state == State.HELD).distinct()


def users_with_held(connection: Connection) -> Sequence[str]:
    """Return the users who have held notices."""
    return connection.scalars(_USERS_WITH_HELD).all()


def release_held(connection: Connection, routing: Routing, now: float) -> None:
    """Release the held notices of users whose quiet hours are over, within the limit: in one digest.

    What is critical and was held by the limit only does not wait for the end of quiet hours that it passes.
    The notice of a single incident is sent as it is: that mail says more, and continues its thread.
    """
    limit = MailLimit(connection, routing.limits, now)
    for row in connection.execute(_HELD).all():
        user, is_critical = routing.user(row.user_name), Priority(row.priority).is_critical
        may_be_told = user is None or user.may_be_told(("critical",) if is_critical else (), now)
        use = Use.CRITICAL if is_critical else Use.DIGEST
        if may_be_told and (not row.is_over_limit or limit.allows(row.user_name, use)):
            _release(connection, row, now)


class Reminders:
    """Creates the reminders of what still fires, as often as each user has chosen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_due(self, routing: Routing, now_unix_seconds: float) -> int:
        """Create the reminders that are due by now; return how many.

        Raises:
            StoreError: They could not be written.
        """
        with self._database.reading() as connection:
            notified = oldest_notified(connection)
        due = [
            user
            for user in routing.users
            if user.name in notified
            and notified[user.name] + user.remind_every_seconds <= now_unix_seconds
            and user.quiet_until(now_unix_seconds) is None
        ]
        if not due:
            return 0
        with self._database.transaction() as connection:
            reminded = [
                user for user in due if _is_to_be_reminded(connection, user, routing, now_unix_seconds)
            ]
            for user in reminded:
                _create_summary(connection, Purpose.REMINDER, user.name, now_unix_seconds)
        return len(reminded)


def _release(connection: Connection, held: Row[*tuple[Any, ...]], now: float) -> None:
    """Release what is *held* for a user; a digest that was held itself takes in all the rest."""
    user_name = held.user_name
    its = (notices.c.user_name == user_name) & (notices.c.state == State.HELD)
    digests = select(notices.c.notice_id).where(its, notices.c.purpose == Purpose.DIGEST)
    digest_id = connection.scalar(digests)
    incident_count = connection.scalar(select(func.count(notices.c.incident_id.distinct())).where(its)) or 0
    if digest_id is None and incident_count > 1:
        digest_id = _create_summary(connection, Purpose.DIGEST, user_name, now)
    if digest_id is not None:
        is_critical = Priority(held.priority).is_critical
        priority = Priority.CRITICAL if is_critical else Priority.DIGEST
        kind = {"is_over_limit": bool(held.is_over_limit), "priority": priority}
        connection.execute(notices.update().where(notices.c.notice_id == digest_id).values(kind))
        of_these = notices.c.digest_id.in_(digests)
        connection.execute(notices.update().where(of_these).values(digest_id=digest_id))
        folded = {"state": State.DIGESTED, "digest_id": digest_id, "settled_unix_seconds": now}
        connection.execute(notices.update().where(its, notices.c.notice_id != digest_id).values(folded))
    leaving = {"state": State.PENDING, "created_unix_seconds": now, "next_unix_seconds": now}
    connection.execute(notices.update().where(its).values(leaving))


def _is_to_be_reminded(connection: Connection, user: UserSettings, routing: Routing, now: float) -> bool:
    """Return whether a reminder is due, none was created lately, and no digest will report the same soon."""
    its = (notices.c.user_name == user.name) & (notices.c.purpose != Purpose.NEWS)
    is_soon_reported = (notices.c.state == State.HELD) | its & notices.c.state.in_(UNSETTLED)
    last = select(func.max(notices.c.created_unix_seconds)).where(its, notices.c.purpose == Purpose.REMINDER)
    since = connection.scalar(last)
    if since is not None and since <= now < since + user.remind_every_seconds:
        return False
    waiting = select(notices.c.notice_id).where(notices.c.user_name == user.name, is_soon_reported).limit(1)
    return connection.scalar(waiting) is None and bool(overdue_for_reminder(connection, user, routing, now))


def _create_summary(connection: Connection, purpose: Purpose, user_name: str, now: float) -> int:
    """Create a notice that is due now, in an incident of its own; return its id."""
    incident_id = new_incident_id()
    incident = {"incident_id": incident_id, "alertname": "", "is_storm": False, "opened_unix_seconds": now}
    thread = {"incident_id": incident_id, "user_name": user_name}
    notice = {
        "sequence": 0,
        "purpose": purpose,
        "priority": _PRIORITIES[purpose],
        "state": State.PENDING,
        "created_unix_seconds": now,
        "next_unix_seconds": now,
    }
    connection.execute(incidents.insert().values(incident))
    connection.execute(threads.insert().values(thread | {"title": _TITLES[purpose]}))
    insert = notices.insert().values(thread | notice).returning(notices.c.notice_id)
    return int(connection.execute(insert).scalar_one())
