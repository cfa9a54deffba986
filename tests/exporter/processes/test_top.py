import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.snapshot import Snapshot, with_newest
from exporter.host.stat import Process
from exporter.processes.top import TopProcesses, TopSelection
from tests.exporter.processes.simulation import first
from tests.fakes.snapshots import MEMORY_BYTES, a_process, a_snapshot

LARGE = MEMORY_BYTES // 100
YOUNG = 99_500  # ticks: 5 s before the snapshots here begin
SECOND = 200  # ticks that the host has in a second
AT_ONCE = 7  # new ones, of 60 an hour


class Host:
    """Takes a snapshot every 5 s and shows them to a selection."""

    def __init__(self, count: int = 2, new_per_hour: int = 240) -> None:
        self.selection = TopSelection(count=count, new_per_hour=new_per_hour, window_seconds=15)
        self.snapshots: tuple[Snapshot, ...] = ()
        self.now = 1000.0

    def look(self, *processes: Process) -> TopProcesses:
        self.snapshots = with_newest(self.snapshots, a_snapshot(processes, at=self.now), window_seconds=15)
        self.now += 5
        self.selection.follow(self.snapshots)
        newest = self.selection.newest
        assert newest is not None
        return newest


def pids(top: TopProcesses) -> list[int]:
    return [member.process.pid for member in top.members]


def using(pid: int, *, share: float, look: int) -> Process:
    """Return a process that uses *share* of the host from the first look on."""
    return a_process(pid, own_ticks=int(share * SECOND * 5 * look))


def test_has_chosen_nothing_before_the_first_snapshot():
    assert Host().selection.newest is None


def test_takes_up_the_largest_at_the_first_snapshot_without_a_ratio():
    top = Host(count=1).look(a_process(1, rss_bytes=LARGE), a_process(2, rss_bytes=0))

    assert [(m.process.pid, m.cpu_ratio, m.process.rss_bytes) for m in top.members] == [(1, None, LARGE)]
    assert top.window is None


def test_takes_up_the_busiest_once_there_is_a_window():
    host = Host(count=1)
    host.look(using(1, share=0.5, look=0), a_process(2, rss_bytes=LARGE), a_process(3))

    top = host.look(using(1, share=0.5, look=1), a_process(2, rss_bytes=LARGE), a_process(3))

    assert {m.process.pid: m.cpu_ratio for m in top.members} == pytest.approx({1: 0.5, 2: 0})
    assert top.window is not None
    assert top.window.seconds == 5


def test_takes_up_the_top_of_both_kinds():
    host = Host(count=2)
    for look in range(2):
        busy = [using(pid, share=0.02 * pid, look=look) for pid in (1, 2, 3, 4)]
        top = host.look(*busy, *[a_process(pid, rss_bytes=LARGE * pid) for pid in (5, 6, 7, 8)])

    assert pids(top) == [3, 4, 7, 8]


def test_takes_up_the_first_however_little_they_use():
    host = Host(count=1)
    for look in range(2):
        top = host.look(a_process(1, own_ticks=look), a_process(2, rss_bytes=8192), a_process(3))

    assert pids(top) == [1, 2]


def test_leaves_out_those_that_use_nothing_at_all():
    assert pids(Host().look(a_process(1, rss_bytes=0), a_process(2))) == [2]


def test_fills_places_with_those_that_come_next_when_one_leads_in_both():
    host = Host(count=2)
    for look in range(2):
        both = a_process(1, own_ticks=500 * look, rss_bytes=9 * LARGE)
        top = host.look(both, *[a_process(pid, rss_bytes=LARGE * pid) for pid in (2, 3, 4, 5)])

    assert pids(top) == [1, 3, 4, 5]


def test_keeps_a_member_until_a_larger_one_needs_its_place():
    host = Host(count=1)
    host.look(a_process(1, rss_bytes=2 * LARGE), a_process(2, rss_bytes=LARGE))
    shrunk = a_process(1, rss_bytes=4096), a_process(2, rss_bytes=LARGE)

    kept = [pids(host.look(*shrunk)) for _ in range(5)]
    top = host.look(*shrunk, a_process(3, start_ticks=102_600, own_ticks=50))

    assert kept == [[1, 2]] * 5
    assert pids(top) == [2, 3]


