"""The hosts in the bridge's settings: the one list behind scraping, routing and `status`."""

import re
from typing import Annotated, Literal, Self, cast

import msgspec

from marax.settings.addresses import Address

HostName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?\Z",
        description="a host name of letters, digits, dots, dashes and underscores, such as web-1",
    ),
]

# https://prometheus.io/docs/concepts/data_model/: names that begin with __ are Prometheus' own
_LABEL_NAME = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*")
_TAKEN = frozenset({"host", "instance", "job"})


class Labels(dict[str, str]):
    """Further labels of a host: Prometheus label names and their values."""

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the labels that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        expected = _expected_labels(value)
        if expected:
            raise ValueError(expected)
        return cls(cast("dict[str, str]", value))


class HostSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One host.

    Attributes:
        name: How people know it; the value of the label `host`.
        address: Where its exporter listens; the value of the label `instance`.
        scheme: How its exporter is spoken to.
        labels: Further labels of everything that Prometheus scrapes from it.
    """

    name: HostName
    address: Address
    scheme: Literal["http", "https"] = "http"
    labels: Labels = msgspec.field(default_factory=Labels)


def _expected_labels(value: object) -> str:
    """Return what should stand in the place of *value*; empty when it is right."""
    if not isinstance(value, dict):
        return "labels such as {site: berlin}"
    for name, text in value.items():
        if not isinstance(name, str) or not _LABEL_NAME.fullmatch(name):
            return f"label names such as site or rack_1, not {name!r:.60}"
        if name in _TAKEN:
            return f"labels other than {name}, which the bridge or Prometheus sets"
        if not isinstance(text, str) or not text or not text.isprintable():
            return f'text on one line as the value of {name}, such as {name}: "12"'
    return ""
