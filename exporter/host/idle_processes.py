"""Idle processes, by their schedstat files, at a third of the cost of their stat files."""

import os
from contextlib import suppress

_LOOKS = 12
_LONGEST_BYTES = 64  # three numbers of 64 bits
_NEVER_RAN = b"0 0 0\n"  # or the kernel does not count


class IdleProcesses:
    """Finds the processes with one thread that have not run; *folder* is a descriptor of their procfs.

    `/proc/PID/schedstat` holds how long the main thread has run and waited, and how often (sched-stats.rst).
    As long as that stays the same, so do the process's times, name, state and threads. Its parent can end,
    and the host can take memory from it: so everyone is said to be awake at one look in 12.

    Not for use by two threads at once; `forget_all` gives all descriptors back.
    """

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._cohorts: tuple[dict[str, tuple[int, bytes]], ...] = tuple({} for _ in range(_LOOKS))
        self._looks = 0
        self._has_schedstat = os.access("self/schedstat", os.R_OK, dir_fd=folder)

    @property
    def held(self) -> int:
        """How many descriptors are held now."""
        return sum(map(len, self._cohorts))

    def __contains__(self, name: str) -> bool:
        return name in self._cohort(name)

    def watch(self, name: str) -> None:
        """Watch the process whose folder is *name*, once, if the kernel has schedstat."""
        if self._has_schedstat and name not in self:
            with suppress(OSError):
                descriptor = os.open(f"{name}/schedstat", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._folder)
                self._cohort(name)[name] = descriptor, b""

    def look(self) -> set[str]:
        """Return who has not run since the look before; whoever is not among them must be read after this."""
        asleep: set[str] = set()
        self._looks += 1
        for number, cohort in enumerate(self._cohorts):
            if number != self._looks % _LOOKS:
                self._look_at(cohort, asleep)
        return asleep

    def forget(self, name: str) -> None:
        """Watch a process no longer."""
        watched = self._cohort(name).pop(name, None)
        if watched is not None:
            os.close(watched[0])

    def forget_all(self) -> None:
        """Watch nobody any longer."""
        for cohort in self._cohorts:
            for name in list(cohort):
                self.forget(name)

    def _cohort(self, name: str) -> dict[str, tuple[int, bytes]]:
        return self._cohorts[int(name) % _LOOKS]

    def _look_at(self, cohort: dict[str, tuple[int, bytes]], asleep: set[str]) -> None:
        gone = []
        for name, (descriptor, before) in cohort.items():
            try:
                runs = os.pread(descriptor, _LONGEST_BYTES, 0)
            except OSError:
                gone.append(name)
                continue
            if runs != before:
                cohort[name] = descriptor, runs
            elif runs and runs != _NEVER_RAN:
                asleep.add(name)
        for name in gone:
            self.forget(name)
