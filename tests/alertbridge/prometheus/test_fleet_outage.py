"""Which hosts were down together, asked of a real Prometheus, and of servers that are none."""

import re

import pytest

from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.findings import Findings, Subject
from alertbridge.prometheus.fleet_outage import FleetOutages
from alertbridge.prometheus.queries import Prometheus
from alertbridge.prometheus.settings import HttpUrl
from marax.clock import SystemClock
from tests.alertbridge.prometheus.real_prometheus import a_scraping_prometheus, answering_hosts
from tests.fakes import rude_servers as rude
from tests.fakes.scraped_host import ScrapedHost
from tests.waiting import wait_until

CLOCK = SystemClock()
SLACK_SECONDS = 3.0


def fleet_outage(port: int, fired: float, ended: float | None, job: str = "marax") -> FleetOutage | NotKnown:
    asked = FleetOutages([HttpUrl.from_setting(f"http://127.0.0.1:{port}")], CLOCK)
    return asked.ask(job, fired_unix_seconds=fired, ended_unix_seconds=ended)


def look_up(port: int, subject: Subject) -> Findings:
    return Prometheus([HttpUrl.from_setting(f"http://127.0.0.1:{port}")], CLOCK).look_up([subject])


def test_tells_from_when_to_when_hosts_were_down(tmp_path):
    hosts = {name: ScrapedHost() for name in ("there", "back", "down")}
    addresses = {name: f"127.0.0.1:{host.port}" for name, host in hosts.items()}
    with a_scraping_prometheus(tmp_path, addresses) as prometheus:
        port = prometheus.port
        wait_until(lambda: answering_hosts(port) == {*hosts})
        wait_until(lambda: len(hosts["back"].answered_unix_seconds) >= 3)
        died = CLOCK.unix_seconds()
        for name in ("back", "down"):
            hosts[name].die()
        wait_until(lambda: answering_hosts(port) == {"there"})
        fired = returned = CLOCK.unix_seconds()
        hosts["back"].start()
        wait_until(lambda: answering_hosts(port) == {"there", "back"})
        ended = CLOCK.unix_seconds()

        asked = fleet_outage(port, fired, ended)
        subject = Subject(
            instance="", job="marax", fired_unix_seconds=fired, ended_unix_seconds=ended, is_fleet=True
        )
        found = look_up(port, subject).fleet_outages[subject]
        of_long_ago = fleet_outage(port, fired - 86_400, ended - 86_400)
        of_another_job = fleet_outage(port, fired, ended, job='other"}')
    for host in hosts.values():
        host.die()

    assert isinstance(asked, FleetOutage)
    assert (asked.up, asked.total) == (2, 3)
    down, back = asked.hosts
    assert (down.name, down.after, down.back_unix_seconds) == ("host down", AfterOutage.DOWN, None)
    assert (back.name, back.after, back.times) == ("host back", AfterOutage.UP, 1)
    assert is_near(back, died, returned)
    assert [host.name for host in found.hosts] == ["host down", "host back"]
    assert of_another_job == of_long_ago == NotKnown(reason="it has no samples of that time")


def is_near(outage: HostOutage, died: float, returned: float) -> bool:
    answered, back = outage.last_answered_unix_seconds, outage.back_unix_seconds
    assert answered is not None
    assert back is not None
    return abs(answered - died) < SLACK_SECONDS and abs(back - returned) < SLACK_SECONDS


@pytest.mark.parametrize(
    ("manners", "why"),
    [
        (rude.answering(b"", status=500), "HTTP 500"),
        (rude.answering(b"<html>hello</html>"), "invalid response"),
        (rude.resetting, "connection reset"),
        (rude.flooding(b"HTTP/1.1 200 OK\r\n\r\n"), "its answer is larger than 8 MiB"),
    ],
    ids=["error", "page", "reset", "flood"],
)
def test_says_why_it_is_not_known(manners, why):
    subject = Subject(instance="", job="marax", fired_unix_seconds=CLOCK.unix_seconds(), is_fleet=True)

    with rude.a_server(manners) as port:
        outage = fleet_outage(port, CLOCK.unix_seconds(), None)
        findings = look_up(port, subject)

    assert outage == NotKnown(reason=why)
    assert findings.fleet_outages == {}
    assert findings.missing == (
        f"Could not get the rest of the fleet from Prometheus: {why}.",
        f"Could not get which hosts did not answer from Prometheus: {why}.",
    )


def test_asks_for_a_bounded_number_of_cells_of_many_hosts():
    heads: list[bytes] = []
    rows = ",".join(f'{{"metric":{{"instance":"h-{i}:1"}},"value":[1,"1"]}}' for i in range(1000))
    body = f'{{"data":{{"result":[{rows}]}}}}'.encode()

    def answer(head: bytes) -> tuple[int, bytes, bytes]:
        heads.append(head)
        return 200, b"", body

    now = CLOCK.unix_seconds()
    with rude.a_server(rude.answering_each(answer)) as port:
        fleet_outage(port, now - 6 * 3600 + 900, None)

    assert len(heads) == 3
    asked = re.search(rb"%5B(\d+)s%3A(\d+)s%5D", heads[-1])
    assert asked is not None
    seconds, step = map(int, asked.groups())
    assert seconds >= 6 * 3600
    assert seconds / step <= 61
