"""What became of mails after the mail service accepted them, as its events report."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from alertbridge.outbox.database import Database
from alertbridge.outbox.message_ids import notice_with_message_id
from alertbridge.outbox.notified import record_notified
from alertbridge.outbox.schema import Delivery, State, event_tokens, notices

TOKEN_KEPT_SECONDS = 3600.0  # longer than any accepted event is old
MOST_TOKENS = 20_000
_UNDELIVERABLE = (Delivery.BOUNCED, Delivery.SUPPRESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNews:
    """An event that the service reports of one mail.

    Attributes:
        message_id: The mail's Message-Id.
        token: The identity of the event; no two have the same.
        delivery: What became of the mail.
        happened_unix_seconds: When.
        detail: Why, in the words of the service; empty when it went well.
    """

    message_id: str
    token: str
    delivery: Delivery
    happened_unix_seconds: float
    detail: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same event was received before."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The mail is not a notice of this outbox: another program sent it, or somebody did by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """Whom an event concerns.

    Attributes:
        user_name: The recipient of the mail.
        was_ambiguous: Whether it was unknown until now that the service accepted the mail.
    """

    user_name: str
    was_ambiguous: bool


class Deliveries:
    """Stores the latest event of each mail, and which events have been received."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, news: DeliveryNews) -> Concerned | NotOurs | Replayed:
        """Return whom *news* concerns; nothing is stored.

        Raises:
            StoreError: It cannot be read.
        """
        with self._database.reading() as connection:
            if connection.scalar(select(event_tokens.c.token).where(event_tokens.c.token == news.token)):
                return Replayed()
            row = notice_with_message_id(connection, news.message_id)
        if row is None:
            return NotOurs()
        return Concerned(user_name=row.user_name, was_ambiguous=_is_ambiguous(row))

    def note(self, news: DeliveryNews, now_unix_seconds: float) -> None:
        """Store *news*, unless it was received before or a later event is known.

        A mail that may have been sent is settled as accepted.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        with self._database.transaction() as connection:
            is_first = _keep_token(connection, news.token, now_unix_seconds)
            row = notice_with_message_id(connection, news.message_id) if is_first else None
            if row is None:
                return
            values: dict[str, object] = {}
            if (row.delivery_unix_seconds or 0.0) <= news.happened_unix_seconds:
                values = {
                    "delivery": news.delivery,
                    "delivery_unix_seconds": news.happened_unix_seconds,
                    "delivery_detail": news.detail,
                }
            if _is_ambiguous(row):
                record_notified(connection, row.user_name, row.told or (), now_unix_seconds)
                values |= {
                    "state": State.ACCEPTED,
                    "provider_id": news.message_id,
                    "settled_unix_seconds": now_unix_seconds,
                }
            if values:
                connection.execute(
                    notices.update().where(notices.c.notice_id == row.notice_id).values(values)
                )

    def spend(self, token: str, now_unix_seconds: float) -> bool:
        """Store that an event with that *token* has been received; return whether it is the first.

        Raises:
            StoreError: It could not be stored.
        """
        with self._database.transaction() as connection:
            return _keep_token(connection, token, now_unix_seconds)

    def is_undeliverable(self, user_name: str) -> bool:
        """Return whether the latest known delivery to a user failed for good.

        Raises:
            StoreError: It cannot be read.
        """
        latest = (
            select(notices.c.delivery)
            .where(notices.c.user_name == user_name, notices.c.delivery.is_not(None))
            .where(notices.c.delivery != Delivery.DELAYED)
            .order_by(notices.c.delivery_unix_seconds.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            return connection.scalar(latest) in _UNDELIVERABLE


def _is_ambiguous(row: Row[Any]) -> bool:
    return row.doubt_unix_seconds is not None and row.state in (State.PENDING, State.DEAD)


def _keep_token(connection: Connection, token: str, now: float) -> bool:
    """Store *token*, and delete those that are expired or too many; return whether it is new."""
    told = event_tokens.c.told_unix_seconds
    connection.execute(event_tokens.delete().where(told < now - TOKEN_KEPT_SECONDS))
    insert = event_tokens.insert().prefix_with("OR IGNORE").values(token=token, told_unix_seconds=now)
    is_new = connection.execute(insert).rowcount == 1
    if (connection.scalar(select(func.count()).select_from(event_tokens)) or 0) > MOST_TOKENS:
        newest = select(event_tokens.c.token).order_by(told.desc()).limit(MOST_TOKENS)
        connection.execute(event_tokens.delete().where(event_tokens.c.token.not_in(newest)))
    return is_new
