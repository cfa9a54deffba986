"""The errors of a scrape that are known: how Prometheus words them, what each means, what to do next.

The wording is that of Prometheus 2.42 to 3.x. An error before the answer's body begins with `Get: ` here, in
place of the request; one in the body does not. The first pattern that matches wins, so those of errors that
quote a name or the answer itself stand first and are anchored.
"""

import re
from dataclasses import dataclass

from alertbridge.rendering.letters.letter import Step


@dataclass(frozen=True, slots=True)
class Cause:
    """One kind of error: its pattern, and a Reason with {machine}, {address} and {port} to fill in."""

    pattern: re.Pattern[str]
    short: str
    meaning: str
    steps: tuple[Step, ...]


_PING = Step("Check whether the machine answers at all:", "ping -c 3 {machine}")
_SERVICE = Step("Check whether the exporter is running:", "ssh {machine} systemctl status marax-exporter")
_JOURNAL = Step("Read the exporter's last log lines:", "ssh {machine} journalctl -u marax-exporter -n 50")
_RESTART = Step("Restart it:", "ssh {machine} sudo systemctl restart marax-exporter")
_CONSOLE = Step("If it does not, open its console: no power, a kernel panic, out of memory, a full disk.")
_BUSY = Step("See what keeps the machine busy:", "ssh {machine} uptime")
_LISTENER = Step("Check which program listens on the port:", "ssh {machine} sudo ss -ltnp")
_ASK = Step("Query the exporter yourself:", "curl -i http://{address}/metrics")
_ASK_TLS = Step("Query it yourself over TLS:", "curl -ik https://{address}/metrics")
_LOOK_UP = Step("On the Prometheus server, look the name up:", "getent hosts {machine}")
_CERTIFICATE = Step("Look at the certificate:", "openssl s_client -connect {address} -showcerts")
_CLOCKS = Step("If its dates are right, compare the clocks of both machines.")
_COMPARE_LOGIN = Step("Compare the credentials in prometheus.yml with the exporter's web_config_file.")
_COMPARE_TARGET = Step("Compare the address and the scheme in prometheus.yml with the exporter's settings.")
_COMPARE_LIMITS = Step("Compare the limits of the job in prometheus.yml with the size of the answer.")

