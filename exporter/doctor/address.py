"""The address that the exporter is to listen on: free, or who answers there."""

import errno
import socket
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import assert_never

from prometheus_client.parser import text_string_to_metric_families

from exporter.doctor.checks import SEEN_RATIO
from exporter.doctor.finding import Finding
from marax.settings.addresses import Address

_PATIENCE_SECONDS = 6.0  # a scrape with a stuck collector takes 4.5 s
_LARGEST_BYTES = 8 * 1024 * 1024
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to connect, not to listen
_SUCCESS = "marax_collector_success"
_HEALTHY, _WANTS_TLS = "marax-exporter is healthy.", "urn:marax:problem:wants-tls"


@dataclass(frozen=True, slots=True)
class Free:
    """Nobody listens there."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody does; *healthy* is what they answer to `/-/healthy`, *metrics* to `/metrics`, if at all."""

    healthy: str
    metrics: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """Nobody can listen there, for this reason."""

    reason: str


def read_address(address: Address, *, patience_seconds: float = _PATIENCE_SECONDS) -> Free | Taken | Unusable:
    """Return who is at *address*: tries to listen there, and if it is taken, asks."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((address.host, address.port), family=family).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return Unusable(error.strerror or str(error))
        healthy = _get(address, "/-/healthy", patience_seconds)
        return Taken(healthy, _get(address, "/metrics", patience_seconds) if _HEALTHY in healthy else "")
    return Free()


def address_findings(address: Address, found: Free | Taken | Unusable) -> list[Finding]:
    """Judge what was *found* at *address*, and the exporter that serves there."""
    match found:
        case Free():
            return [Finding(check="address", verdict="ok", says=f"{address} is free")]
        case Unusable(reason):
            remedy = "`ip address` lists this host's addresses; ports below 1024 require CAP_NET_BIND_SERVICE"
            says = f"cannot listen on {address}: {reason}"
            return [Finding(check="address", verdict="problem", says=says, remedy=remedy)]
        case Taken(healthy, metrics) if _HEALTHY in healthy:
            says = f"marax-exporter serves on {address}"
            return [Finding(check="address", verdict="ok", says=says), _service(metrics)]
        case Taken(healthy) if _WANTS_TLS in healthy:
            return [Finding(check="address", verdict="ok", says=f"marax serves HTTPS on {address}")]
        case Taken():
            remedy = f"`ss -ltnp sport = :{address.port}` shows which: stop it, or choose another port"
            says = f"another program listens on {address}"
            return [Finding(check="address", verdict="problem", says=says, remedy=remedy)]
        case _:
            assert_never(found)


def _service(metrics: str) -> Finding:
    """Judge the exporter that serves: its unit and its user may hide more from it than from the doctor."""
    values = _values(metrics)
    seen_ratio = values.get(("marax_process_visibility_ratio", ""), 1.0)
    failing = [name for (family, name), value in values.items() if family == _SUCCESS and not value]
    if not values:
        says = "the metrics of the running exporter cannot be read"
        return Finding(check="service", verdict="note", says=says)
    if seen_ratio < SEEN_RATIO:
        return Finding(
            check="service",
            verdict="problem",
            says=f"the running exporter sees {seen_ratio:.0%} of the host's threads",
            remedy="check its user and its unit: ProtectProc=, ProcSubset= and PrivatePIDs= hide processes",
        )
    if failing:
        says = f"collectors that fail in the running exporter: {', '.join(failing)}"
        return Finding(check="service", verdict="problem", says=says, remedy="`journalctl -u marax-exporter`")
    return Finding(check="service", verdict="ok", says="the running exporter sees the whole host")


def _values(metrics: str) -> dict[tuple[str, str], float]:
    """Return the samples of an exposition by name and collector; none if it is not one."""
    try:
        families = list(text_string_to_metric_families(metrics))
    except ValueError:
        return {}
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, sample.labels.get("collector", "")): sample.value for sample in samples}


def _get(address: Address, path: str, patience_seconds: float) -> str:
    """Return the answer to a GET of *path*; nothing if there is none that could be read."""
    host = _WILDCARDS.get(address.host, address.host)
    with closing(HTTPConnection(host, address.port, timeout=patience_seconds)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().read(_LARGEST_BYTES).decode(errors="replace")
        except (OSError, HTTPException):
            return ""
