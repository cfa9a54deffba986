"""Which host an alert of any rule set is about: pure, from its labels and the hosts in the settings."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from marax.settings.addresses import Address

_LONGEST_INSTANCE = 1000
_LONGEST_HOST = 253  # RFC 1035, section 2.3.4
_COLONS_OF_IPV6 = 2
_FALLBACKS = ("node", "nodename", "hostname")

_PLAIN = re.compile(r"([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?)(?::[0-9]{1,5})?")  # for speed
# `https://`, `https:/` of a typing error, `//`; https://www.rfc-editor.org/rfc/rfc3986#section-3.1
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{0,30}:)?//|[A-Za-z][A-Za-z0-9+.-]{0,30}:/|https?:(?![0-9])")
_END_OF_AUTHORITY = re.compile(r"[/?#\s]")
_PORT = re.compile(r":+[0-9]{0,5}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHosts:
    """The hosts in the settings.

    Attributes:
        names_by_address: Their names by the address at which they are scraped.
        names_by_machine: Their names by the host part of that address, where no two share it, and by the name
            itself; in lower case.
    """

    names_by_address: Mapping[str, str]
    names_by_machine: Mapping[str, str]

    def named(self, machine: str) -> str:
        """Return the name of the host that *machine* is, a name or IP address; empty where it is none."""
        return self.names_by_machine.get(machine.lower(), "")


def known_hosts(addresses_by_name: Mapping[str, Address]) -> KnownHosts:
    """Return the hosts with these addresses, by name."""
    machines = {name: address.host.lower() for name, address in addresses_by_name.items()}
    count = Counter(machines.values())
    unique = {machine: name for name, machine in machines.items() if count[machine] == 1}
    return KnownHosts(
        names_by_address={str(address): name for name, address in addresses_by_name.items()},
        names_by_machine=unique | {name.lower(): name for name in addresses_by_name},
    )


def host_of(labels: Mapping[str, str], hosts: KnownHosts) -> str:
    """Return the name of the host that an alert with *labels* is about; empty when it is about no single one.

    It is the label `host`; else what `instance` names; else the label `node`, `nodename` or `hostname`.
    """
    if host := labels.get("host"):
        return host
    instance = labels.get("instance", "")
    if known := hosts.names_by_address.get(instance):
        return known
    machines = machines_in(instance[:_LONGEST_INSTANCE])
    if not machines:
        machines = tuple(labels[label] for label in _FALLBACKS if labels.get(label))[:1]
    return next(filter(None, map(hosts.named, machines)), "".join(machines[:1]))


def machines_in(instance: str) -> tuple[str, ...]:
    """Return the hosts that *instance* may name, the likeliest first; empty where it names none.

    It is `host:port`, a URL, an IPv6 address with or without brackets and a port, or a bare name. Only an
    IPv6 address without brackets leaves a choice: whether its last group is a port.
    """
    if plain := _PLAIN.fullmatch(instance):
        return (plain[1],)
    return tuple(
        dict.fromkeys(machine[:_LONGEST_HOST] for machine in _machines(_authority(instance)) if machine)
    )


def _authority(instance: str) -> str:
    """Return the part of *instance* that names a host and a port."""
    text = instance.strip()
    if scheme := _SCHEME.match(text):
        text = text[scheme.end() :]
    return _END_OF_AUTHORITY.split(text, maxsplit=1)[0].rpartition("@")[2]


def _machines(authority: str) -> Iterator[str]:
    if authority.startswith("["):
        yield authority[1:].partition("]")[0]
        return
    if authority.count(":") < _COLONS_OF_IPV6:
        yield authority.partition(":")[0].rstrip(".")
        return
    without_port = _PORT.sub("", authority)
    if _is_ipv6(authority):
        yield authority
        yield without_port if _is_ipv6(without_port) else ""
    else:
        yield without_port


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
