"""What the provider reports about a mail after it accepted it, and who has to know."""

import logging

from alertbridge.delivery.unreachable import RecipientReports
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.deliveries import Concerned, Deliveries, DeliveryNews, NotOurs, Replayed
from alertbridge.outbox.schema import Delivery
from marax.clock import Clock

logger = logging.getLogger(__name__)


class DeliveryEvents:
    """Takes news of mails: stored with the notice, and reported to the admins when a user is unreachable."""

    def __init__(
        self, deliveries: Deliveries, reports: RecipientReports, clock: Clock, metrics: Metrics
    ) -> None:
        self._deliveries = deliveries
        self._reports = reports
        self._clock = clock
        self._metrics = metrics

    def take(self, news: DeliveryNews) -> Concerned | NotOurs | Replayed:
        """Take *news* and return whom they concern; taking them again changes nothing.

        Raises:
            StoreError: Not all of it could be stored; it has to be reported again.
        """
        concerned = self._deliveries.find(news)
        if isinstance(concerned, Concerned):
            self._report(concerned.user_name, news)
        # Last: the token is spent with it, and what is reported again must not be taken for a replay
        self._deliveries.note(news, self._clock.unix_seconds())
        if isinstance(concerned, Concerned) and concerned.was_ambiguous:
            self._metrics.ambiguous.labels(resolved_by="event").inc()
        return concerned

    def spend(self, token: str) -> bool:
        """Return whether *token* is new; from now on it is good for no event.

        Raises:
            StoreError: That could not be stored.
        """
        return self._deliveries.spend(token, self._clock.unix_seconds())

    def _report(self, user_name: str, news: DeliveryNews) -> None:
        match news.delivery:
            case Delivery.DELIVERED:
                self._reports.note_delivered(user_name)
            case Delivery.BOUNCED | Delivery.SUPPRESSED:
                self._reports.note_refused(user_name, _reason(news))
                logger.error("mail bounced or suppressed", extra=_fields(user_name, news))
            case Delivery.DELAYED:
                logger.warning("mail delayed", extra=_fields(user_name, news))


def _reason(news: DeliveryNews) -> str:
    said = f"{news.delivery}: {news.detail or 'no reason given'}"
    if news.delivery is Delivery.SUPPRESSED:
        return f"{said}; once the address works, remove it from the provider's suppression list"
    return said


def _fields(user_name: str, news: DeliveryNews) -> dict[str, str]:
    what = {"delivery": news.delivery.value, "reason": news.detail, "message_id": news.message_id}
    return {"user": user_name, **what}
