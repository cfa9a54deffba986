import pytest

from alertbridge.prometheus.circuit_breaker import CircuitBreakerEnricher
from alertbridge.prometheus.findings import Findings, HostFindings, Subject
from tests.fakes.clock import FakeClock

WEB = (Subject(instance="web-1:9877", fired_unix_seconds=1.0),)
DB = (Subject(instance="db-1:9877", fired_unix_seconds=1.0), Subject(instance="", fired_unix_seconds=1.0))


class Slow:
    """An enricher that takes its time, and finds out what a test says."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.takes_seconds = 2.0
        self.found = HostFindings()
        self.asked: list[tuple[Subject, ...]] = []

    def look_up(self, subjects):
        self.asked.append(subjects)
        self._clock.advance(self.takes_seconds)
        return Findings(
            hosts={one: self.found for one in subjects if one.instance}, missing=("It is silent.",)
        )


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def slow(clock):
    return Slow(clock)


@pytest.fixture
def sparing(slow, clock):
    return CircuitBreakerEnricher(slow, clock)


def test_does_not_wait_again_for_one_that_was_just_silent(sparing, slow):
    first = sparing.look_up(WEB)
    other = sparing.look_up(DB)

    assert slow.asked == [WEB]
    assert other == Findings(hosts={DB[0]: HostFindings()}, missing=first.missing)


def test_asks_again_after_a_while(sparing, slow, clock):
    sparing.look_up(WEB)
    clock.advance(10)
    sparing.look_up(DB)

    assert slow.asked == [WEB, DB]


@pytest.mark.parametrize(
    ("takes_seconds", "found"),
    [(0.9, HostFindings()), (2.0, HostFindings(reason="connection refused"))],
    ids=["quick", "with an answer"],
)
def test_goes_on_asking_one_that_costs_little_or_knows_something(sparing, slow, takes_seconds, found):
    slow.takes_seconds, slow.found = takes_seconds, found
    sparing.look_up(WEB)
    sparing.look_up(DB)

    assert slow.asked == [WEB, DB]