def test_lets_the_dead_go_at_once():
    host = Host()
    host.look(a_process(1, rss_bytes=LARGE), a_process(2, rss_bytes=LARGE))

    assert pids(host.look(a_process(2, rss_bytes=LARGE))) == [2]


def test_takes_the_next_bearer_of_a_number_for_a_newcomer():
    host = Host()
    host.look(a_process(1, start_ticks=0, own_ticks=5000, rss_bytes=LARGE))
    host.look(a_process(1, start_ticks=0, own_ticks=6000, rss_bytes=LARGE))

    top = host.look(a_process(1, start_ticks=100_900, own_ticks=10, rss_bytes=LARGE))

    assert top.members[0].shown.start_ticks == 100_900
    assert top.members[0].cpu_ratio == pytest.approx(10 / (10 * SECOND))
    assert top.taken_up == 2


def test_gives_the_place_of_the_smallest_that_no_longer_leads_to_a_newcomer():
    host = Host(count=1)
    host.look(a_process(1, rss_bytes=LARGE), a_process(2, rss_bytes=2 * LARGE))

    top = host.look(*[a_process(pid, rss_bytes=pid * LARGE) for pid in (1, 2, 3)])

    assert pids(top) == [2, 3]


def test_names_a_member_anew_when_its_name_or_parent_changes():
    host = Host()
    host.look(a_process(1, name="sh", rss_bytes=LARGE))

    top = host.look(a_process(1, name="java", parent_pid=9, rss_bytes=LARGE))

    assert (top.members[0].shown.name, top.members[0].shown.parent_pid) == ("java", 9)
    assert top.taken_up == 2


def test_does_not_name_a_kernel_worker_after_every_job():
    host = Host()
    host.look(a_process(1, name="kworker/0:1", is_kernel_thread=True, rss_bytes=LARGE))

    top = host.look(a_process(1, name="kworker/0:1-ev", is_kernel_thread=True, rss_bytes=LARGE))

    assert top.members[0].shown.name == "kworker/0:1"
    assert top.taken_up == 1


