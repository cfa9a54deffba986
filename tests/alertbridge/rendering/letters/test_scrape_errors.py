import pytest

from alertbridge.rendering.letters.scrape_errors import explain

ADDRESS = "web-1.example.org:9877"
GET = 'Get "http://web-1.example.org:9877/metrics": '
BROKEN = "net/http: HTTP/1.x transport connection broken: "
EXPIRED = "x509: certificate has expired or is not yet valid: current time 2026-11-28T05:33:20Z is "

# what Prometheus 2.42 says of a small server that answers so, word for word
PROMETHEUS_2_42 = {
    "a web page, or JSON": ('"INVALID" is not a valid start token', "no valid metrics"),
    "a page that says OK": ('expected value after metric, got "INVALID"', "unreadable answer"),
    "a page that says It works!": (
        'strconv.ParseFloat: parsing "works!": invalid syntax',
        "unreadable answer",
    ),
    "an endless redirect": ('Get "/login": stopped after 10 redirects', "too many redirects"),
    "status 204": ("server returned HTTP status 204 No Content", "HTTP status 204"),
    "a body cut off": ("unexpected EOF", "answer cut off"),
    "a body without length, cut off": ('expected label value, got "INVALID"', "unreadable answer"),
    "an OpenMetrics body cut off": ("data does not end with # EOF", "answer cut off"),
    "no gzip, called gzip": ("gzip: invalid header", "unreadable answer"),
    "headers cut off": (
        GET + BROKEN + 'malformed MIME header: missing colon: "Content-Ty"',
        "invalid HTTP",
    ),
    "garbage": (GET + BROKEN + 'malformed HTTP response "garbage"', "invalid HTTP"),
    "an SSH server": (GET + BROKEN + 'malformed HTTP status code "Debian-2+deb12u3"', "invalid HTTP"),
    "another protocol's version": (GET + BROKEN + 'malformed HTTP version "HTTP/9"', "invalid HTTP"),
    "a body that never ends": ("context deadline exceeded", "answer too slow"),
    "nothing": (GET + "context deadline exceeded", "timed out"),
    "a connection closed at once": (GET + "EOF", "closed without an answer"),
    "a reset within the body": (
        "read tcp 192.0.2.1:46594->192.0.2.11:9877: read: connection reset by peer",
        "connection reset",
    ),
    "marax-exporter with TLS, asked without": (
        "server returned HTTP status 400 Bad Request",
        "HTTP status 400",
    ),
    "a TLS alert": (
        GET + BROKEN + r'malformed HTTP response "\x15\x03\x01\x00\x02\x02\x16"',
        "TLS mismatch",
    ),
    "plain HTTP, asked with TLS": (
        GET + "http: server gave HTTP response to HTTPS client",
        "TLS mismatch",
    ),
    "garbage, asked with TLS": (
        GET + "tls: first record does not look like a TLS handshake",
        "TLS mismatch",
    ),
    "TLS 1.1": (GET + "remote error: tls: protocol version not supported", "TLS mismatch"),
    "an expired certificate": (GET + EXPIRED + "after 2020-02-01T00:00:00Z", "certificate expired"),
    "a certificate of the future": (
        GET + EXPIRED + "before 2040-01-01T00:00:00Z",
        "certificate not yet valid",
    ),
    "a certificate of an unknown authority": (
        GET + "x509: certificate signed by unknown authority",
        "certificate not accepted",
    ),
    "a certificate for another name": (
        GET + "x509: certificate is valid for localhost, not web-1.example.org",
        "certificate not accepted",
    ),
    "a demand for a client certificate": (
        GET + "remote error: tls: certificate required",
        "client certificate refused",
    ),
    "a refusal of the client certificate": (
        GET + "remote error: tls: unknown certificate authority",
        "client certificate refused",
    ),
    "a mute DNS server": (
        GET + "dial tcp: lookup web-1.example.org on 192.0.2.53:53: "
        "read udp 192.0.2.1:39809->192.0.2.53:53: i/o timeout",
        "DNS failure",
    ),
    "no DNS server": (
        GET + "dial tcp: lookup web-1.example.org on 192.0.2.53:53: "
        "read udp 192.0.2.1:35609->192.0.2.53:53: read: connection refused",
        "DNS failure",
    ),
    "a failing DNS server": (
        GET + "dial tcp: lookup web-1.example.org on 192.0.2.53:53: server misbehaving",
        "DNS failure",
    ),
    "more than body_size_limit": ("body size limit exceeded", "limit exceeded"),
    "more than label_limit": (
        "label_limit exceeded (metric: a, number of labels: 4, limit: 1)",
        "limit exceeded",
    ),
}
# as worded in the source of later versions
PROMETHEUS_2_53_AND_3 = {
    "a web page": (
        'expected a valid start token, got "<" ("INVALID") while parsing: "<"',
        "no valid metrics",
    ),
    "a page of type text/html": (
        'received unsupported Content-Type "text/html; charset=utf-8" and no fallback_scrape_protocol '
        "specified for target",
        "no valid metrics",
    ),
    "no Content-Type": (
        "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol "
        "specified for target",
        "no valid metrics",
    ),
    "a page that says OK": (
        'expected value after metric, got "\n" ("INVALID") while parsing: "OK\n"',
        "unreadable answer",
    ),
    "an expired certificate": (
        GET + "tls: failed to verify certificate: " + EXPIRED + "after 2020-02-01T00:00:00Z",
        "certificate expired",
    ),
}


