"""deploy/prometheus.yml, read by promtool."""

import json
from urllib.parse import urlsplit

import msgspec
import pytest
import yaml

from alertbridge.fleet.hosts import HostSettings, Labels
from alertbridge.fleet.targets import write_targets
from exporter.processes.limits import series_limits
from exporter.processes.settings import ProcessSettings
from marax.settings.addresses import Address
from tests.deploy import shipped


@pytest.fixture
def etc_prometheus(tmp_path):
    folder = shipped.lay_out(tmp_path)
    (folder / "marax").mkdir()
    write_targets(folder / "marax/targets.json", [HOST])
    return folder


HOST = HostSettings(name="web-1", address=Address("192.0.2.1", 9877), labels=Labels(site="berlin"))


def test_promtool_finds_nothing_to_complain_of(etc_prometheus):
    printed = shipped.run(
        "promtool", "check", "config", "--lint=all", "--lint-fatal", etc_prometheus / "prometheus.yml"
    )

    assert "WARNING" not in printed
    assert f"{len(shipped.RULE_FILES)} rule files found" in printed


def test_promtool_accepts_the_settings_that_are_offered_in_comments(etc_prometheus):
    shipped.uncomment(etc_prometheus / "prometheus.yml")
    for name in ("marax-ca.pem", "marax.password"):
        (etc_prometheus / name).touch()

    shipped.run("promtool", "check", "config", "--syntax-only", etc_prometheus / "prometheus.yml")

    [hosts, *_] = yaml.safe_load((etc_prometheus / "prometheus.yml").read_text())["scrape_configs"]
    assert hosts["tls_config"]["ca_file"].endswith("/marax-ca.pem")
    assert hosts["basic_auth"]["username"] == "prometheus"


def test_bounds_what_one_host_may_answer():
    [hosts, *others] = shipped.setting("prometheus.yml")["scrape_configs"]

    limits = {name: value for name, value in hosts.items() if name.endswith("_limit")}

    assert limits == {
        "sample_limit": 5000,
        "label_limit": 40,
        "label_name_length_limit": 128,
        "label_value_length_limit": 1024,
        "body_size_limit": "5MB",
    }
    assert not any(name.endswith("_limit") for other in others for name in other)


def test_an_exporter_with_the_largest_settings_keeps_well_within_the_limit_of_samples():
    largest = series_limits(ProcessSettings(top=20, groups=200))

    [hosts, *_] = shipped.setting("prometheus.yml")["scrape_configs"]

    assert largest.at_once + 1500 < hosts["sample_limit"]  # 1,500 for all that is not by process


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_scrapes_the_hosts_that_the_bridge_lists(etc_prometheus, scheme):
    write_targets(etc_prometheus / "marax/targets.json", [msgspec.structs.replace(HOST, scheme=scheme)])

    printed = shipped.run(
        "promtool", "check", "service-discovery", "--timeout=2s", etc_prometheus / "prometheus.yml", "marax"
    )

    [target], _log = json.JSONDecoder().raw_decode(printed)
    assert target["labels"] == {
        "host": "web-1",
        "instance": "192.0.2.1:9877",
        "job": "marax",
        "site": "berlin",
        "__address__": "192.0.2.1:9877",
        "__metrics_path__": "/metrics",
        "__scheme__": scheme,
        "__scrape_interval__": "15s",
        "__scrape_timeout__": "5s",
    }


def test_watches_every_part_of_the_monitoring_at_its_own_address():
    jobs = {job["job_name"]: job for job in shipped.setting("prometheus.yml")["scrape_configs"]}
    [alertmanager] = shipped.setting("prometheus.yml")["alerting"]["alertmanagers"]
    [receiver] = shipped.setting("alertmanager.yml")["receivers"]
    [webhook] = receiver["webhook_configs"]

    def targets_of(job):
        return [target for group in jobs[job]["static_configs"] for target in group["targets"]]

    assert targets_of("prometheus") == ["127.0.0.1:9090"]
    assert targets_of("alertmanager") == alertmanager["static_configs"][0]["targets"]
    assert targets_of("alertbridge") == [urlsplit(webhook["url"]).netloc]
