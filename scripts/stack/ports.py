"""Free TCP ports of loopback."""

import secrets
import socket
from pathlib import Path

_LOWEST = 10_000


def free_addresses(count: int) -> list[str]:
    """Return *count* different addresses of 127.0.0.1 that nobody listens on.

    They lie below the ports that the system gives to outgoing connections: while a part is down, no such
    connection takes its port, or meets itself there.
    """
    ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found: list[str] = []
    for port in secrets.SystemRandom().sample(
        range(min(_LOWEST, ephemeral // 2), ephemeral), k=ephemeral // 4
    ):
        if len(found) == count:
            return found
        if _is_free(port):
            found.append(f"127.0.0.1:{port}")
    raise OSError("no free ports on 127.0.0.1")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
