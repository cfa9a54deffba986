"""What the doctor finds, and how it is printed."""

import json
import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Verdict = Literal["ok", "note", "problem"]

_CHECK_COLUMNS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of one check.

    Attributes:
        check: What was looked at, in a word.
        verdict: `ok`; `note` for what is good to know and costs nothing; `problem` for what is not delivered.
        says: What was found.
        remedy: What to do about it; empty if nothing is to be done.
    """

    check: str
    verdict: Verdict
    says: str
    remedy: str = ""


def as_lines(findings: Iterable[Finding]) -> str:
    """Return a line for each finding, and below it one for its remedy."""
    return "\n".join(line for finding in findings for line in _lines(finding))


def as_json(findings: Iterable[Finding]) -> str:
    """Return *findings* as a JSON list of objects in ASCII."""
    return json.dumps([asdict(finding) for finding in findings], indent=2)


def _lines(finding: Finding) -> list[str]:
    line = f"{finding.verdict:<7}  {finding.check:<{_CHECK_COLUMNS}}  {_plain(finding.says)}"
    return [line, textwrap.indent(f"-> {finding.remedy}", " " * 9)] if finding.remedy else [line]


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
