"""Keeping up to date what is known of the skew of clocks."""

import logging

import pytest

from alertbridge.background.clock_check import ClockCheck
from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.clock_skew import ClockSkew, Skew
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig


class Pair:
    """Two clocks, of which a test says how they differ."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.known = ClockSkew(self.clock)
        self.found: Skew | NotKnown = Skew(seconds=0.0)
        self.ahead_seconds = 0.0
        self.live = FakeLiveConfig(prometheus_clock=self)
        self.check = ClockCheck(skew=self.known, live=self.live, heartbeat_ahead=lambda: self.ahead_seconds)

    def skew(self) -> Skew | NotKnown:
        return self.found


@pytest.fixture
def pair():
    return Pair()


def test_asks_prometheus_and_forgets_what_it_said_once_it_no_longer_answers(pair):
    pair.found = Skew(seconds=60.0)
    pair.check.run()
    pair.found = NotKnown(reason="connection refused")
    pair.clock.advance(60)
    pair.check.run()
    assert pair.known.seconds() == 60

    pair.clock.advance(240)
    pair.check.run()
    assert pair.known.seconds() is None


def test_without_prometheus_a_heartbeat_from_the_future_shows_it(pair):
    pair.live.prometheus_clock = None
    pair.check.run()
    assert pair.known.seconds() is None

    pair.ahead_seconds = 3600.0
    pair.check.run()
    assert pair.known.words() == "Prometheus' clock is 1 h ahead of the clock of this bridge"


def test_logs_each_change_once(pair, caplog):
    caplog.set_level(logging.INFO)
    for seconds in (0.0, 60.0, 61.0, 0.0, 0.0):
        pair.found = Skew(seconds=seconds)
        pair.check.run()

    assert [record.message for record in caplog.records] == [
        "clocks differ",
        "clocks no longer differ, or it is not known",
    ]
