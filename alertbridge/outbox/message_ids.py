"""Incident ids, short enough to be read out, and the Message-Ids that are made of them."""

import hashlib
import re
import secrets
from email.utils import parseaddr
from typing import Any

from sqlalchemy import Connection, Row, select

from alertbridge.outbox.schema import notices

# Without letters and digits that are easily confused
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 7
_SHAPE = re.compile(
    r"<?inc-(?P<incident>[a-z0-9]{1,40})\.(?P<reader>[0-9a-f]{10})(?:\.(?P<sequence>[0-9]{1,9}))?@"
)


def new_incident_id() -> str:
    """Return a random id, one of 10^10."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def message_id(incident_id: str, user_name: str, sequence: int, sender: str) -> str:
    """Return the Message-Id of a notice that *sender* sends: always the same for the same notice."""
    follow_up = f".{sequence}" if sequence else ""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return f"<inc-{incident_id}.{_reader(user_name)}{follow_up}@{domain}>"


def notice_with_message_id(connection: Connection, message_id: str) -> Row[Any] | None:
    """Return the row of the notice with that Message-Id, with or without brackets; None if there is none."""
    parts = _SHAPE.match(message_id)
    if parts is None:
        return None
    its = notices.c.incident_id == parts["incident"], notices.c.sequence == int(parts["sequence"] or 0)
    rows = connection.execute(select(notices).where(*its))
    return next((row for row in rows if _reader(row.user_name) == parts["reader"]), None)


def _reader(user_name: str) -> str:
    return hashlib.sha256(user_name.encode()).hexdigest()[:10]
