from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.snapshot import Snapshot, Window
from exporter.host.stat import Process
from exporter.processes.cpu_attribution import (
    Attribution,
    attribute,
    cpu_ratios,
    host_cpu_ratio,
    own_ticks,
    reaped_ticks,
)
from tests.fakes.snapshots import TICKS_PER_SECOND, a_process, a_snapshot, a_window

BEFORE, SINCE = 99_000, 100_500  # ticks: the windows here begin at 100_000


def test_counts_what_a_process_used_since():
    window = a_window([a_process(7, own_ticks=100)], [a_process(7, own_ticks=350)], busy=3)

    assert attribute(window).seconds_by_pid == {7: 2.5}
    assert attribute(window).unattributed_seconds == pytest.approx(0.5)


def test_counts_a_process_that_started_since_as_a_whole():
    window = a_window([], [a_process(7, start_ticks=SINCE, own_ticks=200)], busy=2)

    assert attribute(window).seconds_by_pid == {7: 2}


def test_does_not_count_the_past_of_a_process_that_came_into_sight():
    window = a_window([], [a_process(7, start_ticks=BEFORE, own_ticks=200)], busy=2)

    assert attribute(window).seconds_by_pid == {}


def test_counts_only_the_new_bearer_of_a_number():
    window = a_window(
        [a_process(7, start_ticks=BEFORE, own_ticks=90_000, reaped_ticks=5000)],
        [a_process(7, start_ticks=SINCE, own_ticks=30, reaped_ticks=10)],
        busy=0.4,
    )

    assert attribute(window).seconds_by_pid == {7: pytest.approx(0.4)}


def test_credits_a_parent_with_children_that_came_and_went():
    window = a_window([a_process(7, reaped_ticks=10)], [a_process(7, reaped_ticks=410)], busy=5)

    assert attribute(window).seconds_by_pid == {7: 4}
    assert attribute(window).unattributed_seconds == pytest.approx(1)


def test_does_not_credit_again_what_was_seen_of_a_child_while_it_lived():
    window = a_window(
        [a_process(7), a_process(8, parent_pid=7, own_ticks=300, reaped_ticks=50)],
        [a_process(7, reaped_ticks=360)],
        busy=1,
    )

    assert reaped_ticks(window) == {7: 10}


def test_rolls_the_dead_up_to_their_nearest_living_ancestor():
    family = [
        a_process(1, parent_pid=0),
        a_process(7, parent_pid=1, own_ticks=100),
        a_process(8, parent_pid=7, own_ticks=200),
        a_process(9, parent_pid=8, own_ticks=400),
    ]
    window = a_window(family, [a_process(1, parent_pid=0, reaped_ticks=750)], busy=1)

    assert reaped_ticks(window) == {1: 50}


def test_survives_a_family_that_descends_from_itself():
    window = a_window(
        [a_process(7, parent_pid=8), a_process(8, parent_pid=7), a_process(9, parent_pid=9), a_process(5)],
        [a_process(5, reaped_ticks=10)],
        busy=1,
    )

    assert reaped_ticks(window) == {5: 10}


def test_scales_credits_down_to_what_the_host_used_beyond_the_living():
    window = a_window(
        [a_process(7), a_process(8), a_process(9)],
        [a_process(7, reaped_ticks=600), a_process(8, reaped_ticks=200), a_process(9, own_ticks=100)],
        busy=5,
    )

    attribution = attribute(window)

    assert attribution.seconds_by_pid == {7: pytest.approx(3), 8: pytest.approx(1), 9: 1}
    assert attribution.unattributed_seconds == pytest.approx(0)


def test_pays_back_later_what_was_overdrawn():
    first = a_window([a_process(7)], [a_process(7, own_ticks=130)], busy=1)
    second = a_window([a_process(7)], [a_process(7, own_ticks=100)], busy=2)

    overdrawn_seconds = attribute(first).overdrawn_seconds
    attribution = attribute(second, overdrawn_seconds=overdrawn_seconds)

    assert overdrawn_seconds == pytest.approx(0.3)
    assert attribution.unattributed_seconds == pytest.approx(0.7)
    assert attribution.overdrawn_seconds == 0


def test_does_not_owe_more_than_a_second_for_each_cpu():
    window = a_window([a_process(7)], [a_process(7, own_ticks=9000)], busy=0)

    assert attribute(window).overdrawn_seconds == 2


def test_counts_nothing_when_the_hosts_own_account_runs_backwards():
    window = Window(then=a_snapshot(busy=50), now=a_snapshot(at=1010, busy=20))

    assert attribute(window).unattributed_seconds == 0


