"""What an exporter says of its host, read from an exposition of which nothing is trusted."""

import re
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from alertbridge.prometheus import exporter_metrics

_LONGEST_LINE_BYTES = 200  # those of an exporter are shorter: they bear no labels
_OURS = re.compile(rb"(?m)^marax_[a-z]")
_NAMES = tuple(name.encode() for name in (*exporter_metrics.VALUES, *exporter_metrics.BOOT))
_LINES = re.compile(
    rb"(?m)^(?P<name>%b)(?=[ \t{])[^\r\n]{1,%d}(?=\r?$)" % (b"|".join(_NAMES), _LONGEST_LINE_BYTES)
)
_BEYOND_ANY_HOST = 1e18  # a byte count or an epoch of more is nonsense, and so is NaN


class NeededSamples:
    """Takes an exposition in chunks and keeps the lines that a report needs: the first of each name.

    Whatever is sent, it holds some lines of at most 200 bytes, and takes a few milliseconds for each MiB. The
    parser, which takes seconds for a line of escaped quotes, sees no other.
    """

    def __init__(self) -> None:
        self._is_ours = False
        self._lines: dict[bytes, bytes] = {}
        self._rest = b""  # of a line that has not ended yet
        self._is_overlong = False  # that line

    def add(self, chunk: bytes) -> None:
        """Take the next *chunk* of the exposition."""
        if self._is_overlong:
            _, newline, chunk = chunk.partition(b"\n")
            self._is_overlong = not newline
        lines, newline, rest = (self._rest + chunk).rpartition(b"\n")
        self._take(lines)
        self._rest = rest
        if len(rest) > 2 * _LONGEST_LINE_BYTES:
            self._take(rest)
            self._rest, self._is_overlong = b"", True

    def read(self) -> Mapping[str, float] | str:
        """Return the samples by metric name, or what is wrong instead."""
        self._take(self._rest)
        self._rest = b""
        if not self._is_ours:
            return "answers, but is not a marax-exporter"
        exposition = b"".join(line + b"\n" for line in self._lines.values()).decode(errors="replace")
        try:
            families = list(text_string_to_metric_families(exposition))
        except ValueError:
            return "answers, but not in Prometheus' text format"
        samples = {sample.name: float(sample.value) for family in families for sample in family.samples}
        return {name: value for name, value in samples.items() if 0 <= value < _BEYOND_ANY_HOST}

    def _take(self, lines: bytes) -> None:
        self._is_ours = self._is_ours or _OURS.search(lines) is not None
        if len(self._lines) == len(_NAMES):
            return
        for line in _LINES.finditer(lines):
            self._lines.setdefault(line["name"], line[0])


def read_samples(exposition: bytes) -> Mapping[str, float] | str:
    """Return the samples that a report needs, by metric name, or what is wrong instead."""
    needed = NeededSamples()
    needed.add(exposition)
    return needed.read()
