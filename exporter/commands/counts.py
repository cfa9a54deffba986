"""Counts of command runs and refusals, by outcome."""

import threading
from collections import Counter


class RunCounts:
    """Numbers of attempts, and seconds of runs; names are those of the settings, so they are few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: Counter[tuple[str, ...]] = Counter()
        self._seconds: dict[tuple[str, ...], float] = {}

    def add(self, command: str, outcome: str) -> None:
        """Count an attempt at *command*."""
        with self._lock:
            self._runs[command, outcome] += 1

    def add_seconds(self, command: str, seconds: float) -> None:
        """Add the time that a run of *command* took."""
        with self._lock:
            self._seconds[(command,)] = self._seconds.get((command,), 0.0) + seconds

    def runs(self) -> dict[tuple[str, ...], int]:
        """Return the numbers of attempts by (command, outcome)."""
        with self._lock:
            return dict(self._runs)

    def seconds(self) -> dict[tuple[str, ...], float]:
        """Return the times that runs took, by (command,)."""
        with self._lock:
            return dict(self._seconds)