CAUSES = (
    Cause(
        re.compile(r"no such host$"),
        "no such name",
        "The host name does not resolve: a typo, or a removed record.",
        (
            _LOOK_UP,
            Step("Compare it with the name in alertbridge.yml and in the DNS zone."),
            Step("If other names fail as well, check the DNS server."),
        ),
    ),
    Cause(
        re.compile(r"^(Get: )?dial tcp: lookup |server misbehaving$"),
        "DNS failure",
        "The host name could not be looked up: the DNS server does not answer, or answers with an error. "
        "This says nothing about the host itself.",
        (
            _LOOK_UP,
            Step("On the Prometheus server, see which DNS server it asks:", "cat /etc/resolv.conf"),
            Step("If other names fail as well, check the DNS server first."),
        ),
    ),
    Cause(
        re.compile(r'^Get: .*malformed HTTP response "\\x15\\x03'),  # a TLS alert
        "TLS mismatch",
        "Port {port} expects TLS, and Prometheus uses plain HTTP.",
        (_COMPARE_TARGET, _ASK_TLS, _LISTENER),
    ),
    Cause(
        re.compile(r"^Get: (net/http: )?(HTTP/1\.x transport connection broken: )?malformed "),
        "invalid HTTP",
        "Something answers at {address}, but not in HTTP: most likely another program listens on this port.",
        (_LISTENER, _ASK, _COMPARE_TARGET),
    ),
    Cause(
        re.compile(r"is not a valid start token$|^expected a valid start token|[Cc]ontent-[Tt]ype"),
        "no valid metrics",
        "Something answers at {address}, but not with metrics (a web page, for example): most likely another "
        "program listens on this port.",
        (_LISTENER, _ASK, _COMPARE_TARGET),
    ),
    Cause(
        re.compile(r"^[\w ]*limit exceeded"),
        "limit exceeded",
        "The answer exceeds a limit that prometheus.yml sets for the job. Prometheus drops all of it.",
        (_COMPARE_LIMITS, _ASK, _JOURNAL),
    ),
    Cause(
        re.compile(r"^unexpected EOF$|^data does not end with # EOF"),
        "answer cut off",
        "The answer ended before it was complete: the program that answers stopped or crashed, or something "
        "in between cut the connection.",
        (_SERVICE, _JOURNAL, _ASK),
    ),
    Cause(
        re.compile(r"^(expected |unexpected |invalid |unsupported |strconv\.|gzip: |flate: )"),
        "unreadable answer",
        "Something answers at {address}, but Prometheus cannot read the answer: another program listens on "
        "this port, or the answer is damaged or cut off.",
        (
            Step("Check the answer:", "curl -s http://{address}/metrics | promtool check metrics"),
            _LISTENER,
            _JOURNAL,
        ),
    ),
    Cause(
        re.compile(r"^context deadline exceeded|^net/http: request canceled"),
        "answer too slow",
        "The answer began in time but did not end in time: the machine is too busy, or the network too slow.",
        (_BUSY, _SERVICE, _JOURNAL),
    ),
    Cause(
        re.compile(r"^Get: stopped after \d+ redirects"),
        "too many redirects",
        "Something answers at {address}, but only redirects: another program, or a proxy.",
        (_LISTENER, _ASK, _COMPARE_TARGET),
    ),
    Cause(
        re.compile(r"server returned HTTP status 400\b"),
        "HTTP status 400",
        "Something answers at {address} and refuses the request: the port expects TLS and Prometheus uses "
        "plain HTTP, the exporter does not know a parameter of the request, or it is another program.",
        (_ASK, _COMPARE_TARGET, _LISTENER),
    ),
    Cause(
        re.compile(r"server returned HTTP status (?P<status>40[13])\b"),
        "HTTP status {status}",
        "The exporter is running, but refuses Prometheus: its credentials are missing, wrong or no longer "
        "allowed.",
        (_COMPARE_LOGIN, _ASK, _JOURNAL),
    ),
    Cause(
        re.compile(r"server returned HTTP status (?P<status>5\d\d)\b"),
        "HTTP status {status}",
        "Something answers with a server error: the exporter itself, or a proxy in front of it.",
        (_JOURNAL, _ASK, _RESTART),
    ),
    Cause(
        re.compile(r"server returned HTTP status (?P<status>\d{3})\b"),
        "HTTP status {status}",
        "Something answers at {address}, but it is not marax-exporter: most likely another program.",
        (_LISTENER, _ASK, _COMPARE_TARGET),
    ),
    Cause(
        re.compile(r"x509: certificate has expired .* is after "),
        "certificate expired",
        "The machine answers, but its TLS certificate, or that of its authority, has expired.",
        (_CERTIFICATE, Step("If it has been renewed, reload the exporter with SIGHUP."), _CLOCKS),
    ),
    Cause(
        re.compile(r"x509: certificate has expired .* is before "),
        "certificate not yet valid",
        "The machine answers, but its TLS certificate is not valid yet, or a clock is wrong.",
        (
            Step("Compare the clocks of both machines:", "date -u; ssh {machine} date -u"),
            _CERTIFICATE,
            _COMPARE_TARGET,
        ),
    ),
    Cause(
        re.compile(r"remote error: tls: .*(certificate|access denied)"),
        "client certificate refused",
        "The other side refuses Prometheus' client certificate, or expects one and gets none.",
        (
            Step("Compare tls_config in prometheus.yml with the exporter's web_config_file."),
            Step("Check the dates and the authority of Prometheus' client certificate."),
            _JOURNAL,
        ),
    ),
    Cause(
        re.compile(r"x509|certificate"),
        "certificate not accepted",
        "The machine answers, but Prometheus does not accept its TLS certificate: expired, for another name, "
        "or from an unknown authority.",
        (_CERTIFICATE, Step("If it has been renewed, reload the exporter with SIGHUP."), _CLOCKS),
    ),
    Cause(
        re.compile(r"HTTP response to HTTPS client|first record does not look like a TLS handshake"),
        "TLS mismatch",
        "Prometheus uses TLS, and port {port} answers without it: the exporter runs without TLS, or another "
        "program listens on this port.",
        (_COMPARE_TARGET, _ASK, _LISTENER),
    ),
    Cause(
        re.compile(r"\btls: "),
        "TLS mismatch",
        "The TLS handshake fails: most likely the two sides have no TLS version or cipher in common.",
        (_COMPARE_TARGET, _CERTIFICATE, _JOURNAL),
    ),
    Cause(
        re.compile(r"connection refused"),
        "connection refused",
        "The machine answers, but nothing listens on port {port}: the exporter has stopped, or a firewall "
        "rejects the connection.",
        (_SERVICE, _JOURNAL, _RESTART),
    ),
    Cause(
        re.compile(
            r"context deadline exceeded|i/o timeout|connection timed out|Client\.Timeout|handshake timeout"
        ),
        "timed out",
        "No answer in time: the machine is off, cut off from the network or too busy to answer, or DNS does "
        "not answer.",
        (_PING, Step("If it does, see what keeps it busy:", "ssh {machine} uptime"), _CONSOLE),
    ),
    Cause(
        re.compile(r"no route to host|host is down"),
        "no route to host",
        "The network has a route, but no machine at its end: the machine is off, or its switch is.",
        (
            _PING,
            Step("Check its cable, switch port and VLAN; see which neighbours are down too."),
            _CONSOLE,
        ),
    ),
    Cause(
        re.compile(r"network is unreachable"),
        "network unreachable",
        "The Prometheus server has no route to the host's network: the problem is probably on its own side.",
        (
            Step("On the Prometheus server, check its addresses and routes:", "ip address; ip route"),
            Step("Check whether a VPN or a gateway between the two is down."),
            _PING,
        ),
    ),
    Cause(
        re.compile(r"connection reset|broken pipe"),
        "connection reset",
        "The connection was reset: the exporter or the machine went down while it answered, the port expects "
        "TLS, or a firewall intervened.",
        (_SERVICE, _JOURNAL, _COMPARE_TARGET),
    ),
    Cause(
        re.compile(r"\bEOF$"),
        "closed without an answer",
        "The connection was accepted, then closed without an answer: the exporter crashed while it answered, "
        "or another program listens on the port.",
        (_SERVICE, _JOURNAL, _LISTENER),
    ),
)
UNKNOWN = Cause(
    re.compile(""),
    "{error}",
    "Prometheus reports an error that marax does not know.",
    (_PING, _SERVICE, _JOURNAL),
)
NOT_KNOWN = Cause(re.compile(""), "", "The reason is not known.", (_PING, _SERVICE, _CONSOLE))
