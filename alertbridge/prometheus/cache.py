"""Looking up once what many mails need at the same time."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from alertbridge.prometheus.findings import Enricher, Findings, Subject
from marax.clock import Clock

_FRESH_SECONDS = 1.0  # a mail says what is true when it leaves, and is tried again no sooner


@dataclass(slots=True)
class _Entry:
    findings: Future[Findings] = field(default_factory=Future)
    answered_monotonic_seconds: float | None = None

    def is_fresh(self, now_monotonic_seconds: float) -> bool:
        answered = self.answered_monotonic_seconds
        return answered is None or now_monotonic_seconds - answered < _FRESH_SECONDS


class CachedEnricher:
    """An `Enricher` that asks *enricher* once about the same subjects at the same time, as for many users.

    Whoever asks while the answer is being found waits for it, and for nothing else.
    """

    def __init__(self, enricher: Enricher, clock: Clock) -> None:
        self._enricher = enricher
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[tuple[Subject, ...], _Entry] = {}

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        key = tuple(subjects)
        entry, is_new = self._entry_of(key)
        if is_new:
            try:
                findings = self._enricher.look_up(key)
                entry.answered_monotonic_seconds = self._clock.monotonic_seconds()
                entry.findings.set_result(findings)
            except BaseException as error:
                entry.findings.set_exception(error)
                self._forget(key)
                raise
        return entry.findings.result()

    def _entry_of(self, key: tuple[Subject, ...]) -> tuple[_Entry, bool]:
        now = self._clock.monotonic_seconds()
        with self._lock:
            self._entries = {
                subjects: entry for subjects, entry in self._entries.items() if entry.is_fresh(now)
            }
            is_new = key not in self._entries
            return self._entries.setdefault(key, _Entry()), is_new

    def _forget(self, key: tuple[Subject, ...]) -> None:
        with self._lock:
            self._entries.pop(key, None)
