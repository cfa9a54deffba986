"""What this host is called when it says EHLO (RFC 5321, sections 4.1.1.1 and 4.1.3)."""

import ipaddress
import re
import socket
from contextlib import suppress

from alertbridge.delivery.deadline import run_with_deadline

_LOOK_UP_SECONDS = 2.0
_LONGEST_NAME = 253
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FULL_NAME = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}\Z")
_LITERAL = re.compile(r"\[(?:(?i:IPv6:)([0-9A-Fa-f:.]{2,45})|([0-9.]{7,15}))\]\Z")


def is_hello(text: str) -> bool:
    """Return whether *text* is a domain name of two labels or more, or an address literal."""
    literal = _LITERAL.match(text)
    if literal is None:
        return _is_full_name(text)
    v6, v4 = literal.groups()
    try:
        return bool(ipaddress.IPv6Address(v6) if v6 else ipaddress.IPv4Address(v4))
    except ValueError:
        return False


def own_name(own_address: str) -> str:
    """Return the full name of this host, or the literal of *own_address*, an end of a connection.

    A name without a dot, or one of the loopback interface, is refused by many servers. To look for another
    takes two seconds at most.
    """
    with suppress(OSError):
        name = socket.gethostname()
        if not _is_public(name):
            name = run_with_deadline(_LOOK_UP_SECONDS, lambda: socket.getfqdn(name))
        if _is_public(name):
            return name
    return _literal_of(own_address)


def _is_public(name: str) -> bool:
    return _is_full_name(name) and not name.lower().startswith("localhost.")


def _is_full_name(text: str) -> bool:
    return len(text) <= _LONGEST_NAME and _FULL_NAME.match(text) is not None


def _literal_of(address: str) -> str:
    own = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(own, ipaddress.IPv6Address):
        mapped = own.ipv4_mapped
        return f"[IPv6:{own}]" if mapped is None else f"[{mapped}]"
    return f"[{own}]"