def test_takes_up_those_with_most_of_the_host_first():
    host = Host(count=5, new_per_hour=60)
    for look in range(10 - 3):  # of the 10 that it may take up at once
        host.look(a_process(1000 + look, rss_bytes=LARGE))

    top = host.look(*[a_process(pid, rss_bytes=pid * LARGE // 100) for pid in range(1, 101)])

    assert (pids(top), top.limited) == ([98, 99, 100], True)


def test_says_that_it_is_limited_only_while_somebody_is_kept_out():
    host = Host(count=1, new_per_hour=60)
    seen = [host.look(a_process(10 + look, rss_bytes=LARGE)) for look in range(AT_ONCE + 3)]
    later = host.look()

    assert [len(top.members) for top in seen] == [1] * AT_ONCE + [0] * 3
    assert [top.limited for top in seen] == [False] * AT_ONCE + [True] * 3
    assert not later.limited


def test_shows_those_that_are_not_new_in_places_that_the_budget_leaves_empty():
    host = Host(count=1, new_per_hour=60)
    steady = a_process(1, rss_bytes=4096), a_process(2, rss_bytes=4096)
    host.look(*steady)

    seen = [host.look(*steady, a_process(10 + look, rss_bytes=LARGE)) for look in range(30)]

    assert [len(top.members) for top in seen] == [2] * 30
    assert pids(seen[-1]) == [1, 2]
    assert seen[-1].limited


def test_gives_those_with_a_tenth_of_the_host_what_is_kept_for_them():
    host = Host(count=1, new_per_hour=60)
    for look in range(AT_ONCE + 1):
        host.look(a_process(10 + look, rss_bytes=LARGE))

    top = host.look(a_process(1, rss_bytes=40 * LARGE), a_process(2, rss_bytes=9 * LARGE))

    assert pids(top) == [1]


def test_a_young_process_takes_only_what_is_left_over():
    host = Host(count=1, new_per_hour=60)
    young = 100_000 * 100  # ticks: not started yet, by the clock of the snapshots
    for look in range(AT_ONCE):
        host.look(a_process(10 + look, start_ticks=young, rss_bytes=LARGE))

    waiting = host.look(a_process(1, start_ticks=young, rss_bytes=LARGE))
    settled = host.look(a_process(1, rss_bytes=LARGE))

    assert (pids(waiting), waiting.limited) == ([], True)
    assert pids(settled) == [1]


def test_a_renamed_process_takes_only_what_is_left_over():
    host, names = Host(count=1, new_per_hour=60), list[str]()
    for look in range(30):
        top = host.look(a_process(1, name=f"name-{look}", rss_bytes=LARGE))
        names.append(top.members[0].shown.name)
    newcomers = [host.look(a_process(10 + look, rss_bytes=LARGE)) for look in range(4)]

    assert len(set(names)) == 3 + 1  # the last one as the budget came back
    assert [pids(top) for top in newcomers] == [[10], [11], [12], [13]]


def test_a_name_of_the_last_hour_is_not_new():
    host = Host(count=1, new_per_hour=60)

    tops = [host.look(a_process(1, name=f"name-{look % 2}", rss_bytes=LARGE)) for look in range(1000)]

    assert [top.members[0].shown.name for top in tops] == ["name-0", "name-1"] * 500
    assert tops[-1].taken_up == 2


def test_a_process_that_returns_bears_the_name_that_it_had():
    host = Host(count=1, new_per_hour=60)
    host.look(a_process(1, name="old", rss_bytes=LARGE))
    for look in range(AT_ONCE):
        host.look(a_process(10 + look, rss_bytes=LARGE))

    top = host.look(a_process(1, name="new", rss_bytes=LARGE))

    assert [member.shown.name for member in top.members] == ["old"]
    assert a_process(1, name="old", rss_bytes=LARGE) in top.recent


PROCESSES = st.lists(
    st.builds(
        a_process,
        st.integers(1, 30),
        name=st.sampled_from(["a", "b"]),
        start_ticks=st.sampled_from([0, YOUNG, 101_000, 103_000]),
        own_ticks=st.integers(0, 100_000),
        rss_bytes=st.integers(0, 10 * LARGE),
    ),
    max_size=30,
)


@given(st.lists(PROCESSES, max_size=16), st.integers(1, 5))
def test_limits_hold_whatever_comes_and_goes(looks: list[list[Process]], count: int):
    host = Host(count=count, new_per_hour=60)
    shown: set[tuple[int, int, str]] = set()
    top = host.look()
    for processes in looks:
        before, top = top, host.look(*processes)
        assert len(top.members) <= 2 * count
        for member in top.members:
            assert member.cpu_ratio is None or 0 <= member.cpu_ratio <= 1
            assert member.process.is_same_as(member.shown)
            assert member.shown in (*before.recent, *(one.shown for one in before.members)) or (
                top.taken_up > before.taken_up
            )
            shown.add((member.shown.pid, member.shown.start_ticks, member.shown.name))
        assert len(shown) <= top.taken_up <= 60


@given(st.lists(PROCESSES, max_size=16), st.integers(1, 5), st.sampled_from([60, 240]))
def test_is_limited_exactly_while_one_of_the_first_is_kept_out(
    looks: list[list[Process]], count: int, new_per_hour: int
):
    host = Host(count=count, new_per_hour=new_per_hour)
    for processes in looks:
        top = host.look(*map(unlike_any_other, processes))

        assert top.limited == bool(first(host.snapshots, count) - set(pids(top)))


def unlike_any_other(process: Process) -> Process:
    """Return it with some memory that no other process of a look has."""
    return msgspec.structs.replace(process, rss_bytes=process.rss_bytes * 64 + process.pid)