def test_a_ratio_is_the_share_of_all_cpus():
    window = a_window([a_process(7)], [a_process(7, own_ticks=500), a_process(8)], seconds=10, busy=5)

    assert cpu_ratios(window) == {7: 0.25}


def test_a_ratio_is_never_above_one():
    window = a_window([a_process(7)], [a_process(7, own_ticks=9_000_000)], seconds=10, busy=5)

    assert cpu_ratios(window) == {7: 1.0}


@pytest.mark.parametrize("ticks", [2001, 10**9, 1844674407370, 2**63 - 1])
def test_one_reading_adds_at_most_what_all_cpus_could_give(ticks: int):
    window = a_window([a_process(7)], [a_process(7, own_ticks=ticks)], seconds=10, busy=1)
    after = a_window([a_process(7, own_ticks=ticks)], [a_process(7, own_ticks=100)], seconds=10, busy=1)

    assert attribute(window).seconds_by_pid == {7: 20.0}
    assert attribute(after).seconds_by_pid == {}


def test_takes_nothing_that_cannot_be_for_what_the_host_used():
    window = a_window([a_process(7)], [a_process(7, own_ticks=100)], seconds=10, busy=1.8e17)

    attribution = attribute(window)

    assert attribution.seconds_by_pid == {7: 1.0}
    assert attribution.unattributed_seconds is None


def test_gives_what_is_known_where_the_host_does_not_say_what_it_used():
    then = [a_process(7), a_process(8)]
    now = [a_process(7, own_ticks=100), a_process(8, reaped_ticks=5000)]
    window = a_window(then, now, seconds=10, busy=0)
    blind = Window(then=without_busy(window.then), now=without_busy(window.now))

    attribution = attribute(blind)

    assert attribution == Attribution(
        seconds_by_pid={7: 1.0, 8: 19.0}, unattributed_seconds=None, overdrawn_seconds=0.0
    )
    assert host_cpu_ratio(blind) is None


def without_busy(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, totals=replace(snapshot.totals, busy_seconds=None))


pids = st.integers(1, 12)
hosts = st.lists(
    st.builds(
        a_process,
        pids,
        start_ticks=st.sampled_from([0, BEFORE, SINCE]),
        parent_pid=st.integers(0, 12),
        own_ticks=st.integers(0, 3000),
        reaped_ticks=st.integers(0, 3000),
    ),
    max_size=12,
)
busies = st.floats(0, 60)


@given(hosts, hosts, busies, st.floats(0, 2))
def test_nothing_is_ever_negative_and_all_of_it_adds_up(
    then: list[Process], now: list[Process], busy: float, owed: float
):
    window = a_window(then, now, busy=busy)

    attribution = attribute(window, overdrawn_seconds=owed)

    assert attribution.unattributed_seconds is not None
    given_away = sum(attribution.seconds_by_pid.values()) + attribution.unattributed_seconds
    own_seconds = sum(own_ticks(window).values()) / TICKS_PER_SECOND
    assert min(attribution.seconds_by_pid.values(), default=0) >= 0
    assert attribution.unattributed_seconds >= 0
    assert attribution.overdrawn_seconds >= 0
    assert given_away == pytest.approx(max(own_seconds, busy - owed), abs=1e-6)


@given(hosts, hosts)
def test_no_process_gets_what_another_bearer_of_its_number_used(then: list[Process], now: list[Process]):
    window = a_window(then, now, busy=1000)

    for pid, ticks in own_ticks(window).items():
        assert 0 < ticks <= window.now.processes[pid].own_ticks
    assert own_ticks(window).keys() <= window.now.processes.keys()


@given(st.lists(st.tuples(st.integers(0, 1100), st.floats(0, 10)), min_size=1, max_size=50))
def test_over_time_the_sum_is_what_the_host_used_and_what_is_still_owed(
    turns: list[tuple[int, float]],
):
    last, used_ticks, busy, owed, given_away = a_snapshot([a_process(7)]), 0, 0.0, 0.0, 0.0
    for turn, (ticks, busy_seconds) in enumerate(turns, start=1):
        used_ticks += min(ticks, int(busy_seconds * TICKS_PER_SECOND) + 3)  # ticks are not counted in step
        busy += busy_seconds
        now: Snapshot = a_snapshot([a_process(7, own_ticks=used_ticks)], at=1000 + 10 * turn, busy=busy)
        attribution = attribute(Window(then=last, now=now), overdrawn_seconds=owed)
        owed = attribution.overdrawn_seconds
        assert attribution.unattributed_seconds is not None
        given_away += sum(attribution.seconds_by_pid.values()) + attribution.unattributed_seconds
        last = now

    assert given_away == pytest.approx(busy + owed, abs=1e-6)
    assert owed <= 0.03 * len(turns) + 1e-6
