"""The outbox on a real SQLite file, to try things with."""

from itertools import count

from alertbridge.alerts.alert import Alert
from alertbridge.outbox.backlog import Backlog, read_backlog
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.database import Database
from alertbridge.outbox.intake import Intake, Taken
from alertbridge.outbox.notices import Notices
from alertbridge.outbox.summaries import Reminders
from alertbridge.routing.recipients import Routing
from tests.alertbridge.alert_builders import T0, a_routing
from tests.fakes.clock import FakeClock


class Outbox:
    """The halves of the store, a clock and a routing, as the bridge puts them together."""

    def __init__(self, path) -> None:
        self.url = f"sqlite:///{path}"
        self.clock = FakeClock(T0)
        self.routing: Routing = a_routing()
        self._numbers = count(1)
        self.database = Database(self.url)
        self.restart("boot-1")

    def restart(self, owner: str) -> None:
        self.close()
        self.database = Database(self.url)
        self.database.prepare()
        self.intake = Intake(self.database, new_incident_id=lambda: f"inc{next(self._numbers)}")
        self.notices = Notices(self.database, transport="mailgun", owner=owner)
        self.reminders = Reminders(self.database)

    def close(self) -> None:
        self.database.close()

    def take(self, *alerts: Alert) -> Taken:
        return self.intake.take(alerts, self.routing, self.clock.unix_seconds())

    def claim(self) -> Claim | None:
        """Claim the next notice, and begin to send it."""
        now = self.clock.unix_seconds()
        claim = self.notices.claim(self.routing, now)
        if claim:
            self.notices.start_sending(claim, self.routing, now)
        return claim

    def remind(self) -> int:
        return self.reminders.create_due(self.routing, self.clock.unix_seconds())

    def backlog(self, now: float) -> Backlog:
        return read_backlog(self.database, "mailgun", now)

    def send(self) -> Claim | None:
        """Claim the next notice and have it accepted."""
        claim = self.claim()
        if claim:
            self.notices.accept(claim, "id", self.clock.unix_seconds(), last_answered={})
        return claim

    def send_all(self) -> list[Claim]:
        return list(iter(self.send, None))


def hosts(claim: Claim | None) -> list[tuple[str, bool]]:
    assert claim is not None
    return [(told.episode.alert.labels["host"], told.is_over) for told in claim.reported]
