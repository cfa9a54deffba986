"""What EHLO says: a name that DNS can know, or an address."""

import socket

import pytest

from alertbridge.delivery.smtp.hello import is_hello, own_name
from alertbridge.delivery.smtp.settings import SmtpSettings


def called(monkeypatch: pytest.MonkeyPatch, name: str, full_name: str) -> None:
    """Let this machine be called *name*, and *full_name* by whoever resolves it."""
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    monkeypatch.setattr(socket, "getfqdn", lambda _name="": full_name)


@pytest.mark.parametrize(
    ("name", "full_name", "said"),
    [
        ("alerts.example.org", "another.example.org", "alerts.example.org"),
        ("alerts", "alerts.example.org", "alerts.example.org"),
        ("alerts", "alerts", "[192.0.2.1]"),
        ("localhost", "localhost.localdomain", "[192.0.2.1]"),
        ("localhost.localdomain", "localhost", "[192.0.2.1]"),
        ("", "", "[192.0.2.1]"),
        ("al_erts.example.org", "al_erts.example.org", "[192.0.2.1]"),
        ("alerts", "x.example.org\r\nMAIL FROM:<eve@example.org>", "[192.0.2.1]"),
        ("alerts", "1.0.0.127", "[192.0.2.1]"),
    ],
)
def test_is_the_full_name_of_the_machine_or_its_address(monkeypatch, name, full_name, said):
    called(monkeypatch, name, full_name)

    assert own_name("192.0.2.1") == said


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("192.0.2.1", "[192.0.2.1]"),
        ("2001:db8::17", "[IPv6:2001:db8::17]"),
        ("fe80::1%eth0", "[IPv6:fe80::1]"),
        ("::ffff:192.0.2.1", "[192.0.2.1]"),
    ],
)
def test_an_address_is_written_as_a_literal(monkeypatch, address, said):
    called(monkeypatch, "alerts", "alerts")

    assert own_name(address) == said
    assert is_hello(said)


def test_a_name_that_cannot_be_looked_up_is_not_waited_for(monkeypatch):
    called(monkeypatch, "alerts", "")

    def fail(_name: str = "") -> str:
        raise OSError("the resolver is broken")

    monkeypatch.setattr(socket, "getfqdn", fail)

    assert own_name("192.0.2.1") == "[192.0.2.1]"


@pytest.mark.parametrize(
    "text",
    ["alerts.example.org", "a.b", "xn--bcher-kva.example", "[192.0.2.1]", "[IPv6:2001:db8::1]", "[ipv6:::1]"],
)
def test_takes_a_full_name_or_an_address_literal(text):
    assert is_hello(text)
    assert list(SmtpSettings(host="smtp.example.org", hello=text).mistakes()) == []


@pytest.mark.parametrize(
    "text",
    [
        "alerts",
        "",
        "alerts.",
        ".example.org",
        "-a.example.org",
        "a_b.example.org",
        "192.0.2.1",
        "[192.0.2.300]",
        "[192.0.2.1",
        "[2001:db8::1]",
        "[IPv6:zz::1]",
        "[IPv6:1::2::3]",
        "a.example.org ",
        "a.example.org\n",
        "a.example.org\r\nQUIT",
        "b\u00fccher.example.org",
        "a" * 64 + ".example.org",
        "a." * 127 + "org",
    ],
)
def test_refuses_any_other(text):
    assert not is_hello(text)
    ((key, found, expected),) = SmtpSettings(host="smtp.example.org", hello=text).mistakes()
    assert (key, found) == ("hello", repr(text))
    assert expected.startswith("a full name of this host, such as alerts.example.org")
