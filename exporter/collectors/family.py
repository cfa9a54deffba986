"""A metric family: one frozen value that says what is exposed, and makes exposition out of readings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

CONSTANT = "one value as long as the host runs"  # why an info metric's label is bounded
_SUFFIX = {"counter": "_total", "gauge": "", "info": "_info"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a family promises to whoever queries it; names, types and labels are API: see docs/metrics.md.

    Attributes:
        name: As it is exposed and queried; a counter ends in `_total`, an info metric in `_info`.
        kind: Its type.
        help: One sentence or two.
        labels: Its labels in order, each with the reason why its values are bounded in number.
    """

    name: str
    kind: Literal["counter", "gauge", "info"]
    help: str
    labels: Mapping[str, str]

    def of(self, value: float) -> Metric:
        """Return the family with one sample without labels."""
        return self.by({(): value})

    def by(self, values: Mapping[tuple[str, ...], float]) -> Metric:
        """Return the family with a sample for each tuple of label values, given in the order of *labels*.

        An empty label value is left out: to Prometheus the two are the same. What is not Unicode in one
        (file names and host names are bytes) is replaced, as it could not be exposed.
        """
        metric = Metric(self.name.removesuffix(_SUFFIX[self.kind]), self.help, self.kind)
        metric.samples = [
            Sample(self.name, {k: _unicode(v) for k, v in zip(self.labels, texts, strict=True) if v}, value)
            for texts, value in values.items()
        ]
        return metric


def gauge(name: str, text: str, /, **labels: str) -> Family:
    """Return a gauge; each label is given with the reason why its values are bounded in number."""
    return Family(name=name, kind="gauge", help=text, labels=labels)


def counter(name: str, text: str, /, **labels: str) -> Family:
    """Return a counter, whose *name* ends in `_total`."""
    return Family(name=name, kind="counter", help=text, labels=labels)


def info(name: str, text: str, /, **labels: str) -> Family:
    """Return an info metric, whose *name* ends in `_info`; what it says is in its labels."""
    return Family(name=name, kind="info", help=text, labels=labels)


def _unicode(text: str) -> str:
    return text if text.isascii() else text.encode(errors="replace").decode()
