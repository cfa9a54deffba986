"""How much use of the host makes a process or a group worth showing."""

_PROMINENT_CPU_RATIO = 0.01
_PROMINENT_MEMORY_RATIO = 0.005


def cpu_prominence(ratio: float) -> float:
    """Return how prominent *ratio* of the host's CPU time makes; from 1 up it is worth showing."""
    return ratio / _PROMINENT_CPU_RATIO


def memory_prominence(rss_bytes: int, memory_bytes: int) -> float:
    """Return how prominent *rss_bytes* of a host's *memory_bytes* make; from 1 up they are worth showing."""
    return rss_bytes / (memory_bytes * _PROMINENT_MEMORY_RATIO) if memory_bytes else 0.0