@pytest.mark.parametrize(
    ("last_error", "short"),
    [
        (GET + "dial tcp 192.0.2.11:9877: connect: connection refused", "connection refused"),
        (GET + "context deadline exceeded", "timed out"),
        (GET + "dial tcp 192.0.2.11:9877: i/o timeout", "timed out"),
        (GET + "context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "timed out"),
        (GET + "dial tcp: lookup web-1.example.org on 127.0.0.53:53: no such host", "no such name"),
        (GET + "dial tcp: lookup web-1.example.org: i/o timeout", "DNS failure"),
        (GET + "dial tcp: lookup web-1 on 192.0.2.1:53: server misbehaving", "DNS failure"),
        (GET + "dial tcp: lookup web-1: Temporary failure in name resolution", "DNS failure"),
        (GET + "dial tcp 192.0.2.11:9877: connect: no route to host", "no route to host"),
        (GET + "dial tcp 192.0.2.11:9877: connect: network is unreachable", "network unreachable"),
        ("server returned HTTP status 401 Unauthorized", "HTTP status 401"),
        ("server returned HTTP status 403 Forbidden", "HTTP status 403"),
        ("server returned HTTP status 404 Not Found", "HTTP status 404"),
        ("server returned HTTP status 500 Internal Server Error", "HTTP status 500"),
        ("server returned HTTP status 503 Service Unavailable", "HTTP status 503"),
        (GET + "x509: certificate has expired or is not yet valid", "certificate not accepted"),
        (GET + "tls: failed to verify certificate: x509: unknown authority", "certificate not accepted"),
        (GET + "http: server gave HTTP response to HTTPS client", "TLS mismatch"),
        (GET + "tls: first record does not look like a TLS handshake", "TLS mismatch"),
        (GET + "read tcp 192.0.2.1:4->192.0.2.11:9877: read: connection reset by peer", "connection reset"),
        (GET + "EOF", "closed without an answer"),
        ("unexpected EOF", "answer cut off"),
        ('expected value after metric, got "<" ("INVALID") while parsing: "<"', "unreadable answer"),
        ("sample limit exceeded", "limit exceeded"),
        ("something new", "something new"),
        ("", ""),
    ],
)
def test_puts_prometheus_words_into_a_persons(last_error, short):
    reason = explain(last_error, ADDRESS)

    assert reason.short == short
    assert reason.meaning.endswith(".")
    assert len(reason.steps) == 3
    assert reason.quote == last_error.removeprefix(GET)


@pytest.mark.parametrize(("last_error", "short"), PROMETHEUS_2_42.values(), ids=PROMETHEUS_2_42)
def test_knows_the_words_of_prometheus_2_42(last_error, short):
    assert explain(last_error, ADDRESS).short == short


@pytest.mark.parametrize(("last_error", "short"), PROMETHEUS_2_53_AND_3.values(), ids=PROMETHEUS_2_53_AND_3)
def test_knows_the_words_of_later_versions(last_error, short):
    assert explain(last_error, ADDRESS).short == short


def test_is_not_misled_by_the_name_of_the_host():
    error = 'Get "http://no-such-host-EOF.connection.refused:9877/metrics": context deadline exceeded'

    assert explain(error, ADDRESS).short == "timed out"


@pytest.mark.parametrize(
    ("last_error", "short"),
    [
        (GET + BROKEN + 'malformed HTTP response "connection refused x509 EOF"', "invalid HTTP"),
        (GET + BROKEN + 'malformed HTTP status code "no such host"', "invalid HTTP"),
        (
            'strconv.ParseFloat: parsing "server returned HTTP status 401": invalid syntax',
            "unreadable answer",
        ),
        ('strconv.ParseFloat: parsing "x509:": invalid syntax', "unreadable answer"),
        (
            'expected value after metric, got "E" ("EOF") while parsing: "connection refused"',
            "unreadable answer",
        ),
        (GET + "dial tcp: lookup tls: x509.timeout on 192.0.2.1:53: no such host", "no such name"),
    ],
)
def test_is_not_misled_by_what_the_error_quotes(last_error, short):
    assert explain(last_error, ADDRESS).short == short


@pytest.mark.parametrize(
    "last_error",
    [
        '"INVALID" is not a valid start token',
        'expected value after metric, got "INVALID"',
        GET + BROKEN + 'malformed HTTP response "garbage"',
        GET + "http: server gave HTTP response to HTTPS client",
    ],
)
def test_says_that_another_program_may_listen_on_the_port(last_error):
    reason = explain(last_error, ADDRESS)

    assert "another program listens on this port" in reason.meaning
    assert "ssh web-1.example.org sudo ss -ltnp" in [step.command for step in reason.steps]


def test_says_nothing_of_the_host_when_its_name_cannot_be_looked_up():
    reason = explain(GET + "dial tcp: lookup web-1.example.org on 192.0.2.53:53: server misbehaving", ADDRESS)

    assert "nothing about the host" in reason.meaning
    assert not any("ssh" in step.command for step in reason.steps)


def test_names_the_machine_and_the_port_in_what_to_do():
    reason = explain("connection refused", ADDRESS)

    assert "port 9877" in reason.meaning
    assert reason.steps[0].command == "ssh web-1.example.org systemctl status marax-exporter"


@pytest.mark.parametrize(
    "address", ["", "web-1", "; rm -rf /", "$(reboot):9877", "-oProxyCommand=x:22", "a b:1"]
)
def test_offers_no_command_with_an_address_that_is_none(address):
    commands = [step.command for step in explain("connection refused", address).steps]

    assert commands[0] == "ssh HOST systemctl status marax-exporter"
    assert not any(address in command for command in commands if address)


def test_quotes_an_error_that_it_does_not_know_in_bounds():
    reason = explain("{machine} {0} odd " * 60, ADDRESS)

    assert len(reason.short) <= 40
    assert len(reason.quote) <= 300
    assert reason.short.startswith("{machine} {0} odd")
