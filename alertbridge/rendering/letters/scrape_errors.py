"""Why a scrape failed: Prometheus' error explained, with the next three things to do."""

import re
from dataclasses import dataclass

from alertbridge.mail.cleaning import clean
from alertbridge.rendering.letters.letter import Step
from marax.settings.addresses import Address


@dataclass(frozen=True, slots=True)
class Reason:
    """An error explained.

    Attributes:
        short: Two or three words; empty when the error is not known.
        meaning: What that means for the host, as a sentence.
        quote: The error as Prometheus had it, without the address that it begins with; may be empty.
        steps: What to do next.
    """

    short: str
    meaning: str
    quote: str
    steps: tuple[Step, ...]


def explain(last_error: str, address: str) -> Reason:
    """Return what Prometheus' *last_error* means for the host that is scraped at *address*.

    Both are taken as clean. Where *address* is not one, the commands name a HOST to be filled in.
    """
    quote = _REQUEST.sub("", last_error, count=1)
    for cause in _CAUSES:
        match = cause.pattern.search(quote)
        if match is not None:
            return _reason(cause, match.groupdict() | _place(address), clean(quote, _QUOTE_LIMIT))
    unknown = _UNKNOWN if quote else _NOT_KNOWN
    return _reason(
        unknown, {"error": clean(quote, _SHORT_LIMIT)} | _place(address), clean(quote, _QUOTE_LIMIT)
    )


@dataclass(frozen=True, slots=True)
class _Cause:
    """One kind of error: its pattern, and a Reason with {machine}, {address} and {port} to fill in."""

    pattern: re.Pattern[str]
    short: str
    meaning: str
    steps: tuple[Step, ...]


_QUOTE_LIMIT = 300
_SHORT_LIMIT = 40
# how Go's HTTP client begins: Get "http://web-1:9877/metrics": dial tcp ...
_REQUEST = re.compile(r'^[A-Z][a-z]+ "[^"]*": ')

_PING = Step("Check whether the machine answers at all:", "ping -c 3 {machine}")
_SERVICE = Step("Check whether the exporter is running:", "ssh {machine} systemctl status marax-exporter")
_JOURNAL = Step("Read the exporter's last log lines:", "ssh {machine} journalctl -u marax-exporter -n 50")
_RESTART = Step("Restart it:", "ssh {machine} sudo systemctl restart marax-exporter")
_CONSOLE = Step("If it does not, open its console: no power, a kernel panic, out of memory, a full disk.")
_LISTENER = Step("Check which program listens on the port:", "ssh {machine} sudo ss -ltnp")
_ASK = Step("Query the exporter yourself:", "curl -i http://{address}/metrics")
_COMPARE_LOGIN = Step("Compare the credentials in prometheus.yml with the exporter's web_config_file.")
_COMPARE_TARGET = Step("Compare the address and the scheme in prometheus.yml with the exporter's settings.")

