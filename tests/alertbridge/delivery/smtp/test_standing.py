"""A server that refuses us: all mails, or those to some recipients only."""

import pytest

from alertbridge.delivery.mailer import NotSent, TransportPaused
from alertbridge.delivery.smtp.standing import Standing
from tests.fakes.clock import FakeClock

REFUSED = TransportPaused(reason="relay not permitted")


class Server:
    """A server that serves some recipients, and a bridge that pauses for a minute when told so."""

    def __init__(self, *served: str) -> None:
        self.clock = FakeClock()
        self.standing = Standing(self.clock)
        self.served = served
        self.told: list[str] = []
        self.tries = 0

    def work_through(self, *waiting: str) -> list[str]:
        """Send to those who wait, the first one first, until a pause; return who still waits."""
        left: list[str] = []
        for number, recipient in enumerate(waiting):
            outcome = self.standing.passed_over(recipient)
            if outcome is not None:
                left.append(recipient)
                continue
            self.tries += 1
            if recipient in self.served:
                self.standing.note_accepted()
                self.told.append(recipient)
                continue
            left.append(recipient)
            if isinstance(self.standing.narrowed(recipient, REFUSED), TransportPaused):
                return [*left, *waiting[number + 1 :]]
        return left


@pytest.fixture
def server():
    return Server("ann", "bob")


def test_the_first_refusal_is_a_pause(server):
    assert server.standing.passed_over("kim") is None
    assert server.standing.narrowed("kim", REFUSED) == REFUSED


@pytest.mark.parametrize("refused", [1, 5, 300])
def test_those_who_are_served_are_told_after_one_pause_whoever_comes_first(server, refused):
    waiting = [f"kim{number}" for number in range(refused)] + ["ann", "bob"]

    waiting = server.work_through(*waiting)
    server.clock.advance(60)
    server.work_through(*waiting)

    assert server.told == ["ann", "bob"]


def test_the_many_mails_of_one_who_is_refused_are_tried_once_a_pause(server):
    waiting = ["kim"] * 100
    for _ in range(10):
        server.work_through(*waiting)
        server.clock.advance(60)

    assert server.tries == 10


def test_one_who_is_refused_is_tried_once_a_minute_while_others_are_served(server):
    server.standing.note_accepted()
    for _ in range(60):
        server.work_through(*["kim"] * 20, "ann")
        server.clock.advance(10)

    assert server.told == ["ann"] * 60
    assert server.tries == 60 + 10


def test_nobody_is_paused_for_while_the_server_accepts_mails_of_others(server):
    server.standing.note_accepted()

    assert isinstance(server.standing.narrowed("kim", REFUSED), NotSent)
    server.clock.advance(700)
    assert server.standing.narrowed("kim", REFUSED) == REFUSED


def test_a_server_that_serves_nobody_is_paused_for_nearly_all_the_time():
    server, waits = Server(), []
    for _ in range(100):
        waits.append(60 if server.standing.narrowed("kim", REFUSED) == REFUSED else 5)
        server.clock.advance(waits[-1])

    assert waits.count(60) == 50
