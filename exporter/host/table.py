"""The process table: a ring of snapshots that all readers share, kept fresh as long as somebody reads."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exporter.host.files import HostReadError
from exporter.host.snapshot import Snapshot, Window, window_of, with_newest
from marax.clock import Clock

logger = logging.getLogger(__name__)

_LARGEST_COST_RATIO = 0.01
_LONGEST_INTERVAL_SECONDS = 60.0
_LONGEST_WAIT_SECONDS = 1.0
_CURRENT_INTERVALS = 3

Follower = Callable[[tuple[Snapshot, ...]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the table scans by itself, and how far back it remembers.

    Attributes:
        window_seconds: The longest window that readers ask for.
        interval_seconds: From one scan to the next.
        prime_seconds: From the first scan to the second, on which every ratio waits.
        pause_after_seconds: Without a reader for so long, the table rests until the next one comes.
    """

    window_seconds: float = 15.0
    interval_seconds: float = 5.0
    prime_seconds: float = 1.0
    pause_after_seconds: float = 300.0


class ProcessTable:
    """Scans the host for any number of readers, who never lock and all see the same immutable snapshots.

    Each follower is called after every scan, in the scanning thread, with the snapshots kept, oldest first;
    it publishes what it makes of them to readers of its own.

    Between `start` and `stop` a thread scans at the given pace, more slowly when scans are dear: they may
    cost 1 % of a CPU. Without it, `refresh` alone scans. Between two scans it calls *wait* with so many
    seconds, which returns early, and True, once the table is to stop.
    """

    def __init__(
        self,
        scan: Callable[[], Snapshot],
        clock: Clock,
        pace: Pace,
        *,
        followers: Sequence[Follower] = (),
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._scan = scan
        self._clock = clock
        self._pace = pace
        self._followers = tuple(followers)
        self._snapshots: tuple[Snapshot, ...] = ()
        self._scanning = threading.Lock()
        self._read_seconds = clock.monotonic_seconds()
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._pump: threading.Thread | None = None

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The snapshots kept, oldest first; none before the first scan."""
        return self._snapshots

    @property
    def interval_seconds(self) -> float:
        """Time between two scans of the pump, as it is now."""
        cost_seconds = self._snapshots[-1].cost_seconds if self._snapshots else 0.0
        affordable_seconds = min(_LONGEST_INTERVAL_SECONDS, cost_seconds / _LARGEST_COST_RATIO)
        return max(self._pace.interval_seconds, affordable_seconds)

    def window(self, *, seconds: float) -> Window | None:
        """Return the window up to the newest snapshot that is nearest to *seconds* long, if there is any."""
        return window_of(self._snapshots, seconds=seconds)

    def is_current(self, snapshot: Snapshot) -> bool:
        """Return whether *snapshot* is young enough to speak of now: three intervals at most."""
        age_seconds = self._clock.monotonic_seconds() - snapshot.monotonic_seconds
        return age_seconds <= _CURRENT_INTERVALS * self.interval_seconds

    def refresh(self, *, max_age_seconds: float) -> None:
        """See to it that the newest snapshot is no older than *max_age_seconds* as of this call.

        Callers at the same time share one scan. Another's that takes over a second is not waited for: judge
        what is there by `is_current`.

        Raises:
            HostReadError: The host could not be scanned.
        """
        self._read_seconds = self._clock.monotonic_seconds()
        self._scan_unless(max_age_seconds)

    def keep_up(self) -> None:
        """Refresh what the pump should have scanned by now: nothing as long as it does.

        Raises:
            HostReadError: The host could not be scanned.
        """
        self.refresh(max_age_seconds=2 * self.interval_seconds)

    def current(self, *, window_seconds: float) -> tuple[Snapshot, Window | None]:
        """Return the newest snapshot, and the window up to it; None if that would not speak of now.

        Raises:
            HostReadError: There is no snapshot.
        """
        self.keep_up()
        snapshots = self._snapshots
        if not snapshots:
            raise HostReadError("the processes have not been read yet")
        newest = snapshots[-1]
        return newest, window_of(snapshots, seconds=window_seconds) if self.is_current(newest) else None

    def start(self) -> None:
        """Start the thread that scans at the given pace; once only."""
        self._pump = threading.Thread(target=self._run, name="process-table", daemon=True)
        self._pump.start()

    def stop(self) -> None:
        """End all scanning, for readers too; returns when the last scan is over."""
        self._stopping.set()
        if self._pump is not None:
            self._pump.join()
        with self._scanning:
            pass  # a reader's scan is over too

    def _scan_unless(self, max_age_seconds: float) -> None:
        oldest_seconds = self._clock.monotonic_seconds() - max_age_seconds
        if self._is_as_new_as(oldest_seconds) or not self._scanning.acquire(timeout=_LONGEST_WAIT_SECONDS):
            return
        try:
            if not self._is_as_new_as(oldest_seconds) and not self._stopping.is_set():
                newest = self._scan()
                window_seconds = self._pace.window_seconds
                self._snapshots = with_newest(self._snapshots, newest, window_seconds=window_seconds)
                for follow in self._followers:
                    follow(self._snapshots)
        finally:
            self._scanning.release()

    def _is_as_new_as(self, monotonic_seconds: float) -> bool:
        return bool(self._snapshots) and self._snapshots[-1].monotonic_seconds >= monotonic_seconds

    def _run(self) -> None:
        self._scan_in_turn()
        while not self._wait(self._pause_seconds()):
            if self._clock.monotonic_seconds() - self._read_seconds <= self._pace.pause_after_seconds:
                self._scan_in_turn()

    def _scan_in_turn(self) -> None:
        try:
            self._scan_unless(self._pause_seconds() / 2)  # a reader's own scan will do instead
        except HostReadError as error:
            logger.warning("process scan failed", extra={"error": str(error)})

    def _pause_seconds(self) -> float:
        return self._pace.prime_seconds if len(self._snapshots) == 1 else self.interval_seconds
