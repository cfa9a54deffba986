"""Free TCP ports of loopback."""

import socket
from pathlib import Path

from scripts.stack.ports import free_addresses


def test_gives_different_addresses_that_can_be_listened_on_at_once():
    addresses = free_addresses(5)

    with socket.create_server(("127.0.0.1", 0)):
        servers = [
            socket.create_server((host, int(port))) for host, port in (a.split(":") for a in addresses)
        ]

    assert len(set(addresses)) == 5
    for server in servers:
        server.close()


def test_stays_below_the_ports_of_outgoing_connections():
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    addresses = free_addresses(20)

    assert all(int(address.rpartition(":")[2]) < lowest for address in addresses)
