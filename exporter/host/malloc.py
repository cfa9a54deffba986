"""How the C library keeps the memory that it hands out."""

import ctypes

# malloc.h
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

_LARGE_BYTES = 1024 * 1024


def keep_little_memory() -> None:
    """Have glibc keep less than it would; for the beginning, before there are threads.

    One arena serves all threads: left to itself, it keeps one for each that ever asked at the same time as
    another, 4 MB in all. Large blocks go back to the system once they are free: left to itself, it raises its
    threshold at the first such block, and then keeps the 19 MiB of a password check for good.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none, and no need of it
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
