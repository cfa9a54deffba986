"""The host of an alert, whatever rule set and exporter it is of."""

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.routing.alert_host import host_of, known_hosts, machines_in
from marax.settings.addresses import Address

HOSTS = known_hosts(
    {
        "web-1": Address("web-1.example.org", 9877),
        "db-1": Address("10.0.0.5", 9877),
        "mail": Address("2001:db8::25", 9877),
        "twin-a": Address("twins.example.org", 9877),
        "twin-b": Address("twins.example.org", 9878),
    }
)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z0-9]{1,10}){0,3}", fullmatch=True)
PORTS = st.integers(1, 65535)
IPV6 = st.integers(0, 2**128 - 1).map(lambda number: str(IPv6Address(number)))


@pytest.mark.parametrize(
    ("labels", "host"),
    [
        pytest.param({"host": "esx-4", "instance": "telegraf:9273"}, "esx-4", id="its own label first"),
        pytest.param({"instance": "web-1.example.org:9877"}, "web-1", id="an address in hosts"),
        pytest.param({"instance": "10.0.0.5:9104"}, "db-1", id="another port of an address in hosts"),
        pytest.param({"instance": "https://WEB-1.example.org/"}, "web-1", id="a site on a machine in hosts"),
        pytest.param({"instance": "db-1:9104"}, "db-1", id="the name in hosts, which is no address"),
        pytest.param({"instance": "[2001:db8::25]:9100"}, "mail", id="an IPv6 address in hosts"),
        pytest.param({"instance": "2001:db8::25:9100"}, "mail", id="the same without brackets"),
        pytest.param({"instance": "twins.example.org:9100"}, "twins.example.org", id="two share a machine"),
        pytest.param({"instance": "https://shop.example.org/health"}, "shop.example.org", id="a URL"),
        pytest.param({"instance": "stranger:9100", "node": "n-1"}, "stranger", id="instance before node"),
        pytest.param({"node": "n-1", "nodename": "n-2"}, "n-1", id="node"),
        pytest.param({"nodename": "web-1.example.org", "hostname": "n-3"}, "web-1", id="nodename"),
        pytest.param({"hostname": "n-3"}, "n-3", id="hostname"),
        pytest.param({"instance": "https://", "hostname": "n-3"}, "n-3", id="an instance without a host"),
        pytest.param({"host": "", "instance": "n-4:1"}, "n-4", id="an empty label is none"),
        pytest.param({"instance": "/run/haproxy.sock"}, "", id="a path"),
        pytest.param({"job": "kube-state-metrics", "pod": "shop-7f"}, "", id="about no single host"),
    ],
)
def test_the_host_of_an_alert(labels, host):
    assert host_of(labels, HOSTS) == host


@pytest.mark.parametrize(
    ("instance", "host"),
    [
        ("web-1:9100", "web-1"),
        ("web-1", "web-1"),
        ("web-1:", "web-1"),
        ("web-1.example.org.:9100", "web-1.example.org"),
        ("localhost:http", "localhost"),
        ("shop.example.org/health", "shop.example.org"),
        ("http://web-1:8080", "web-1"),
        ("https://ann:secret@shop.example.org:8443/a/b?c=http://d#e", "shop.example.org"),
        ("redis://:p@ss@db-1:6379/0", "db-1"),
        ("//shop.example.org/x", "shop.example.org"),
        ("https:/shop.example.org", "shop.example.org"),
        ("https:shop.example.org", "shop.example.org"),
        ("https://[2001:db8::17]:8443/", "2001:db8::17"),
        ("2001:db8::17", "2001:db8::17"),
        ("2001:db8:0:0:0:0:0:17:9100", "2001:db8:0:0:0:0:0:17"),
        ("2001:db8::17:19100", "2001:db8::17"),
        ("[fe80::1%eth0]:9100", "fe80::1%eth0"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("::1", "::1"),
        ("10.0.0.7:9100", "10.0.0.7"),
        ("10.0.0.7", "10.0.0.7"),
        ("http:9100", "http"),
        ("  web-1:9100 ", "web-1"),
        ("https://", ""),
        (":9100", ""),
        ("", ""),
    ],
)
def test_the_host_that_an_instance_names(instance, host):
    assert host_of({"instance": instance}, HOSTS) == HOSTS.named(host) or host


@given(
    st.sampled_from(["http", "https", "postgresql", "HTTPS", "x+y"]),
    st.sampled_from(["", "ann@", "ann:secret@", ":p@ss@"]),
    NAMES,
    st.none() | PORTS,
    st.sampled_from(["", "/", "/health?from=https://other.example.org", "?x", "#x"]),
)
def test_a_url_names_its_host_and_never_its_scheme(scheme, user, name, port, path):
    instance = f"{scheme}://{user}{name}{'' if port is None else f':{port}'}{path}"

    assert machines_in(instance) == (name,)


@given(IPV6, st.none() | PORTS)
def test_an_ipv6_address_is_whole_in_brackets(address, port):
    assert machines_in(f"[{address}]{'' if port is None else f':{port}'}")[0] == address


@given(IPV6)
def test_an_ipv6_address_is_whole_without_brackets(address):
    assert machines_in(address)[0] == address


@given(NAMES, PORTS)
def test_a_name_is_whole_with_and_without_a_port(name, port):
    assert machines_in(f"{name}:{port}") == machines_in(name) == (name,)


@given(st.dictionaries(st.sampled_from(["host", "instance", "node", "nodename", "hostname"]), st.text()))
def test_any_labels_have_a_host_or_none(labels):
    host = host_of(labels, HOSTS)

    assert host == labels.get("host") or not host.endswith(":")


@given(st.text(alphabet="a:/[]@%.1 ", max_size=60))
def test_the_host_in_an_odd_instance_is_short_and_without_a_path(instance):
    assert all("/" not in machine and "@" not in machine for machine in machines_in(instance))


def test_a_huge_instance_costs_little_and_names_a_host_of_bounded_length():
    assert len(host_of({"instance": "http://" + "a" * 30_000_000}, HOSTS)) == 253
    assert len(host_of({"instance": ":" * 30_000_000}, HOSTS)) <= 253
