from mmap import PAGESIZE

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.host.stat import MalformedStatError, Process, parse_stat
from tests.fakes.snapshots import a_process, a_stat_line


def test_reads_every_field_of_a_line():
    process = parse_stat(a_stat_line(4242, b"nginx", state="R", start_ticks=777))

    assert process == Process(
        pid=4242,
        start_ticks=777,
        name="nginx",
        state="R",
        parent_pid=1,
        is_kernel_thread=False,
        own_ticks=10,
        reaped_ticks=21,
        threads=4,
        rss_bytes=25 * PAGESIZE,
    )


def test_knows_a_kernel_thread_by_its_flag():
    assert parse_stat(a_stat_line(flags=0x00200040)).is_kernel_thread
    assert not parse_stat(a_stat_line(flags=0x00400040)).is_kernel_thread


@given(st.binary(max_size=64))
@example(b"")
@example(b"a b")
@example(b"a\nb")
@example(b") S 1 (")
@example(b"1 (evil) R 2 2 2")
@example(b"\xff\xfe)")
def test_takes_any_name_whatever_it_holds(comm: bytes):
    process = parse_stat(a_stat_line(77, comm))

    assert process.name == comm.decode("utf-8", "replace")
    assert (process.pid, process.own_ticks, process.threads) == (77, 10, 4)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n", id="a newline"),
        pytest.param(b"100 (worker", id="cut in the name"),
        pytest.param(b"100 (worker) S 1 100 100 0 -1", id="cut in the fields"),
        pytest.param(b"(worker) S" + b" 1" * 30, id="without a number"),
        pytest.param(a_stat_line().replace(b" S ", b" Sleeping "), id="a state of many letters"),
        pytest.param(a_stat_line().replace(b" 25 ", b" x25 "), id="a word for a number"),
        pytest.param(a_stat_line().replace(b" 25 ", b" -25 "), id="below nothing"),
        pytest.param(a_stat_line().replace(b" 25 ", b" " + b"9" * 400 + b" "), id="beyond 64 bits"),
        pytest.param(b"100 )worker( S" + b" 1" * 30, id="parentheses the wrong way"),
        pytest.param(bytes(range(256)) * 4, id="binary"),
    ],
)
def test_refuses_what_no_kernel_writes(line: bytes):
    with pytest.raises(MalformedStatError):
        parse_stat(line)


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda junk: b"1 (a) S " + junk))
def test_raises_nothing_else_whatever_the_bytes(line: bytes):
    try:
        process = parse_stat(line)
    except MalformedStatError:
        return

    assert min(process.pid, process.start_ticks, process.own_ticks, process.rss_bytes) >= 0


@given(st.integers(0, len(a_stat_line())))
def test_takes_nothing_wrong_from_a_line_cut_short(length: int):
    whole = parse_stat(a_stat_line())

    try:
        cut = parse_stat(a_stat_line()[:length])
    except MalformedStatError:
        return

    assert cut == whole


def test_tells_two_bearers_of_one_number_apart():
    assert a_process(5, start_ticks=1).is_same_as(a_process(5, start_ticks=1, own_ticks=9))
    assert not a_process(5, start_ticks=1).is_same_as(a_process(5, start_ticks=2))
    assert not a_process(5).is_same_as(None)
