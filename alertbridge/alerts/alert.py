"""An alert as Alertmanager tells it, and who it is about."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of a webhook payload.

    Attributes:
        alert_id: What stays the same for this alert in every payload, by `alert_id_of`.
        labels: All labels.
        annotations: Texts for people.
        is_firing: Whether it fires; each alert of a payload may differ.
        starts_unix_seconds: When it fired: after the rule's `for`, so later than the trouble began.
        ends_unix_seconds: When it ended; None while it fires.
        generator_url: Where Prometheus shows the rule's expression.
        is_end_reconciled: Whether Alertmanager told no end, and it was found in Prometheus.
    """

    alert_id: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    is_firing: bool
    starts_unix_seconds: float
    ends_unix_seconds: float | None
    generator_url: str = ""
    is_end_reconciled: bool = False


def alert_id_of(labels: Mapping[str, str]) -> str:
    """Return the identity of the alert that bears *labels*: a hash of all of them."""
    canonical = json.dumps(sorted(labels.items())).encode()
    return hashlib.sha256(canonical).hexdigest()[:32]
