"""Why a scrape failed: Prometheus' words turned into a person's, with the next three things to do."""

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
        meaning: What that tells about the host, as a sentence.
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
    unheard = _UNHEARD_OF if quote else _NOT_KNOWN
    return _reason(
        unheard, {"error": clean(quote, _SHORT_LIMIT)} | _place(address), clean(quote, _QUOTE_LIMIT)
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

_PING = Step("See whether the machine answers at all:", "ping -c 3 {machine}")
_SERVICE = Step("See whether the exporter runs:", "ssh {machine} systemctl status marax-exporter")
_JOURNAL = Step("Read what the exporter said last:", "ssh {machine} journalctl -u marax-exporter -n 50")
_RESTART = Step("Start it again:", "ssh {machine} sudo systemctl restart marax-exporter")
_CONSOLE = Step("If it does not, open its console: no power, a kernel panic, no memory left, a full disk.")
_LISTENER = Step("See which program holds the port:", "ssh {machine} sudo ss -ltnp")
_ASK = Step("Ask the exporter yourself:", "curl -i http://{address}/metrics")
_COMPARE_LOGIN = Step("Compare the login in prometheus.yml with the exporter's web_config_file.")
_COMPARE_TARGET = Step("Compare the address and the scheme in prometheus.yml with the exporter's settings.")

_CAUSES = (
    _Cause(
        re.compile(r"connection refused"),
        "connection refused",
        "The machine answers, but nothing listens on port {port}: the exporter has stopped, or a firewall "
        "turns the connection away.",
        (_SERVICE, _JOURNAL, _RESTART),
    ),
    _Cause(
        re.compile(r"no such host|server misbehaving|lookup .*(i/o timeout|deadline)|in name resolution"),
        "no such name",
        "The host's name leads to no address: it is misspelt, gone from the DNS, or the DNS is in trouble.",
        (
            Step("On the Prometheus server, look the name up:", "getent hosts {machine}"),
            Step("Compare it with the name in alertbridge.yml and in the DNS zone."),
            Step("If other names fail as well, look after the DNS server first."),
        ),
    ),
    _Cause(
        re.compile(r"context deadline exceeded|i/o timeout|connection timed out|Client\.Timeout"),
        "timed out",
        "Nothing came back in time: the machine is off, cut off from the network, or too busy to answer.",
        (_PING, Step("If it does, see what keeps it busy:", "ssh {machine} uptime"), _CONSOLE),
    ),
    _Cause(
        re.compile(r"no route to host|host is down"),
        "no route to host",
        "The network knows the way but finds no machine at its end: it is off, or its last switch is.",
        (
            _PING,
            Step("Look at its cable, switch port and VLAN; see which neighbours are down too."),
            _CONSOLE,
        ),
    ),
    _Cause(
        re.compile(r"network is unreachable"),
        "network unreachable",
        "The Prometheus server has no way into the host's network: the trouble is likely on its own side.",
        (
            Step("On the Prometheus server, look at its addresses and routes:", "ip address; ip route"),
            Step("See whether a VPN or a gateway between the two has gone."),
            _PING,
        ),
    ),
    _Cause(
        re.compile(r"server returned HTTP status (?P<status>40[13])\b"),
        "HTTP status {status}",
        "The exporter runs, but turns Prometheus away: its login is missing, wrong or no longer allowed.",
        (_COMPARE_LOGIN, _ASK, _JOURNAL),
    ),
    _Cause(
        re.compile(r"server returned HTTP status (?P<status>5\d\d)\b"),
        "HTTP status {status}",
        "Something answers, but fails within: the exporter itself, or a proxy in front of it.",
        (_JOURNAL, _ASK, _RESTART),
    ),
    _Cause(
        re.compile(r"server returned HTTP status (?P<status>\d{3})\b"),
        "HTTP status {status}",
        "Something answers at {address}, but not as marax-exporter does: most likely another program.",
        (_LISTENER, _ASK, _COMPARE_TARGET),
    ),
    _Cause(
        re.compile(r"x509|certificate"),
        "certificate not accepted",
        "The machine answers, but its TLS certificate does not convince Prometheus: expired, for another "
        "name, or from an authority it does not know.",
        (
            Step("Look at the certificate:", "openssl s_client -connect {address} -showcerts"),
            Step("If it has been renewed, let the exporter take it up with SIGHUP."),
            Step("If its dates are right, compare the clocks of both machines."),
        ),
    ),
    _Cause(
        re.compile(r"HTTP response to HTTPS client|malformed HTTP response|TLS|tls"),
        "TLS disagreement",
        "One side speaks TLS and the other does not, or they share no version of it.",
        (_COMPARE_TARGET, _ASK, _JOURNAL),
    ),
    _Cause(
        re.compile(r"connection reset|broken pipe"),
        "connection reset",
        "The connection was torn down half-way: the exporter or the machine went away while it answered, or "
        "a firewall cut in.",
        (_SERVICE, _JOURNAL, _PING),
    ),
    _Cause(
        re.compile(r"\bEOF\b"),
        "closed without an answer",
        "The connection was taken and then closed in silence: the exporter crashed while it answered, or "
        "another program holds the port.",
        (_SERVICE, _JOURNAL, _LISTENER),
    ),
    _Cause(
        re.compile(r"limit exceeded|expected|invalid|unsupported|unexpected|[Cc]ontent-[Tt]ype"),
        "unreadable answer",
        "The machine answers, but Prometheus cannot read what it says: another program, or a limit reached.",
        (
            Step("Check the answer:", "curl -s http://{address}/metrics | promtool check metrics"),
            _LISTENER,
            _JOURNAL,
        ),
    ),
)
_UNHEARD_OF = _Cause(
    re.compile(""),
    "{error}",
    "Prometheus met an error that marax has no words for.",
    (_PING, _SERVICE, _JOURNAL),
)
_NOT_KNOWN = _Cause(
    re.compile(""), "", "Why it does not answer could not be found out.", (_PING, _SERVICE, _CONSOLE)
)


def _place(address: str) -> dict[str, str]:
    try:
        place = Address.from_setting(address)
    except ValueError:
        return {"machine": "HOST", "address": "HOST:PORT", "port": "its port"}
    return {"machine": place.host, "address": str(place), "port": str(place.port)}


def _reason(cause: _Cause, words: dict[str, str], quote: str) -> Reason:
    steps = tuple(Step(step.text, step.command.format_map(words)) for step in cause.steps)
    return Reason(cause.short.format_map(words), cause.meaning.format_map(words), quote, steps)
