import pytest

from alertbridge.rendering.letters.scrape_errors import explain

ADDRESS = "web-1.example.org:9877"
GET = 'Get "http://web-1.example.org:9877/metrics": '


@pytest.mark.parametrize(
    ("last_error", "short"),
    [
        (GET + "dial tcp 192.0.2.11:9877: connect: connection refused", "connection refused"),
        (GET + "context deadline exceeded", "timed out"),
        (GET + "dial tcp 192.0.2.11:9877: i/o timeout", "timed out"),
        (GET + "context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "timed out"),
        (GET + "dial tcp: lookup web-1.example.org on 127.0.0.53:53: no such host", "no such name"),
        (GET + "dial tcp: lookup web-1.example.org: i/o timeout", "no such name"),
        (GET + "dial tcp: lookup web-1 on 192.0.2.1:53: server misbehaving", "no such name"),
        (GET + "dial tcp: lookup web-1: Temporary failure in name resolution", "no such name"),
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
        ("unexpected EOF", "closed without an answer"),
        ('expected value after metric, got "<" ("INVALID") while parsing: "<"', "unreadable answer"),
        ("sample limit exceeded", "unreadable answer"),
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


def test_is_not_misled_by_the_name_of_the_host():
    error = 'Get "http://no-such-host-EOF.connection.refused:9877/metrics": context deadline exceeded'

    assert explain(error, ADDRESS).short == "timed out"


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
