import pytest

from marax.settings.addresses import Address, ListenAddress, is_loopback


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("web-1.example.org:9877", "web-1.example.org", 9877),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]:65535", "::1", 65535),
        ("[fe80::1%eth0]:9877", "fe80::1%eth0", 9877),
        ("my_host:80", "my_host", 80),
    ],
)
def test_reads_and_writes_addresses(text, host, port):
    address = Address.from_setting(text)

    assert (address.host, address.port, str(address)) == (host, port, text)


@pytest.mark.parametrize(
    "value",
    [
        "web-1",
        "web-1:",
        ":9877",
        "web-1:0",
        "web-1:65536",
        "web-1:-1",
        "web-1:http",
        "web-1: 9877",
        "::1:9877",
        "http://web-1:9877",
        "user@web-1:9877",
        "web-1:9877/metrics",
        "web 1:9877",
        "web-1:9877\n",
        "-web:9877",
        "web-1:٩",
        9877,
        None,
        ["web-1:9877"],
    ],
)
def test_refuses_what_is_no_address_with_a_port(value):
    with pytest.raises(ValueError, match="an address with a port"):
        Address.from_setting(value)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("127.example.org", False),
        ("localhost.example.org", False),
        ("10.0.0.1", False),
        ("::2", False),
    ],
)
def test_knows_what_is_this_machine(host, is_here):
    assert is_loopback(host) is is_here


def test_only_a_listener_may_leave_the_port_to_the_system():
    assert ListenAddress.from_setting("127.0.0.1:0").port == 0
    with pytest.raises(ValueError, match="an address to listen on"):
        ListenAddress.from_setting("127.0.0.1")
