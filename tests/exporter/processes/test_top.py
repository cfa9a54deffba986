import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.snapshot import Snapshot, with_newest
from exporter.host.stat import Process
from exporter.processes.top import TopProcesses, TopSelection
from tests.fakes.snapshots import MEMORY_BYTES, a_process, a_snapshot

LARGE = MEMORY_BYTES // 100
YOUNG = 99_500  # ticks: 5 s before the snapshots here begin
SECOND = 200  # ticks that the host has in a second


class Host:
    """Takes a snapshot every 5 s and shows them to a selection."""

    def __init__(self, count: int = 2) -> None:
        self.selection = TopSelection(count=count, window_seconds=15)
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
    top = Host().look(a_process(1, rss_bytes=LARGE), a_process(2))

    assert [(m.process.pid, m.cpu_ratio, m.process.rss_bytes) for m in top.members] == [(1, None, LARGE)]
    assert top.window is None


def test_takes_up_the_busiest_once_there_is_a_window():
    host = Host()
    host.look(using(1, share=0.5, look=0), a_process(2))

    top = host.look(using(1, share=0.5, look=1), a_process(2))

    assert {m.process.pid: m.cpu_ratio for m in top.members} == pytest.approx({1: 0.5})
    assert top.window is not None
    assert top.window.seconds == 5


def test_takes_up_the_top_of_both_kinds():
    host = Host(count=2)
    for look in range(2):
        busy = [using(pid, share=0.02 * pid, look=look) for pid in (1, 2, 3, 4)]
        top = host.look(*busy, *[a_process(pid, rss_bytes=LARGE * pid) for pid in (5, 6, 7, 8)])

    assert pids(top) == [3, 4, 7, 8]


def test_leaves_out_those_that_use_little():
    host = Host()
    for look in range(3):
        top = host.look(using(1, share=0.009, look=look), a_process(2, rss_bytes=LARGE // 3))

    assert pids(top) == []


def test_leaves_out_those_younger_than_ten_seconds():
    host = Host()
    young = a_process(1, start_ticks=YOUNG, rss_bytes=LARGE)

    seen = [pids(host.look(young)) for _ in range(3)]

    assert seen == [[], [1], [1]]


def test_keeps_a_member_for_two_more_looks_when_it_uses_little():
    host = Host()
    host.look(a_process(1, rss_bytes=LARGE))

    seen = [pids(host.look(a_process(1))) for _ in range(4)]

    assert seen == [[1], [1], [], []]


def test_keeps_a_member_that_is_still_half_as_prominent():
    host = Host()
    host.look(a_process(1, rss_bytes=LARGE))

    seen = [pids(host.look(a_process(1, rss_bytes=LARGE * 3 // 10))) for _ in range(5)]

    assert seen == [[1]] * 5


def test_lets_the_dead_go_at_once():
    host = Host()
    host.look(a_process(1, rss_bytes=LARGE), a_process(2, rss_bytes=LARGE))

    assert pids(host.look(a_process(2, rss_bytes=LARGE))) == [2]


def test_takes_the_next_bearer_of_a_number_for_a_newcomer():
    host = Host()
    host.look(a_process(1, start_ticks=0, own_ticks=5000, rss_bytes=LARGE))
    host.look(a_process(1, start_ticks=0, own_ticks=6000, rss_bytes=LARGE))

    top = host.look(a_process(1, start_ticks=100_900, own_ticks=10, rss_bytes=LARGE))
    later = [host.look(a_process(1, start_ticks=100_900, own_ticks=10, rss_bytes=LARGE)) for _ in range(2)]

    assert pids(top) == []
    assert [pids(look) for look in later] == [[], [1]]
    assert later[-1].members[0].cpu_ratio == pytest.approx(10 / (15 * SECOND))
    assert later[-1].taken_up == 2


def test_gives_the_place_of_one_that_lingers_to_a_newcomer_that_leads():
    host = Host(count=1)
    lingering, leading = a_process(1, rss_bytes=LARGE), a_process(2, rss_bytes=2 * LARGE)
    host.look(lingering)
    host.look(lingering, leading)
    host.now += 100

    top = host.look(lingering, leading, a_process(3, rss_bytes=3 * LARGE))

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


def test_says_so_when_newcomers_have_to_wait():
    host = Host(count=1)
    seen = [host.look(a_process(10 + look, rss_bytes=LARGE)) for look in range(4)]

    assert [(pids(top), top.taken_up, top.limited) for top in seen] == [
        ([10], 1, False),
        ([11], 2, True),
        ([], 2, True),
        ([], 2, True),
    ]


def test_keeps_the_name_of_a_member_when_too_many_names_are_new():
    host = Host(count=1)
    names = []
    for look in range(30):
        top = host.look(a_process(1, name=f"name-{look}", rss_bytes=LARGE))
        names.append(top.members[0].shown.name)

    assert len(set(names)) == 2 + 30 * 5 * 58 // 3600


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
    host = Host(count=count)
    shown: set[tuple[int, int, str]] = set()
    for processes in looks:
        top = host.look(*processes)
        assert len(top.members) <= 2 * count
        for member in top.members:
            assert member.cpu_ratio is None or 0 <= member.cpu_ratio <= 1
            assert member.process.is_same_as(member.shown)
            shown.add((member.shown.pid, member.shown.start_ticks, member.shown.name))
        assert len(shown) <= top.taken_up <= 60
