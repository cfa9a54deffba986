"""Which addresses are counted as one client."""

import ipaddress

_NEIGHBOURS_BITS = 64  # what one IPv6 customer has at least


def neighbourhood(address: str) -> str:
    """Return what *address* is counted under: an IPv6 address under its network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), _NEIGHBOURS_BITS), strict=False))
