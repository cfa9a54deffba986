"""The outbox as the rest of the bridge uses it: one database, what comes in and what goes out."""

import secrets
from dataclasses import dataclass

from alertbridge.outbox.backlog import Backlog, read_backlog
from alertbridge.outbox.database import Database, Ownership
from alertbridge.outbox.deliveries import Deliveries
from alertbridge.outbox.disputes import Disputes
from alertbridge.outbox.end_claims import EndClaims
from alertbridge.outbox.heartbeat_record import HeartbeatRecords
from alertbridge.outbox.intake import Intake
from alertbridge.outbox.message_ids import new_incident_id
from alertbridge.outbox.notices import Notices
from alertbridge.outbox.summaries import Reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """A database that is open and owned by this process.

    Attributes:
        database: For checks of its health.
        intake: Where alerts come in.
        end_claims: Ends that are not proven yet.
        disputes: Firings that contradict what is stored.
        notices: What is sent to users.
        reminders: Creates the reminders of what still fires.
        deliveries: What became of accepted mails.
        heartbeat: Where the heartbeat is recorded.
        ownership: Keeps other processes out.
        transport: The name of the transport that sends its notices, under which pauses are stored.
    """

    database: Database
    intake: Intake
    end_claims: EndClaims
    disputes: Disputes
    notices: Notices
    reminders: Reminders
    deliveries: Deliveries
    heartbeat: HeartbeatRecords
    ownership: Ownership
    transport: str

    def backlog(self, now_unix_seconds: float) -> Backlog:
        """Return what has not been sent yet.

        Raises:
            StoreError: It cannot be read.
        """
        return read_backlog(self.database, self.transport, now_unix_seconds)

    def close(self) -> None:
        """Close the database and release its ownership."""
        self.database.close()
        self.ownership.release()


def open_outbox(url: str, *, transport: str) -> Outbox:
    """Return the outbox in the database at *url*, which is created where it is missing.

    Raises:
        StoreError: It cannot be used, and why.
    """
    database = Database(url)
    ownership = Ownership(url)
    try:
        database.prepare()
    except Exception:
        database.close()
        ownership.release()
        raise
    return Outbox(
        database=database,
        intake=Intake(database, new_incident_id=new_incident_id),
        end_claims=EndClaims(database),
        disputes=Disputes(database),
        notices=Notices(database, transport=transport, owner=secrets.token_hex(8)),
        reminders=Reminders(database),
        deliveries=Deliveries(database),
        heartbeat=HeartbeatRecords(database),
        ownership=ownership,
        transport=transport,
    )
