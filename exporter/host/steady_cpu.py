"""CPU times whose counters rise as time passes, whatever the kernel says of idle time and iowait."""

from exporter.host.kernel_stat import MODES, CpuTimes

_IDLE = MODES.index("idle")
_JITTER_SECONDS = 3.0  # the kernel makes up for a smaller fall
_LARGEST_RISE = 3.0  # times the CPU time that passed: more is not possible


class SteadyCpu:
    """The times of one CPU, or of all together, as counters.

    A mode that falls a little stands still until the kernel has caught up. One that falls by more, or rises
    by more than is possible, continues from its last value: it is given what the other modes left of the
    time that passed, as every second belongs to one mode. When busy and idle time fall together, the CPU was
    taken out and put back, and all modes start anew.
    """

    def __init__(self) -> None:
        self._raw: CpuTimes | None = None
        self._read_at_seconds = 0.0
        self._steady: list[float] = []
        self._ahead: list[float] = []  # of the kernel, by mode

    def follow(self, raw: CpuTimes, *, at_seconds: float, cpus: int) -> CpuTimes:
        """Return the counters as of *raw*, read at *at_seconds* (monotonic) of so many *cpus*."""
        if self._raw is None or _started_anew(self._raw, raw):
            self._steady, self._ahead = [*raw.seconds], [0.0] * len(MODES)
        else:
            self._book(raw, available_seconds=(at_seconds - self._read_at_seconds) * cpus)
        self._raw, self._read_at_seconds = raw, at_seconds
        return CpuTimes(tuple(self._steady))

    def _book(self, raw: CpuTimes, *, available_seconds: float) -> None:
        before = [*self._steady]
        most_seconds = _LARGEST_RISE * available_seconds + _JITTER_SECONDS
        impossible = []
        for mode, seconds in enumerate(raw.seconds):
            now_seconds = seconds + self._ahead[mode]
            if -_JITTER_SECONDS <= now_seconds - before[mode] <= most_seconds:
                self._steady[mode] = max(before[mode], now_seconds)
            else:
                impossible.append(mode)
        if impossible:
            left_seconds = max(0.0, available_seconds - (sum(self._steady) - sum(before)))
            self._steady[_IDLE if _IDLE in impossible else impossible[0]] += left_seconds
            for mode in impossible:
                self._ahead[mode] = self._steady[mode] - raw.seconds[mode]


def _started_anew(before: CpuTimes, now: CpuTimes) -> bool:
    has_less_idle_time = now.seconds[_IDLE] < before.seconds[_IDLE] - _JITTER_SECONDS
    return has_less_idle_time and now.busy_seconds < before.busy_seconds
