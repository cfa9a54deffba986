"""uname(2): the kernel, and the name of the host."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HostName:
    """What uname(2) says; a name of the host that is not UTF-8 has U+FFFD in it."""

    sysname: str
    nodename: str
    release: str
    version: str
    machine: str


def read_uname() -> HostName:
    """Return what uname(2) says now."""
    said = os.uname()
    sysname, nodename, release, version, machine = map(_text, said)
    return HostName(sysname=sysname, nodename=nodename, release=release, version=version, machine=machine)


def _text(raw: str) -> str:
    return raw.encode(errors="surrogateescape").decode(errors="replace")
