"""Telling heartbeats apart by their labels, which come from outside."""

import json
from collections.abc import Collection, Mapping

from alertbridge.mail.cleaning import clean

Labels = Mapping[str, str]

_NOT_ITS_OWN = "alertname"
_MOST_LABELS = 32
_LONGEST_NAME = 64
_LONGEST_VALUE = 128
_MOST_NAMED = 3
_LONGEST_NAMED = 48  # what a title has room for beside the rest


def labels_of(labels: Labels) -> dict[str, str]:
    """Return by what a heartbeat with *labels* is told apart: all but its name, within bounds."""
    own = sorted((name, value) for name, value in labels.items() if name != _NOT_ITS_OWN)
    return {name[:_LONGEST_NAME]: value[:_LONGEST_VALUE] for name, value in own[:_MOST_LABELS]}


def key_of(labels: Labels | None) -> str:
    """Return *labels* as one string; empty for None."""
    return "" if labels is None else json.dumps(sorted(labels.items()))


def distinction(labels: Labels, others: Collection[Labels]) -> str:
    """Return the labels that tell a heartbeat from the *others*, as `site=paris`; empty when none does."""
    names = sorted({*labels, *(name for other in others for name in other)})
    telling = [name for name in names if any(other.get(name) != labels.get(name) for other in others)]
    words = [f"{name}={labels[name]}" if name in labels else f"no {name}" for name in telling]
    return clean(", ".join(words[:_MOST_NAMED]), _LONGEST_NAMED)
