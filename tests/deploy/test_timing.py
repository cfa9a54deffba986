"""The waits of Prometheus, its rules and Alertmanager, which only work together."""

import pytest

from tests.deploy import shipped
from tests.deploy.shipped import seconds

RULES = shipped.rules()
PROMETHEUS = shipped.setting("prometheus.yml")["global"]
ROUTE = shipped.setting("alertmanager.yml")["route"]
INHIBITED_BY_HOST_DOWN = (
    "ExporterDegraded",
    "ExporterMissing",
    "HighCpu",
    "HighMemory",
    "HostSlowScrape",
    "RunawayProcess",
)

# the longest time from the first silent moment of a host until a rule sees it
NOTICED_SECONDS = sum(
    seconds(PROMETHEUS[key]) for key in ("scrape_interval", "scrape_timeout", "evaluation_interval")
)
HOST_DOWN_TOLD_SECONDS = seconds(RULES["HostDown"]["for"]) + seconds(ROUTE["group_wait"])


def test_a_scrape_may_take_five_seconds_and_ends_before_the_next():
    assert seconds(PROMETHEUS["scrape_timeout"]) == 5
    assert seconds(PROMETHEUS["scrape_interval"]) >= 5


def test_fleet_down_is_known_before_the_first_host_of_the_same_outage_is_told():
    assert seconds(RULES["FleetDown"]["for"]) + NOTICED_SECONDS <= HOST_DOWN_TOLD_SECONDS


def test_fleet_down_lasts_until_every_host_that_is_back_counts_as_back():
    fleet_down, host_down = RULES["FleetDown"], RULES["HostDown"]

    assert seconds(fleet_down["keep_firing_for"]) > seconds(host_down["keep_firing_for"]) + NOTICED_SECONDS


@pytest.mark.parametrize("name", INHIBITED_BY_HOST_DOWN)
def test_an_alert_of_a_host_that_dies_outlasts_the_wait_for_host_down(name):
    host_down_fires_seconds = NOTICED_SECONDS + seconds(RULES["HostDown"]["for"])

    assert seconds(RULES[name]["keep_firing_for"]) > host_down_fires_seconds


def test_the_sign_of_life_is_repeated_at_every_group_interval():
    [watchdog] = [route for route in ROUTE["routes"] if route["matchers"] == ['alertname = "Watchdog"']]

    assert seconds(watchdog["group_wait"]) == 0
    assert 40 < seconds(watchdog["repeat_interval"]) < seconds(watchdog["group_interval"])


def test_the_page_names_the_longest_times_until_people_are_told():
    page = (shipped.ROOT / "docs/deploy.md").read_text()
    told = NOTICED_SECONDS + HOST_DOWN_TOLD_SECONDS
    group_interval = seconds(ROUTE["group_interval"])
    over = sum(seconds(PROMETHEUS[key]) for key in ("scrape_interval", "evaluation_interval"))

    assert f"**{told:.0f} s**" in page
    assert f" {told - seconds(ROUTE['group_wait']) + group_interval:.0f} s. " in page
    assert f" {over + seconds(RULES['HostDown']['keep_firing_for']) + group_interval:.0f} s: " in page
