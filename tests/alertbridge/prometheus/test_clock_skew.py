"""Prometheus' time beside the bridge's."""

import pytest

from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.clock_skew import AskedClock, ClockSkew, Skew
from alertbridge.prometheus.settings import HttpUrl
from scripts.stack.ports import free_addresses
from tests.alertbridge.alert_builders import T0
from tests.fakes.clock import FakeClock


def asked(address: str, clock: FakeClock | None = None) -> Skew | NotKnown:
    return AskedClock(HttpUrl.from_setting(f"http://{address}"), clock or FakeClock(T0)).skew()


def time_is(value: str) -> dict[str, object]:
    return {"/api/v1/query": {"data": {"result": [{"metric": {}, "value": [T0, value]}]}}}


class SlowClock(FakeClock):
    """A clock on which everything takes eight seconds."""

    def unix_seconds(self) -> float:
        self.advance(8)
        return super().unix_seconds()


def test_compares_prometheus_time_with_that_of_the_bridge(serve):
    assert asked(serve(time_is(f"{T0 + 125}"))) == Skew(seconds=125)


def test_compares_it_with_the_middle_of_the_request_and_is_no_surer_than_half_of_it(serve):
    assert asked(serve(time_is(f"{T0 + 12}")), SlowClock(T0)) == Skew(seconds=0, uncertainty_seconds=4)


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "1e300", "-1", "0", "soon"])
def test_a_time_that_is_none_is_not_known(serve, value):
    assert isinstance(asked(serve(time_is(value))), NotKnown)


@pytest.mark.parametrize("result", [[], "text", [{"metric": {}}]])
def test_another_answer_is_not_known(serve, result):
    assert isinstance(asked(serve({"/api/v1/query": {"data": {"result": result}}})), NotKnown)


def test_a_prometheus_that_does_not_answer_is_not_known():
    (address,) = free_addresses(1)

    assert asked(address) == NotKnown(reason="connection refused")


@pytest.mark.parametrize(
    ("skew", "words"),
    [
        (Skew(seconds=10.0), ""),
        (Skew(seconds=-9.0), ""),
        (Skew(seconds=11.0), "Prometheus' clock is 11 s ahead of the clock of this bridge"),
        (Skew(seconds=-3725.0), "Prometheus' clock is 1 h 2 min behind the clock of this bridge"),
        (Skew(seconds=14.0, uncertainty_seconds=5.0), ""),
        (
            Skew(seconds=-16.0, uncertainty_seconds=5.0),
            "Prometheus' clock is 16 s behind the clock of this bridge",
        ),
    ],
)
def test_says_what_is_beyond_ten_seconds_for_sure(skew, words):
    assert skew.words == words


def test_nothing_is_known_at_first():
    skew = ClockSkew(FakeClock())

    assert (skew.seconds(), skew.words(), skew.mail_words()) == (None, "", "")


def test_what_was_found_lasts_for_five_minutes():
    clock = FakeClock()
    skew = ClockSkew(clock)
    skew.note(Skew(seconds=60.0))
    clock.advance(299)
    assert skew.seconds() == 60
    assert skew.mail_words() == (
        "Prometheus' clock is 1 min ahead of the clock of this bridge: times and durations in this mail may"
        " be wrong by as much."
    )

    clock.advance(1)
    assert (skew.seconds(), skew.words()) == (None, "")
