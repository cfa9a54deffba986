import sqlite3
from contextlib import closing

import pytest

from alertbridge.alerts.internal import undeliverable_alert
from alertbridge.delivery.unreachable import UnreachableUsers
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.outbox import open_outbox
from tests.alertbridge.alert_builders import T0, a_routing, a_user
from tests.fakes.clock import FakeClock


class Office:
    """The admins' view of mail that is refused."""

    def __init__(self, url: str) -> None:
        self.clock = FakeClock(T0)
        self.outbox = open_outbox(url, transport="mailgun")
        self.routing = a_routing(a_user("ann"), a_user("ops", is_admin=True, hosts=("db-*",)))
        self.bouncing: set[str] = set()
        self.metrics = Metrics()
        self.undeliverable = UnreachableUsers(
            open_alerts=self.outbox.intake,
            bounces=lambda user_name: user_name in self.bouncing,
            raise_alert=lambda alert: self.outbox.intake.take(
                [alert], self.routing, self.clock.unix_seconds()
            ),
            clock=self.clock,
        )

    def suppressed(self) -> dict[str, float]:
        registry = self.metrics.registry
        name = "alertbridge_recipient_suppressed"
        samples = [sample for family in registry.collect() for sample in family.samples]
        return {sample.labels["user"]: sample.value for sample in samples if sample.name == name}

    def reported(self) -> list[tuple[str, str, bool]]:
        mails = []
        while claim := self.outbox.notices.claim(self.routing, self.clock.unix_seconds()):
            mails.append((claim.user_name, claim.title, claim.reported[0].is_over))
            self.outbox.notices.accept(claim, "id", self.clock.unix_seconds(), last_answered={})
        return mails


@pytest.fixture
def office(tmp_path):
    made = Office(f"sqlite:///{tmp_path}/bridge.db")
    yield made
    made.outbox.close()


def test_the_admins_are_told_once_that_somebody_cannot_be_reached(office):
    for _ in range(3):
        office.undeliverable.note_refused("ann", "no such address")
        office.clock.advance(60)

    assert office.reported() == [("ops", "mail for ann: not delivered", False)]


def test_and_once_that_they_can_be_again(office):
    office.undeliverable.note_refused("ann", "no such address")
    office.reported()
    office.clock.advance(60)
    office.undeliverable.note_accepted("ann")
    office.undeliverable.note_accepted("ann")

    assert office.reported() == [("ops", "mail for ann: not delivered", True)]


def test_and_at_once_after_the_clock_was_set_back(office):
    office.undeliverable.note_refused("ann", "no such address")
    office.reported()
    office.clock.jump(-3600)

    office.undeliverable.note_accepted("ann")

    assert office.reported() == [("ops", "mail for ann: not delivered", True)]


def test_many_at_once_are_one_mail_that_names_them_and_no_hosts(office):
    users = [f"user-{number}" for number in range(7)]
    alerts = [undeliverable_alert(user, "no", T0, ends_unix_seconds=None) for user in users]
    office.outbox.intake.take(alerts, office.routing, T0)

    assert office.reported() == [("ops", "mail not delivered: user-0, user-1, user-2 +4", False)]


def test_what_the_service_takes_only_to_send_it_back_ends_nothing(office):
    office.bouncing.add("ann")
    office.undeliverable.note_refused("ann", "bounced: no such user")
    office.undeliverable.note_accepted("ann")
    before = office.reported()
    office.clock.advance(60)

    office.undeliverable.note_delivered("ann")

    assert before == [("ops", "mail for ann: not delivered", False)]
    assert office.reported() == [("ops", "mail for ann: not delivered", True)]


def test_the_metrics_name_those_who_cannot_be_reached(office):
    office.metrics.watch_recipients(lambda: office.undeliverable.suppressed(["ann", "ops"]))
    before = office.suppressed()
    office.undeliverable.note_refused("ann", "no such address")
    meanwhile = office.suppressed()
    office.clock.advance(60)
    office.undeliverable.note_accepted("ann")

    assert before == {"ann": 0, "ops": 0}
    assert meanwhile == {"ann": 1, "ops": 0}
    assert office.suppressed() == before


def test_the_metrics_say_nothing_of_it_while_it_cannot_be_read(office, tmp_path):
    office.metrics.watch_recipients(lambda: office.undeliverable.suppressed(["ann"]))
    with closing(sqlite3.connect(tmp_path / "bridge.db")) as connection, connection:
        connection.execute("DROP TABLE episodes")

    assert office.suppressed() == {}


def test_mail_that_goes_through_is_no_news(office):
    office.undeliverable.note_accepted("ann")
    office.undeliverable.note_delivered("ann")

    assert office.reported() == []
