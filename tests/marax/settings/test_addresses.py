import pytest

from marax.settings.addresses import Address, ListenAddress


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


def test_only_a_listener_may_leave_the_port_to_the_system():
    assert ListenAddress.from_setting("127.0.0.1:0").port == 0
    with pytest.raises(ValueError, match="an address to listen on"):
        ListenAddress.from_setting("127.0.0.1")
