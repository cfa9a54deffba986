import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.access.throttle import Throttle, backoff_seconds
from marax.neighbourhood import neighbourhood
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def throttle(clock: FakeClock) -> Throttle:
    return Throttle(clock)


def fail(throttle: Throttle, times: int, name: str = "ann", address: str = "192.0.2.1") -> None:
    for _ in range(times):
        throttle.note_failure(name, address)


def test_the_first_attempt_is_free(throttle: Throttle):
    assert throttle.wait_seconds("ann", "192.0.2.1") == 0


@pytest.mark.parametrize(("failures", "wait"), [(1, 1), (2, 2), (5, 16), (10, 512), (11, 900), (5000, 900)])
def test_each_failure_of_a_pair_doubles_its_wait_up_to_15_minutes(
    throttle: Throttle, failures: int, wait: int
):
    fail(throttle, failures)

    assert throttle.wait_seconds("ann", "192.0.2.1") == wait


def test_the_wait_passes(throttle: Throttle, clock: FakeClock):
    fail(throttle, 3)

    clock.advance(3)
    assert throttle.wait_seconds("ann", "192.0.2.1") == 1
    clock.advance(1)
    assert throttle.wait_seconds("ann", "192.0.2.1") == 0


def test_a_wall_clock_that_jumps_changes_nothing(throttle: Throttle, clock: FakeClock):
    fail(throttle, 3)

    clock.jump(86400)

    assert throttle.wait_seconds("ann", "192.0.2.1") == 4


def test_an_hour_without_failures_clears_the_account(throttle: Throttle, clock: FakeClock):
    fail(throttle, 20)
    clock.advance(3601)

    fail(throttle, 1)

    assert throttle.wait_seconds("ann", "192.0.2.1") == 1


def test_others_are_free_to_try_after_ten_failures(throttle: Throttle):
    fail(throttle, 10)

    assert throttle.wait_seconds("otto", "192.0.2.1") == 0
    assert throttle.wait_seconds("ann", "192.0.2.2") == 0


def test_an_address_waits_after_more_failures_whatever_the_name(throttle: Throttle):
    for i in range(13):
        fail(throttle, 1, name=f"user{i}")

    assert throttle.wait_seconds("somebody else", "192.0.2.1") == 4


def test_a_name_waits_after_more_failures_wherever_they_come_from(throttle: Throttle):
    for i in range(13):
        fail(throttle, 1, address=f"192.0.2.{i}")

    assert throttle.wait_seconds("ann", "198.51.100.1") == 4


def test_one_ipv6_network_counts_as_one_address(throttle: Throttle):
    for i in range(13):
        fail(throttle, 1, name=f"user{i}", address=f"2001:db8::{i}")

    assert throttle.wait_seconds("ann", "2001:db8::ffff") == 4
    assert throttle.wait_seconds("ann", "2001:db8:0:1::1") == 0


def test_who_logged_in_before_is_not_kept_out_by_others(throttle: Throttle):
    throttle.note_success("ann", "192.0.2.1")

    for i in range(1000):
        fail(throttle, 1, name=f"user{i}", address="192.0.2.1")
        fail(throttle, 1, name="ann", address=f"198.51.{i // 250}.{i % 250}")

    assert throttle.wait_seconds("ann", "192.0.2.1") == 0
    assert throttle.wait_seconds("ann", "203.0.113.1") == 900


def test_who_logged_in_before_waits_half_a_minute_at_most(throttle: Throttle):
    throttle.note_success("ann", "192.0.2.1")

    fail(throttle, 100)

    assert throttle.wait_seconds("ann", "192.0.2.1") == 30


def test_a_success_clears_the_pair_only(throttle: Throttle):
    for i in range(20):
        fail(throttle, 1, name=f"user{i}")
    fail(throttle, 5, name="ann")

    throttle.note_success("ann", "192.0.2.1")

    assert throttle.wait_seconds("ann", "192.0.2.1") == 0
    assert throttle.wait_seconds("user30", "192.0.2.1") == 900


def test_forgets_those_who_failed_longest_ago_when_there_are_too_many(throttle: Throttle):
    fail(throttle, 5, name="first", address="first")
    for i in range(6000):
        fail(throttle, 1, name=f"user{i}", address=f"address{i}")

    assert throttle.wait_seconds("first", "first") == 0
    assert throttle.wait_seconds("user5999", "address5999") == 1


@given(st.integers(min_value=0, max_value=10_000))
def test_the_wait_never_shrinks(failures: int):
    assert backoff_seconds(failures) <= backoff_seconds(failures + 1)


@pytest.mark.parametrize(
    ("address", "known_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_tells_networks_apart(address: str, known_as: str):
    assert neighbourhood(address) == known_as
