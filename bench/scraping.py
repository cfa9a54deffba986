"""Scraping an exporter as Prometheus does, and reading what it says."""

import http.client
import time
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from bench.child import BenchError

_LONGEST_SECONDS = 30.0
_AS_PROMETHEUS = {  # what Prometheus 2.42 sends
    "Accept": "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Accept-Encoding": "gzip",
    "User-Agent": "Prometheus/2.42.0",
}

Series = tuple[str, tuple[tuple[str, str], ...]]


def answers(address: str, path: str) -> bool:
    """Return whether whoever listens on *address* answers *path* with 200."""
    connection = http.client.HTTPConnection(address, timeout=_LONGEST_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Scraping:
    """One connection to the exporter at *address*, kept from scrape to scrape."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=_LONGEST_SECONDS)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def get(self, *, timeout_seconds: float = 5.0) -> float:
        """Scrape once, telling the exporter Prometheus's timeout; return the seconds that the answer took.

        Raises:
            BenchError: The exporter does not answer, or not with 200.
        """
        began_seconds = time.monotonic()
        self._ask(_AS_PROMETHEUS, timeout_seconds)
        return time.monotonic() - began_seconds

    def samples(self, *, timeout_seconds: float = 5.0) -> Mapping[Series, float]:
        """Return the value of each series, by its name and labels.

        Raises:
            BenchError: The exporter does not answer, or not with 200.
        """
        return parse(self._ask({}, timeout_seconds).decode())

    def _ask(self, headers: dict[str, str], timeout_seconds: float) -> bytes:
        headers = headers | {"X-Prometheus-Scrape-Timeout-Seconds": f"{timeout_seconds:g}"}
        try:
            self._connection.request("GET", "/metrics", headers=headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise BenchError(f"/metrics is not answered: {error!r}") from error
        if answer.status != http.client.OK:
            raise BenchError(f"/metrics is answered with {answer.status}")
        return body


def parse(text: str) -> dict[Series, float]:
    """Return the series in an exposition of the text format."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(samples: Mapping[Series, float], name: str, **without: str) -> float:
    """Return the sum of the series *name*, less those that have one of the labels *without*."""
    return sum(
        value
        for (its_name, labels), value in samples.items()
        if its_name == name and not without.items() & set(labels)
    )
