"""How busy the host was lately."""

from collections import deque

from exporter.host.kernel_stat import CpuTimes

_SHORTEST_SECONDS = 0.9  # the kernel counts in hundredths
_LONGEST_SECONDS = 150.0  # for scrapes that are minutes apart


class UsageWindow:
    """The busy share of CPU time over the last while, the same for all who ask and however often they do.

    The window is as near to `length_seconds` as the moments of asking allow, from 0.9 s to 150 s or twice
    that length, whichever is more. The length may be changed at any time.
    """

    def __init__(self, length_seconds: float = 15.0) -> None:
        self.length_seconds = length_seconds
        self._past: deque[tuple[float, CpuTimes]] = deque()

    def usage_ratio(self, now_seconds: float, times: CpuTimes) -> float | None:
        """Return the busy share up to *times*, read at *now_seconds* (monotonic); None when unknown."""
        longest_seconds = max(_LONGEST_SECONDS, 2 * self.length_seconds)
        while self._past and now_seconds - self._past[0][0] > longest_seconds:
            self._past.popleft()
        ratio = None
        if candidates := [p for p in self._past if now_seconds - p[0] >= _SHORTEST_SECONDS]:
            _, earlier = min(candidates, key=lambda p: abs(now_seconds - p[0] - self.length_seconds))
            ratio = busy_ratio(earlier, times)
        self._remember(now_seconds, times)
        return ratio

    def _remember(self, now_seconds: float, times: CpuTimes) -> None:
        if not self._past or now_seconds - self._past[-1][0] >= _SHORTEST_SECONDS:
            self._past.append((now_seconds, times))
        while len(self._past) > 1 and now_seconds - self._past[1][0] >= self.length_seconds:
            self._past.popleft()


def busy_ratio(earlier: CpuTimes, later: CpuTimes) -> float | None:
    """Return the share of the time between two readings that was busy, 0 to 1; None when no time went by."""
    total_seconds = later.total_seconds - earlier.total_seconds
    if total_seconds <= 0:
        return None
    return min(1.0, max(0.0, (later.busy_seconds - earlier.busy_seconds) / total_seconds))
