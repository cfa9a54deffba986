"""os-release(5): which operating system the host runs."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from exporter.host.files import HostReadError, read_text

_LONGEST = 128
_FIELDS = {"ID": "id", "VERSION_ID": "version_id", "PRETTY_NAME": "pretty_name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OsRelease:
    """The names of the operating system; the defaults are those of os-release(5)."""

    id: str = "linux"
    version_id: str = ""
    pretty_name: str = "Linux"


def read_os_release(root: Path) -> OsRelease:
    """Return what the host under *root* says of itself; the defaults when it says nothing."""
    for place in ("etc/os-release", "usr/lib/os-release"):
        try:
            return parse_os_release(read_text(root / place))
        except HostReadError:
            continue
    return OsRelease()


def parse_os_release(text: str) -> OsRelease:
    """Return what *text* says; lines that are not `NAME=value` are passed over."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.strip().partition("=")
        if name in _FIELDS and (plain := _unquoted(value)):
            found[_FIELDS[name]] = plain[:_LONGEST]
    return OsRelease(**found)


def _unquoted(value: str) -> str:
    try:
        return "".join(shlex.split(value))
    except ValueError:
        return ""