_CAUSES = (
    _Cause(
        re.compile(r"connection refused"),
        "connection refused",
        "The machine answers, but nothing listens on port {port}: the exporter has stopped, or a firewall "
        "rejects the connection.",
        (_SERVICE, _JOURNAL, _RESTART),
    ),
    _Cause(
        re.compile(r"no such host|server misbehaving|lookup .*(i/o timeout|deadline)|in name resolution"),
        "no such name",
        "The host name does not resolve: a typo, a removed record, or a DNS failure.",
        (
            Step("On the Prometheus server, look the name up:", "getent hosts {machine}"),
            Step("Compare it with the name in alertbridge.yml and in the DNS zone."),
            Step("If other names fail as well, check the DNS server first."),
        ),
    ),
    _Cause(
        re.compile(r"context deadline exceeded|i/o timeout|connection timed out|Client\.Timeout"),
        "timed out",
        "No answer in time: the machine is off, cut off from the network, or too busy to answer.",
        (_PING, Step("If it does, see what keeps it busy:", "ssh {machine} uptime"), _CONSOLE),
    ),
    _Cause(
        re.compile(r"no route to host|host is down"),
        "no route to host",
        "The network has a route, but no machine at its end: the machine is off, or its switch is.",
        (
            _PING,
            Step("Check its cable, switch port and VLAN; see which neighbours are down too."),
            _CONSOLE,
        ),
    ),
    _Cause(
        re.compile(r"network is unreachable"),
        "network unreachable",
        "The Prometheus server has no route to the host's network: the problem is probably on its own side.",
        (
            Step("On the Prometheus server, check its addresses and routes:", "ip address; ip route"),
            Step("Check whether a VPN or a gateway between the two is down."),
            _PING,
        ),
    ),
    _Cause(
        re.compile(r"server returned HTTP status (?P<status>40[13])\b"),
        "HTTP status {status}",
        "The exporter is running, but refuses Prometheus: its credentials are missing, wrong or no longer "
        "allowed.",
        (_COMPARE_LOGIN, _ASK, _JOURNAL),
    ),
    _Cause(
        re.compile(r"server returned HTTP status (?P<status>5\d\d)\b"),
        "HTTP status {status}",
        "Something answers with a server error: the exporter itself, or a proxy in front of it.",
        (_JOURNAL, _ASK, _RESTART),
    ),
    _Cause(
        re.compile(r"server returned HTTP status (?P<status>\d{3})\b"),
        "HTTP status {status}",
        "Something answers at {address}, but it is not marax-exporter: most likely another program.",
        (_LISTENER, _ASK, _COMPARE_TARGET),
    ),
    _Cause(
        re.compile(r"x509|certificate"),
        "certificate not accepted",
        "The machine answers, but Prometheus does not accept its TLS certificate: expired, for another name, "
        "or from an unknown authority.",
        (
            Step("Look at the certificate:", "openssl s_client -connect {address} -showcerts"),
            Step("If it has been renewed, reload the exporter with SIGHUP."),
            Step("If its dates are right, compare the clocks of both machines."),
        ),
    ),
    _Cause(
        re.compile(r"HTTP response to HTTPS client|malformed HTTP response|TLS|tls"),
        "TLS mismatch",
        "One side uses TLS and the other does not, or they have no TLS version in common.",
        (_COMPARE_TARGET, _ASK, _JOURNAL),
    ),
    _Cause(
        re.compile(r"connection reset|broken pipe"),
        "connection reset",
        "The connection was reset: the exporter or the machine went down while it answered, or a firewall "
        "intervened.",
        (_SERVICE, _JOURNAL, _PING),
    ),
    _Cause(
        re.compile(r"\bEOF\b"),
        "closed without an answer",
        "The connection was accepted, then closed without an answer: the exporter crashed while it answered, "
        "or another program listens on the port.",
        (_SERVICE, _JOURNAL, _LISTENER),
    ),
    _Cause(
        re.compile(r"limit exceeded|expected|invalid|unsupported|unexpected|[Cc]ontent-[Tt]ype"),
        "unreadable answer",
        "The machine answers, but Prometheus cannot read the answer: another program, or a limit exceeded.",
        (
            Step("Check the answer:", "curl -s http://{address}/metrics | promtool check metrics"),
            _LISTENER,
            _JOURNAL,
        ),
    ),
)
_UNKNOWN = _Cause(
    re.compile(""),
    "{error}",
    "Prometheus reports an error that marax does not know.",
    (_PING, _SERVICE, _JOURNAL),
)
_NOT_KNOWN = _Cause(re.compile(""), "", "The reason is not known.", (_PING, _SERVICE, _CONSOLE))


def _place(address: str) -> dict[str, str]:
    try:
        place = Address.from_setting(address)
    except ValueError:
        return {"machine": "HOST", "address": "HOST:PORT", "port": "its port"}
    return {"machine": place.host, "address": str(place), "port": str(place.port)}


def _reason(cause: _Cause, words: dict[str, str], quote: str) -> Reason:
    steps = tuple(Step(step.text, step.command.format_map(words)) for step in cause.steps)
    return Reason(cause.short.format_map(words), cause.meaning.format_map(words), quote, steps)
