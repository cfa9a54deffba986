"""Counts of logins, refusals and revocations since the program started."""

import threading
from collections import Counter
from collections.abc import Mapping

from exporter.access.session import Refusal


class AccessCounts:
    """Counts that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals: Counter[Refusal] = Counter()
        self._logins = 0
        self._revoked = 0

    def note_refusal(self, refusal: Refusal) -> None:
        """Count somebody who was not let in."""
        with self._lock:
            self._refusals[refusal] += 1

    def note_login(self) -> None:
        """Count a login."""
        with self._lock:
            self._logins += 1

    def note_revoked(self) -> None:
        """Count a revocation."""
        with self._lock:
            self._revoked += 1

    @property
    def refusals(self) -> Mapping[Refusal, int]:
        """How many were refused, for each reason there is."""
        with self._lock:
            return {refusal: self._refusals[refusal] for refusal in Refusal}

    @property
    def logins(self) -> int:
        return self._logins

    @property
    def revoked(self) -> int:
        """How often a token, or all of a user's, were revoked: by logout or renewal."""
        return self._revoked
