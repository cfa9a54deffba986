"""An alert as Alertmanager sends it, and its identity."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

# Labels and annotations so named are the bridge's own: they mean something to it, and none comes from outside
RESERVED_PREFIX = "marax_"
REMARK_ANNOTATION = "marax_remark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of a webhook payload.

    Attributes:
        alert_id: Its identity, the same in every payload, by `alert_id_of`.
        labels: All labels, as far as they can be stored.
        annotations: All annotations; `REMARK_ANNOTATION` says what was wrong with the alert as received, one
            sentence a line.
        is_firing: Whether it is firing or resolved; one payload may hold both.
        starts_unix_seconds: When it fired: after the rule's `for`, so later than the problem began.
        is_start_known: Whether that was received; otherwise the time is that of receipt.
        ends_unix_seconds: When it ended; None while it is firing.
        generator_url: Where Prometheus shows the graph of the rule's expression.
        is_end_reconciled: Whether Alertmanager sent no "resolved" and the end was found in Prometheus.
        is_proven: Whether it is confirmed that it has ended, or fires again or still; until then, a claim.
        is_unwatched: Whether it ended as Prometheus does not scrape its target any more.
        watched_as: The name under which that target's address is scraped now; empty when it is not.
    """

    alert_id: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    is_firing: bool
    starts_unix_seconds: float
    ends_unix_seconds: float | None
    generator_url: str = ""
    is_start_known: bool = True
    is_end_reconciled: bool = False
    is_proven: bool = False
    is_unwatched: bool = False
    watched_as: str = ""


def alert_id_of(labels: Mapping[str, str]) -> str:
    """Return the identity of the alert with these *labels*: a hash of all of them."""
    canonical = json.dumps(sorted(labels.items())).encode()
    return hashlib.sha256(canonical).hexdigest()[:32]
