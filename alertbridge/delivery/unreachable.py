"""Telling the admins, once, that mail to a user fails permanently, and once that it arrives again."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import undeliverable_alert
from alertbridge.outbox.database import StoreError
from marax.clock import Clock

logger = logging.getLogger(__name__)


class OpenAlerts(Protocol):
    """Knows which alerts are open; StoreError when that cannot be read."""

    def open_since(self, alert_id: str) -> float | None:
        """Return since when the alert fires, in Unix seconds; None when it does not."""
        ...


class RecipientReports(Protocol):
    """Notes what became of mail to each user; StoreError when that cannot be stored."""

    def note_refused(self, user_name: str, reason: str) -> None: ...

    def note_accepted(self, user_name: str) -> None: ...

    def note_delivered(self, user_name: str) -> None: ...


class UnreachableUsers:
    """Raises an internal alert when a mail to a user fails permanently, and ends it when one arrives.

    A mail that the provider accepted does not end it while *bounces* says that mail to this user bounces: the
    provider accepts that, too. The outbox behind *tell* sees to it that nobody is notified twice.
    """

    def __init__(
        self,
        *,
        open_alerts: OpenAlerts,
        bounces: Callable[[str], bool],
        raise_alert: Callable[[Alert], object],
        clock: Clock,
    ) -> None:
        self._open_alerts = open_alerts
        self._bounces = bounces
        self._raise_alert = raise_alert
        self._clock = clock

    def note_refused(self, user_name: str, reason: str) -> None:
        """Note that a mail to *user_name* failed permanently, for that *reason*.

        Raises:
            StoreError: That could not be stored.
        """
        now = self._clock.unix_seconds()
        if not self._is_open(user_name):
            self._raise_alert(undeliverable_alert(user_name, reason, now, ends_unix_seconds=None))

    def note_accepted(self, user_name: str) -> None:
        """Note that the provider accepted a mail to *user_name*.

        Raises:
            StoreError: That could not be stored.
        """
        if self._is_open(user_name) and not self._bounces(user_name):
            self.note_delivered(user_name)

    def note_delivered(self, user_name: str) -> None:
        """Note that a mail reached the mailbox of *user_name*.

        Raises:
            StoreError: That could not be stored.
        """
        since = self._open_since(user_name)
        if since is not None:
            ended = max(since, self._clock.unix_seconds())  # the clock may have been set back
            self._raise_alert(undeliverable_alert(user_name, "", since, ends_unix_seconds=ended))

    def suppressed(self, user_names: Iterable[str]) -> Mapping[str, bool] | None:
        """Return for each of these users whether mail to them fails; None while that cannot be read."""
        try:
            return {name: self._is_open(name) for name in user_names}
        except StoreError:
            logger.warning("cannot read suppressed recipients for /metrics")
            return None

    def _is_open(self, user_name: str) -> bool:
        return self._open_since(user_name) is not None

    def _open_since(self, user_name: str) -> float | None:
        alert = undeliverable_alert(user_name, "", 0.0, ends_unix_seconds=None)
        return self._open_alerts.open_since(alert.alert_id)
