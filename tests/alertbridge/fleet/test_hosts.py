from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from alertbridge.fleet.hosts import HostSettings
from marax.settings.addresses import Address
from marax.settings.mistakes import SettingsError
from marax.settings.reader import read_settings, unique


class Hosts(msgspec.Struct, frozen=True):
    hosts: Annotated[tuple[HostSettings, ...], unique("name", "address")]


def read(folder: Path, host: str) -> Hosts:
    path = folder / "hosts.yml"
    path.write_text(f"hosts:\n  - {host}\n")
    return read_settings(path, Hosts)


def test_reads_a_host_with_its_address_and_labels(tmp_path):
    settings = read(
        tmp_path, '{name: web-1, address: "web-1.example.org:9877", labels: {site: berlin, rack_1: "12"}}'
    )

    (host,) = settings.hosts
    assert (host.name, host.address) == ("web-1", Address("web-1.example.org", 9877))
    assert host.labels == {"site": "berlin", "rack_1": "12"}


def test_reads_a_host_without_labels(tmp_path):
    settings = read(tmp_path, '{name: web-1, address: "[::1]:9877"}')

    assert settings.hosts[0].labels == {}


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("{name: web 1, address: 'a:1'}", "hosts[0].name: found 'web 1', expected a host name"),
        ('{name: "web-1\\n", address: "a:1"}', "expected a host name"),
        ("{name: '', address: 'a:1'}", "expected a host name"),
        ("{name: -web, address: 'a:1'}", "expected a host name"),
        ("{name: [web], address: 'a:1'}", "hosts[0].name: found a list, expected a host name"),
        ("{name: web, address: web}", "hosts[0].address: found 'web', expected an address with a port"),
        ("{name: web}", "hosts[0].address: found nothing, expected an address with a port"),
        ("{name: web, address: 'a:1', label: {}}", "hosts[0].label: found an unknown key, expected 'labels'"),
        (
            "{name: web, address: 'a:1', labels: berlin}",
            "hosts[0].labels: found 'berlin', expected labels such as",
        ),
        (
            "{name: web, address: 'a:1', labels: {a-b: c}}",
            "expected label names such as site or rack_1, not 'a-b'",
        ),
        ("{name: web, address: 'a:1', labels: {__a: c}}", "not '__a'"),
        ("{name: web, address: 'a:1', labels: {7: c}}", "not 7"),
        ("{name: web, address: 'a:1', labels: {host: c}}", "expected labels other than host"),
        ("{name: web, address: 'a:1', labels: {instance: c}}", "expected labels other than instance"),
        ("{name: web, address: 'a:1', labels: {job: c}}", "expected labels other than job"),
        ("{name: web, address: 'a:1', labels: {rack: 12}}", "expected text on one line as the value of rack"),
        (
            '{name: web, address: "a:1", labels: {rack: "1\\n2"}}',
            "expected text on one line as the value of rack",
        ),
    ],
)
def test_tells_what_is_wrong_with_a_host(tmp_path, host, said):
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, host)

    assert said in str(caught.value)


def test_refuses_a_name_that_another_host_has(tmp_path):
    with pytest.raises(SettingsError, match="'a' again"):
        read(tmp_path, "{name: a, address: 'a:1'}\n  - {name: a, address: 'b:1'}")
