"""Network addresses as people write them: `web-1.example.org:9877`, `[::1]:9877`."""

import re
from dataclasses import dataclass
from typing import Self

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9_.-]{1,15})?\]")
_LOOPBACK = re.compile(r"127(?:\.[0-9]{1,3}){3}")
_LARGEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """A host name or IP address (an IPv6 one without its brackets) and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the address that *value* spells, its port from 1 to 65535.

        Raises:
            ValueError: Saying what was expected.
        """
        host, port = _split(value)
        if host is None or not 1 <= port <= _LARGEST_PORT:
            raise ValueError("an address with a port, such as web-1.example.org:9877 or [::1]:9877")
        return cls(host, port)


class ListenAddress(Address):
    """An address to listen on; port 0 lets the system choose a free one."""

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the address that *value* spells, its port from 0 to 65535.

        Raises:
            ValueError: Saying what was expected.
        """
        host, port = _split(value)
        if host is None or not 0 <= port <= _LARGEST_PORT:
            raise ValueError("an address to listen on, such as 127.0.0.1:9877 or 0.0.0.0:9877")
        return cls(host, port)


def is_loopback(host: str) -> bool:
    """Return whether *host*, a name or an IP address, is this machine: nothing travels over a network."""
    return host.lower() in {"localhost", "::1"} or _LOOPBACK.fullmatch(host) is not None


def _split(value: object) -> tuple[str | None, int]:
    host, colon, port = str(value).rpartition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not _HOST.fullmatch(host) or not re.fullmatch("[0-9]{1,5}", port):
        return None, -1
    return host.strip("[]"), int(port)
