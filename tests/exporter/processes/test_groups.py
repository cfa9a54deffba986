from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.snapshot import Snapshot
from exporter.host.stat import Process
from exporter.processes.groups import GroupLedger, GroupTotals, program_names
from tests.fakes.snapshots import MEMORY_BYTES, a_process, a_snapshot

OURS = {"(kernel)", "(other)", "(unattributed)"}


def after(ledger: GroupLedger, *snapshots: Snapshot) -> GroupTotals:
    for snapshot in snapshots:
        ledger.follow((snapshot,))
    assert ledger.totals is not None
    return ledger.totals


def a_ledger(*, limit: int = 30) -> GroupLedger:
    return GroupLedger(limit=limit, new_per_hour=240, naming=program_names)


def test_knows_nothing_before_the_first_snapshot():
    assert a_ledger().totals is None


def test_holds_memory_and_numbers_from_the_first_snapshot_on():
    totals = after(
        a_ledger(),
        a_snapshot(
            [
                a_process(1, name="db", rss_bytes=100),
                a_process(2, name="db", rss_bytes=50),
                a_process(3, name="kworker", is_kernel_thread=True),
            ]
        ),
    )

    assert totals.cpu_seconds == {"(kernel)": 0, "(other)": 0, "(unattributed)": 0, "db": 0}
    assert totals.rss_bytes == {"(kernel)": 4096, "(other)": 0, "db": 150}
    assert totals.processes == {"(kernel)": 1, "(other)": 0, "db": 2}


def test_books_every_snapshot_against_the_one_before():
    ledger = a_ledger()

    totals = after(
        ledger,
        a_snapshot([a_process(1, name="db", own_ticks=500)], at=1000, busy=100),
        a_snapshot([a_process(1, name="db", own_ticks=600)], at=1005, busy=102),
        a_snapshot([a_process(1, name="db", own_ticks=800)], at=1010, busy=105),
    )

    assert totals.cpu_seconds["db"] == pytest.approx(3)
    assert totals.cpu_seconds["(unattributed)"] == pytest.approx(2)


def test_gives_the_kernel_what_its_threads_use():
    totals = after(
        a_ledger(),
        a_snapshot([a_process(2, is_kernel_thread=True)]),
        a_snapshot([a_process(2, is_kernel_thread=True, own_ticks=50)], at=1005, busy=0.5),
    )

    assert totals.cpu_seconds["(kernel)"] == pytest.approx(0.5)


def test_leaves_out_what_nobody_accounts_for_where_the_host_does_not_say_what_it_used():
    snapshots = [
        a_snapshot([a_process(1, name="db", own_ticks=100 * turn)], at=1000 + 5 * turn) for turn in range(3)
    ]
    blind = [replace(one, totals=replace(one.totals, busy_seconds=None)) for one in snapshots]

    totals = after(a_ledger(), *blind)

    assert totals.cpu_seconds == {"(kernel)": 0, "(other)": 0, "db": 2}


@pytest.mark.parametrize("name", sorted(OURS))
def test_lets_no_process_pose_as_a_group_of_ours(name: str):
    totals = after(a_ledger(), a_snapshot([a_process(1, name=name), a_process(2, name="")]))

    assert totals.processes == {"(kernel)": 0, "(other)": 1, "(unnamed)": 1}


def test_books_to_other_what_a_group_used_before_it_had_an_account():
    totals = after(
        a_ledger(),
        a_snapshot(),
        a_snapshot([a_process(9, name="new", start_ticks=100_100, own_ticks=100)], at=1005, busy=1),
        a_snapshot([a_process(9, name="new", start_ticks=100_100, own_ticks=300)], at=1010, busy=3),
    )

    assert totals.cpu_seconds == pytest.approx({"(kernel)": 0, "(other)": 1, "(unattributed)": 0, "new": 2})


def test_an_account_outlives_its_processes():
    totals = after(
        a_ledger(),
        a_snapshot([a_process(1, name="job")]),
        a_snapshot([a_process(1, name="job", own_ticks=100)], at=1005, busy=1),
        a_snapshot(at=1010, busy=1),
    )

    assert totals.cpu_seconds["job"] == pytest.approx(1)
    assert (totals.processes["job"], totals.rss_bytes["job"]) == (0, 0)


def test_what_a_group_uses_after_it_lost_its_account_goes_to_other():
    ledger = a_ledger(limit=1)
    big = a_process(2, name="big", rss_bytes=MEMORY_BYTES // 2)
    old = [a_process(1, name="old", own_ticks=ticks) for ticks in (0, 100, 100, 600)]

    before = after(ledger, a_snapshot(old[:1]), a_snapshot(old[1:2], at=1005, busy=1))
    totals = after(
        ledger, a_snapshot([old[2], big], at=1100, busy=1), a_snapshot([old[3], big], at=1105, busy=6)
    )

    assert before.cpu_seconds == pytest.approx({"(kernel)": 0, "(other)": 0, "(unattributed)": 0, "old": 1})
    assert totals.cpu_seconds == pytest.approx({"(kernel)": 0, "(other)": 5, "(unattributed)": 0, "big": 0})


NAMES = st.sampled_from(["a", "b", "c", "d", "e", "(other)", ""])
PROCESSES = st.lists(
    st.builds(
        a_process,
        st.integers(1, 9),
        name=NAMES,
        start_ticks=st.sampled_from([0, 100_200]),
        parent_pid=st.integers(0, 9),
        own_ticks=st.integers(0, 1000),
        reaped_ticks=st.integers(0, 1000),
        rss_bytes=st.integers(0, MEMORY_BYTES // 8),
        is_kernel_thread=st.booleans(),
    ),
    max_size=9,
)


@given(st.lists(st.tuples(PROCESSES, st.floats(0, 40)), min_size=2, max_size=8), st.integers(1, 4))
def test_counters_never_fall_stay_bounded_and_add_up(turns: list[tuple[list[Process], float]], limit: int):
    ledger, busy, booked = a_ledger(limit=limit), 0.0, 0.0
    before: dict[str, float] = {}
    for turn, (processes, busy_seconds) in enumerate(turns):
        busy += busy_seconds if turn else 0
        totals = after(ledger, a_snapshot(processes, at=1000 + 5 * turn, busy=busy))
        assert len(totals.cpu_seconds.keys() - OURS) <= limit
        assert sum(totals.processes.values()) == len({process.pid for process in processes})
        gained = {name: value - before.get(name, 0) for name, value in totals.cpu_seconds.items()}
        assert min(gained.values()) >= 0
        booked += sum(gained.values())
        before = dict(totals.cpu_seconds)

    assert booked >= busy - 1e-6
