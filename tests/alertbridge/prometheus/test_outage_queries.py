"""Outages in a real Prometheus that has stored days of scrapes."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from alertbridge.prometheus.findings import HostFindings, Subject
from alertbridge.prometheus.queries import Prometheus
from alertbridge.prometheus.settings import HttpUrl
from marax.clock import Clock, SystemClock
from tests.alertbridge.prometheus.real_prometheus import (
    RealPrometheus,
    a_prometheus,
    a_scraping_prometheus,
    answering_hosts,
    is_ready,
)
from tests.fakes.clock import FakeClock
from tests.fakes.scraped_host import ScrapedHost
from tests.programs import program_or_skip
from tests.waiting import wait_until

CLOCK = SystemClock()
HOUR = 3600.0
DAY = 24 * HOUR
INTERVAL = 60.0
NOW = 1_795_000_020.0  # the time of the last scrape
STEP_OF_SUBQUERIES = 300.0


# How a host answered the scrape that was made some seconds before `NOW`; None where there was none
Life = Callable[[float], bool | None]


def dead_for(seconds: float) -> Life:
    return lambda before: before >= seconds


def unscraped(start: float, end: float, answers: Life) -> Life:
    return lambda before: None if end < before < start else answers(before)


BETWEEN_STEPS = NOW - ((NOW - 20 * HOUR) // STEP_OF_SUBQUERIES * STEP_OF_SUBQUERIES + 120)
HOSTS = {
    "dead for hours": dead_for(9 * HOUR),
    "dead for days": dead_for(3 * DAY),
    "never": dead_for(99 * DAY),
    "new": unscraped(99 * DAY, 8 * HOUR, dead_for(99 * DAY)),
    "gap": unscraped(9 * HOUR, 0.1 * HOUR, dead_for(9 * HOUR)),
    "flap": lambda before: before >= 3 * DAY or abs(before - BETWEEN_STEPS) < INTERVAL / 2,
    "flap later": lambda before: before >= 3 * DAY or abs(before - BETWEEN_STEPS) < 5 * HOUR,
    "back": lambda before: not 2 * DAY > before > HOUR,
}


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "up.txt").write_text(f"# TYPE up gauge\n{''.join(lines())}# EOF\n")
    promtool = program_or_skip("promtool")
    subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", "up.txt", "data"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    settings = "global: {scrape_interval: 1m}\n"
    with a_prometheus(folder, settings, "--storage.tsdb.retention.time=100y") as prometheus:
        wait_until(lambda: is_ready(prometheus.port))
        yield prometheus.port


def lines() -> Iterator[str]:
    for name, answers in HOSTS.items():
        for i in range(int(4 * DAY / INTERVAL), -1, -1):
            answered = answers(i * INTERVAL)
            if answered is not None:
                yield f'up{{instance="{name}",job="marax"}} {int(answered)} {NOW - i * INTERVAL:.0f}\n'


def look_up(
    port: int,
    instance: str,
    fired: float,
    ended: float | None = None,
    *,
    clock: Clock = FakeClock(NOW + 20),  # noqa: B008
) -> HostFindings:
    url = HttpUrl.from_setting(f"http://127.0.0.1:{port}")
    subject = Subject(
        instance=instance, job="marax", fired_unix_seconds=fired, ended_unix_seconds=ended, is_brief=True
    )
    findings = Prometheus([url], clock, budget_seconds=20).look_up([subject])
    return findings.hosts[subject]


@pytest.mark.parametrize(("name", "dead_seconds"), [("dead for hours", 9 * HOUR), ("dead for days", 3 * DAY)])
def test_finds_the_last_answer_long_before_the_alert(port, name, dead_seconds):
    found = look_up(port, name, NOW)

    assert found.since_unix_seconds == NOW - dead_seconds
    assert found.outage.never_since_unix_seconds is None
    assert found.outage.is_rough, "it has not looked at all the scrapes in between"


@pytest.mark.parametrize(("name", "watched_seconds"), [("never", 4 * DAY), ("new", 8 * HOUR)])
def test_finds_the_first_scrape_of_a_host_that_never_answered(port, name, watched_seconds):
    found = look_up(port, name, NOW)

    assert (found.since_unix_seconds, found.outage.never_since_unix_seconds) == (None, NOW - watched_seconds)


def test_a_gap_that_began_long_before_the_alert_is_no_outage(port):
    found = look_up(port, "gap", NOW)

    assert found.since_unix_seconds == NOW - 9 * HOUR
    assert found.outage.gone_by_unix_seconds == NOW - 0.1 * HOUR
    assert found.outage.unseen_seconds == pytest.approx(8.9 * HOUR)
    assert not found.outage.is_rough


def test_does_not_tell_an_answer_for_the_last_where_there_was_a_later_one(port):
    found = look_up(port, "flap", NOW)

    assert (found.since_unix_seconds, found.outage.never_since_unix_seconds) == (None, None)


def test_finds_an_answer_between_the_look_backs_while_the_alert_fires(port):
    found = look_up(port, "flap later", NOW - 3 * DAY + 120)

    assert found.since_unix_seconds is not None
    assert abs(found.since_unix_seconds - (NOW - BETWEEN_STEPS + 5 * HOUR)) <= INTERVAL
    assert found.outage.times_gone == 2


def test_drops_a_last_answer_after_which_there_was_another_at_an_unknown_time(port):
    found = look_up(port, "flap", NOW - 3 * DAY + 120)

    assert (found.since_unix_seconds, found.back_unix_seconds) == (None, None)
    assert found.outage.is_rough


def test_an_outage_of_days_that_lasts_began_with_the_last_answer(port):
    found = look_up(port, "dead for days", NOW - 3 * DAY + 120)

    assert found.since_unix_seconds == NOW - 3 * DAY
    assert (found.outage.times_gone, found.outage.is_rough) == (1, True)


def test_finds_both_ends_of_an_outage_of_days(port):
    fired, ended = NOW - 2 * DAY + 120, NOW - HOUR + 150

    found = look_up(port, "back", fired, ended)

    assert (found.since_unix_seconds, found.back_unix_seconds) == (NOW - 2 * DAY, NOW - HOUR)
    assert (found.outage.times_gone, found.outage.is_rough) == (1, True)


def test_an_outage_within_the_look_back_is_exact(port):
    found = look_up(port, "dead for hours", NOW - 8.9 * HOUR)

    assert found.since_unix_seconds == NOW - 9 * HOUR
    assert (found.outage.unseen_seconds, found.outage.times_gone) == (0, 1)


@dataclass(frozen=True, slots=True)
class Scraped:
    """A Prometheus that scrapes two hosts every second, and has done so for a while."""

    prometheus: RealPrometheus
    web_1: ScrapedHost
    web_2: ScrapedHost

    def answers(self, name: str) -> bool:
        return name in answering_hosts(self.prometheus.port)


@pytest.fixture(scope="module")
def scraped(tmp_path_factory) -> Iterator[Scraped]:
    hosts = {"web-1": ScrapedHost(), "web-2": ScrapedHost()}
    addresses = {name: f"127.0.0.1:{host.port}" for name, host in hosts.items()}
    with a_scraping_prometheus(tmp_path_factory.mktemp("scraping"), addresses) as prometheus:
        wait_until(lambda: all(len(host.answered_unix_seconds) >= 8 for host in hosts.values()))
        yield Scraped(prometheus, *hosts.values())
    for host in hosts.values():
        host.die()


def test_counts_how_often_a_host_went_while_its_alert_fired(scraped):
    fired: list[float] = []
    for _ in range(3):
        scraped.web_2.die()
        wait_until(lambda: not scraped.answers("web-2"))
        fired.append(CLOCK.unix_seconds())
        scraped.web_2.start()
        wait_until(lambda: scraped.answers("web-2"))
    ended = CLOCK.unix_seconds()

    found = look_up(scraped.prometheus.port, "web-2", fired[0], ended, clock=CLOCK)

    assert found.outage.times_gone == 3


def test_what_prometheus_did_not_see_as_it_was_stopped_is_no_outage(scraped):
    with scraped.prometheus.stopped():
        time.sleep(3)
        scraped.web_1.die()
        died = CLOCK.unix_seconds()
        time.sleep(3)
    wait_until(lambda: not scraped.answers("web-1"))
    fired = CLOCK.unix_seconds()

    found = look_up(scraped.prometheus.port, "web-1", fired, clock=CLOCK)

    assert found.since_unix_seconds is not None
    assert found.since_unix_seconds < died
    assert found.outage.unseen_seconds > 5
    assert fired - found.since_unix_seconds - found.outage.unseen_seconds < fired - died
    assert found.outage.times_gone == 1
