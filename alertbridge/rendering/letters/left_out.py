"""The failed hosts that a table has no room for: their names in a paragraph, or all of them in a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from alertbridge.mail.mail import AttachedText
from alertbridge.rendering.letters.letter import Section

_FILE_NAME = "failed-hosts.txt"
_LONGEST_PARAGRAPH = 5000  # as it stands in HTML
_LINES_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class FailedHost:
    """A host that is down, and why in a few words."""

    name: str
    why: str


def rest_of(failed: Sequence[FailedHost], shown: int) -> tuple[tuple[Section, ...], tuple[AttachedText, ...]]:
    """Return what names each of the *failed* hosts beyond the first *shown*: a section, perhaps a file."""
    rest = failed[shown:]
    if not rest:
        return (), ()
    names = ", ".join(host.name for host in rest)
    if len(escape(names)) <= _LONGEST_PARAGRAPH:
        return (Section(title="Also down", lines=(names,)),), ()
    file = f"The attached {_FILE_NAME} names all {len(failed)}, each with the reason"
    said = f"{len(rest)} more hosts are down. {file}."
    return (Section(title="Also down", lines=(said,)),), (_file(failed),)


def _file(failed: Sequence[FailedHost]) -> AttachedText:
    listed = failed[:_LINES_AT_MOST]
    width = max(len(host.name) for host in listed)
    lines = [f"{host.name:<{width}}  {host.why}".rstrip() for host in listed]
    if len(failed) > len(listed):
        lines.append(f"and {len(failed) - len(listed)} more")
    return AttachedText(name=_FILE_NAME, text="\n".join(lines) + "\n")
