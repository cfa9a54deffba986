import pytest

from exporter.host.snapshot import Window
from exporter.processes.cpu_attribution import host_cpu_ratio
from exporter.processes.ranking import Order, host_share, ranking
from tests.fakes.snapshots import a_process, a_snapshot, a_window

IDLE, BUSY, LARGE = 1, 2, 3


def a_host() -> Window:
    """Return 10 s in which BUSY used 5 s of the 20 s that the host's two CPUs have."""
    large = a_process(LARGE, own_ticks=900, rss_bytes=9_000_000)
    then = [a_process(IDLE), a_process(BUSY, own_ticks=100), large]
    return a_window(then, [a_process(IDLE), a_process(BUSY, own_ticks=600), large], busy=6)


def order(window: Window, *, by: Order, count: int = 9) -> list[int]:
    return [ranked.process.pid for ranked in ranking(window.now, window, by=by, count=count)]


def test_sorts_by_cpu_and_those_that_used_the_same_by_memory():
    assert order(a_host(), by="cpu") == [BUSY, LARGE, IDLE]


def test_sorts_by_memory_and_those_that_hold_the_same_by_cpu():
    assert order(a_host(), by="mem") == [LARGE, BUSY, IDLE]


def test_gives_every_process_its_share_of_the_host():
    window = a_host()

    ratios = {r.process.pid: r.cpu_ratio for r in ranking(window.now, window, by="cpu", count=9)}

    assert ratios == {BUSY: 0.25, LARGE: 0, IDLE: 0}
    assert host_cpu_ratio(window) == 0.3


def test_has_no_more_than_were_asked_for():
    assert order(a_host(), by="cpu", count=2) == [BUSY, LARGE]


def test_sorts_by_memory_without_a_window_and_knows_no_share():
    now = a_snapshot([a_process(IDLE), a_process(LARGE, rss_bytes=9_000_000)])

    found = ranking(now, None, by="cpu", count=9)

    assert [(r.process.pid, r.cpu_ratio) for r in found] == [(LARGE, None), (IDLE, None)]


def test_the_share_of_the_host_stays_within_nought_and_one():
    assert host_cpu_ratio(a_window([], [], busy=999)) == 1
    assert host_cpu_ratio(a_window([], [], busy=-1)) == 0


@pytest.mark.parametrize(
    ("cpu_ratio", "rss_bytes", "memory_bytes", "share"),
    [
        (0.3, 100, 1000, 0.3),
        (0.3, 400, 1000, 0.4),
        (0.3, 5000, 1000, 1.0),
        (2.0, 0, 1000, 1.0),
        (0.3, 5000, 0, 0.3),
    ],
    ids=[
        "of CPU time",
        "of memory",
        "shared pages counted often",
        "a reading from nowhere",
        "memory unknown",
    ],
)
def test_the_share_of_the_host_is_the_larger_of_both(
    cpu_ratio: float, rss_bytes: int, memory_bytes: int, share: float
):
    assert host_share(cpu_ratio, rss_bytes, memory_bytes) == share
