"""The outbox as its users have it: one database, the way in and the way out."""

import secrets
from dataclasses import dataclass

from alertbridge.outbox.backlog import Backlog, read_backlog
from alertbridge.outbox.database import Database, Ownership
from alertbridge.outbox.deliveries import Deliveries
from alertbridge.outbox.intake import Intake
from alertbridge.outbox.message_ids import new_incident_id
from alertbridge.outbox.notices import Notices
from alertbridge.outbox.pulses import Pulses
from alertbridge.outbox.summaries import Reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """A store that is open, and ours alone.

    Attributes:
        database: For checks of its health.
        intake: Where alerts come in.
        notices: What is owed to people.
        reminders: What people are told again as it goes on.
        deliveries: What became of the mails that left.
        pulses: Where the heartbeat's pulse is kept.
        ownership: Keeps other processes out.
        lane: The way by which its notices leave.
    """

    database: Database
    intake: Intake
    notices: Notices
    reminders: Reminders
    deliveries: Deliveries
    pulses: Pulses
    ownership: Ownership
    lane: str

    def backlog(self, now_unix_seconds: float) -> Backlog:
        """Return what has not left yet.

        Raises:
            StoreError: It cannot be read.
        """
        return read_backlog(self.database, self.lane, now_unix_seconds)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()
        self.ownership.release()


def open_outbox(url: str, *, lane: str) -> Outbox:
    """Return the outbox in the database at *url*, made where it is missing.

    Raises:
        StoreError: It cannot be used; says why.
    """
    database = Database(url)
    ownership = Ownership(url)
    try:
        database.prepare()
    except Exception:
        ownership.release()
        raise
    return Outbox(
        database=database,
        intake=Intake(database, new_incident_id=new_incident_id),
        notices=Notices(database, lane=lane, owner=secrets.token_hex(8)),
        reminders=Reminders(database),
        deliveries=Deliveries(database),
        pulses=Pulses(database),
        ownership=ownership,
        lane=lane,
    )
