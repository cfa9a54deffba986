import pytest

from exporter.host.stat import Process
from exporter.processes.standing import Standing, standing_of
from tests.fakes.snapshots import MEMORY_BYTES, a_process, a_snapshot, a_window

SECOND = 200  # ticks that the host has in a second


def a_standing(*now: Process, then: tuple[Process, ...] = (), count: int = 2, last: float = 5.0) -> Standing:
    """Return how they stand 1010 s after boot, after a window of 10 s and the *last* scan so long before."""
    window = a_window(then, now, busy=10)
    return standing_of((window.then, a_snapshot(at=1010 - last), window.now), window, count=count)


def test_the_first_are_those_by_cpu_and_those_by_memory():
    then = [a_process(pid, rss_bytes=4096 * pid) for pid in range(1, 9)]
    now = [a_process(pid, own_ticks=90 - 10 * pid, rss_bytes=4096 * pid) for pid in range(1, 9)]

    standing = a_standing(*now, then=tuple(then))

    assert (standing.leaders, standing.followers) == ({1, 2, 7, 8}, {3, 4, 5, 6})


def test_those_that_use_the_same_cpu_time_are_in_the_order_of_their_memory():
    then = [a_process(pid) for pid in range(1, 9)]
    now = [a_process(pid, own_ticks=10, rss_bytes=0) for pid in range(1, 8)]

    standing = a_standing(*now, a_process(8, own_ticks=10), then=tuple(then), count=1)

    assert standing.leaders == {8}


def test_without_a_window_the_first_are_those_by_memory():
    standing = standing_of((a_snapshot([a_process(1), a_process(2, rss_bytes=8192)]),), None, count=1)

    assert (standing.leaders, standing.cpu_ratio(2)) == ({2}, None)


def test_nobody_leads_on_a_host_without_processes():
    assert a_standing().leaders == set()


@pytest.mark.parametrize(
    ("process", "share"),
    [
        (a_process(1, own_ticks=4 * SECOND), 0.4),
        (a_process(1, own_ticks=SECOND, rss_bytes=MEMORY_BYTES // 2), 0.5),
        (a_process(1, start_ticks=100_200, own_ticks=4 * SECOND), 0.5),
        (a_process(1, start_ticks=100_600, own_ticks=2 * SECOND), 0.4),
        (a_process(1, start_ticks=100_950, own_ticks=SECOND // 2), 0.1),
        (a_process(1, start_ticks=101_000, own_ticks=10**9), 1.0),
    ],
    ids=[
        "of CPU time over the window",
        "of memory, if that is more",
        "since it started, 8 s ago",
        "since the last scan, 5 s ago, if it started 4 s ago",
        "since the last scan, 5 s ago, if it started half a second ago",
        "never more than all",
    ],
)
def test_the_share_of_the_host_is_that_of_the_time_that_a_process_was_there(process: Process, share: float):
    before = () if process.start_ticks else (a_process(1, rss_bytes=process.rss_bytes),)

    standing = a_standing(process, then=before)

    assert standing.share(1) == pytest.approx(share)


def test_a_scan_just_after_another_makes_nobody_large():
    standing = a_standing(a_process(1, start_ticks=101_000, own_ticks=10), last=0.01)

    assert standing.share(1) == 0.05
