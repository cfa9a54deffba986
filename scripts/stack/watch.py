"""What Prometheus and Alertmanager say about a host, and waiting until they say something else."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from scripts.stack.part import Part

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to wait for.

    Attributes:
        what: What has happened once it is done.
        part: Whose turn it is; the one that is stuck if it never happens.
        done: Whether it has happened.
    """

    what: str
    part: Part
    done: Callable[[], bool]


def followed(steps: tuple[Step, ...], *, deadline_seconds: float = 30.0) -> Iterator[Step]:
    """Yield each step, in order, as soon as it is done.

    Raises:
        PartError: One was not done within *deadline_seconds* after the one before.
    """
    for step in steps:
        deadline = time.monotonic() + deadline_seconds
        while not step.done():
            if time.monotonic() > deadline:
                raise step.part.trouble(
                    f'is stuck: "{step.what}" did not happen within {deadline_seconds:g} s'
                )
            time.sleep(_POLL_SECONDS)
        yield step


def value(prometheus: Part, query: str) -> float | None:
    """Return the one value that the PromQL *query* has now, None when it has none."""
    series = prometheus.ask(f"/api/v1/query?query={quote(query)}")["data"]["result"]
    return float(series[0]["value"][1]) if series else None


def firing(prometheus: Part, alert: str, host: str) -> bool:
    """Return whether Prometheus says that *alert* fires for *host*."""
    alerts = prometheus.ask("/api/v1/alerts")["data"]["alerts"]
    return any(_concerns(found, alert, host) and found["state"] == "firing" for found in alerts)


def held(alertmanager: Part, alert: str, host: str) -> bool:
    """Return whether Alertmanager holds *alert* for *host* as active."""
    return any(_concerns(found, alert, host) for found in alertmanager.ask("/api/v2/alerts?active=true"))


def _concerns(found: dict[str, Any], alert: str, host: str) -> bool:
    labels = found["labels"]
    return bool(labels["alertname"] == alert and labels.get("host") == host)
