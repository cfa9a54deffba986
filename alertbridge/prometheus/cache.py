"""Looking up once what many mails tell at the same time."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from alertbridge.prometheus.findings import Enricher, Findings, Subject
from marax.clock import Clock

_FRESH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Memory:
    asked_monotonic_seconds: float
    findings: Future[Findings] = field(default_factory=Future)


class CachedEnricher:
    """An `Enricher` that asks *enricher* once about the same subjects within some seconds.

    Whoever asks while the answer is being found waits for it, and for nothing else.
    """

    def __init__(self, enricher: Enricher, clock: Clock) -> None:
        self._enricher = enricher
        self._clock = clock
        self._lock = threading.Lock()
        self._memories: dict[tuple[Subject, ...], _Memory] = {}

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        key = tuple(subjects)
        memory, is_new = self._memory_of(key)
        if is_new:
            try:
                memory.findings.set_result(self._enricher.look_up(key))
            except BaseException as error:
                memory.findings.set_exception(error)
                self._forget(key)
                raise
        return memory.findings.result()

    def _memory_of(self, key: tuple[Subject, ...]) -> tuple[_Memory, bool]:
        now = self._clock.monotonic_seconds()
        with self._lock:
            self._memories = {
                subjects: memory
                for subjects, memory in self._memories.items()
                if now - memory.asked_monotonic_seconds < _FRESH_SECONDS
            }
            is_new = key not in self._memories
            return self._memories.setdefault(key, _Memory(now)), is_new

    def _forget(self, key: tuple[Subject, ...]) -> None:
        with self._lock:
            self._memories.pop(key, None)
