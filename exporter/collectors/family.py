"""A metric family as a row of the table, and what makes exposition out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

_SUFFIX = {"counter": "_total", "gauge": "", "info": "_info"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a family promises to whoever queries it.

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


def _unicode(text: str) -> str:
    return text if text.isascii() else text.encode(errors="replace").decode()
