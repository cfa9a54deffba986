import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.commands.output import Kept


def kept_of(limit_bytes: int, *chunks: bytes) -> Kept:
    kept = Kept(limit_bytes)
    for chunk in chunks:
        kept.add(chunk)
    return kept


@given(st.lists(st.binary(max_size=40)), st.integers(1, 60))
def test_keeps_all_that_fits_and_head_and_tail_of_the_rest(chunks: list[bytes], limit_bytes: int):
    kept = kept_of(limit_bytes, *chunks)

    whole = b"".join(chunks)
    assert kept.total_bytes == len(whole)
    assert kept.is_truncated == (len(whole) > limit_bytes)
    if not kept.is_truncated:
        assert kept.head() + kept.tail() == whole
        return
    head, (mark, tail) = kept.head(), split_mark(kept.tail())
    assert len(head) + len(tail) == limit_bytes
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert mark == f"[... {len(whole) - limit_bytes} bytes left out ...]"


@given(st.lists(st.binary(max_size=40)))
def test_tells_what_of_a_chunk_belongs_to_the_head(chunks: list[bytes]):
    kept = Kept(100)

    assert b"".join(map(kept.add, chunks)) == kept.head() == b"".join(chunks)[:75]


@pytest.mark.parametrize("chunk_bytes", [1, 100, 100_000])
def test_holds_no_more_than_it_keeps(chunk_bytes: int):
    kept = Kept(1000)
    for _ in range(2000):
        kept.add(bytes(chunk_bytes))

    assert len(kept.head()) + len(split_mark(kept.tail())[1]) == 1000
    assert kept.total_bytes == 2000 * chunk_bytes


def split_mark(tail: bytes) -> tuple[str, bytes]:
    empty, mark, rest = tail.split(b"\n", 2)
    assert empty == b""
    return mark.decode(), rest
