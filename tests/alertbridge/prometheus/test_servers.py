"""Several Prometheis asked as one: what they know together, and what is said where they do not agree."""

import json
import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from urllib.parse import unquote_plus

import pytest

from alertbridge.mail.facts import FleetFacts
from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage
from alertbridge.prometheus.answers import Sample, Series, Target
from alertbridge.prometheus.findings import Findings, Subject
from alertbridge.prometheus.fleet_outage import FleetOutages
from alertbridge.prometheus.queries import Prometheus
from alertbridge.prometheus.servers import merged_series, merged_targets
from alertbridge.prometheus.settings import HttpUrl
from marax.clock import SystemClock
from tests.alertbridge.prometheus.real_prometheus import a_scraping_prometheus, answering_hosts
from tests.fakes import rude_servers as rude
from tests.fakes.scraped_host import ScrapedHost
from tests.waiting import wait_until

CLOCK = SystemClock()
T0 = 1_795_000_000.0


def series(*samples: tuple[float, float], **labels: str) -> Series:
    return Series(labels=labels, samples=tuple(Sample(*sample) for sample in samples))


def up(*states: int, since: float = T0, every: float = 15.0) -> Series:
    return series(*((since + every * number, state) for number, state in enumerate(states)), instance="a")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (up(1, 0, 0), up(1, 1, 0, since=T0 + 7), "both"),
        (up(1, 1, 1), up(1, 1, 0, 0, 0, 0, 0, 0, since=T0), "second"),
        (up(*[1] * 40), up(1, 1, since=T0 + 39 * 15 + 5), "first"),
        (up(1, 0, 0), up(1, 1, 1, since=T0 + 7), "second"),
        (up(1, 1, 1), up(1, 0, 0, since=T0 + 7), "first"),
        (up(), up(1), "second"),
        (up(1), up(), "first"),
        (up(), up(), "both"),
    ],
    ids=[
        "agree",
        "newer",
        "more complete",
        "up in one",
        "up in the other",
        "none",
        "none there",
        "none at all",
    ],
)
def test_a_series_is_that_of_one_of_them_and_no_mixture(first, second, expected):
    (found,) = merged_series([(first,), (second,)])

    assert found in {"first": [first], "second": [second], "both": [first, second]}[expected]


def test_shards_are_united():
    ours, theirs = series((T0, 1), instance="a"), series((T0, 0), instance="b")

    assert merged_series([(ours,), (theirs,)]) == (ours, theirs)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_value_raises(value):
    assert len(merged_series([(series((T0, value), x="y"),), (series((value, 1.0), x="y"),)])) == 1


def test_a_target_bears_the_error_that_one_of_them_ran_into():
    fine, failed = Target(labels={"a": "b"}, last_error=""), Target(labels={"a": "b"}, last_error="refused")
    other = Target(labels={"a": "c"}, last_error="")

    assert merged_targets([(fine,), (failed, other)]) == (failed, other)
    assert merged_targets([(failed, other), (fine,)]) == (failed, other)


def url_of(port: int) -> HttpUrl:
    return HttpUrl.from_setting(f"http://127.0.0.1:{port}")


def look_up(ports: Sequence[int], *instances: str, budget_seconds: float = 2.0) -> Findings:
    subjects = [
        Subject(instance=one, job="marax", fired_unix_seconds=CLOCK.unix_seconds()) for one in instances
    ]
    return Prometheus([url_of(port) for port in ports], CLOCK, budget_seconds=budget_seconds).look_up(
        subjects
    )


def a_prometheus(**is_up: int) -> rude.Manners:
    """Return the manners of one that scrapes these hosts, each of which it has as up or down."""

    def answer(head: bytes) -> tuple[int, bytes, bytes]:
        asked = unquote_plus(head.split()[1].decode())
        rows = [
            {
                "metric": {"host": host, "instance": f"{host}:9877"},
                "value": [CLOCK.unix_seconds(), str(state)],
            }
            for host, state in is_up.items()
        ]
        targets = [
            {
                "labels": {"host": host, "instance": f"{host}:9877", "job": "marax"},
                "lastError": "" if state else "connection refused",
            }
            for host, state in is_up.items()
        ]
        found = {"result": rows if "max by (host, instance)" in asked else [], "activeTargets": targets}
        return 200, b"", json.dumps({"data": found}).encode()

    return rude.answering_each(answer)


def test_what_one_of_them_scrapes_is_known():
    with rude.a_server(a_prometheus(web=0)) as first, rude.a_server(a_prometheus(db=1)) as second:
        findings = look_up([first, second], "web:9877")

    (web,) = findings.hosts.values()
    assert web.reason == "connection refused"
    assert findings.fleet(lambda _: True) == FleetFacts(up=1, total=2, down=("web",))


def test_a_host_that_answers_one_of_them_is_up_and_the_mail_says_so():
    with (
        rude.a_server(a_prometheus(web=0, db=0)) as first,
        rude.a_server(a_prometheus(web=1, db=1)) as second,
    ):
        findings = look_up([first, second], "web:9877")

    assert findings.fleet(lambda _: True) == FleetFacts(up=2, total=2, down=())
    assert findings.missing[-1] == (
        f"web:9877 answers the Prometheus at http://127.0.0.1:{second},"
        f" but not the one at http://127.0.0.1:{first}."
    )
    assert "db:9877" not in " ".join(findings.missing)


@pytest.mark.parametrize("first", [True, False])
def test_says_which_one_did_not_answer_while_the_other_did(first):
    dead = rude.a_dead_port()
    with rude.a_server(a_prometheus(web=1)) as port:
        findings = look_up([dead, port] if first else [port, dead], "web:9877")

    assert findings.fleet(lambda _: True) == FleetFacts(up=1, total=1, down=())
    assert findings.missing[-1] == (
        f"The Prometheus at http://127.0.0.1:{dead} did not answer: connection refused;"
        " what only it knows is missing."
    )


def test_one_that_hangs_does_not_cost_what_the_other_knows():
    with rude.a_server(rude.silent) as hanging, rude.a_server(a_prometheus(web=0)) as port:
        began = time.monotonic()
        findings = look_up([hanging, port], "web:9877", budget_seconds=20)
        took = time.monotonic() - began

    (web,) = findings.hosts.values()
    assert web.reason == "connection refused"
    assert findings.missing[-1].startswith(
        f"The Prometheus at http://127.0.0.1:{hanging} did not answer: no "
    )
    assert took < 15, "nobody waits for it until the end of the budget"


def test_nothing_is_known_once_none_answers():
    dead = rude.a_dead_port()
    with rude.a_server(rude.answering(b"", status=500)) as failing:
        findings = look_up([dead, failing], "web:9877")

    assert findings.is_up_by_host is None
    (said,) = findings.missing
    assert said.endswith(
        f"from Prometheus: connection refused (http://127.0.0.1:{dead}), HTTP 500 (http://127.0.0.1:{failing})."
    )


def test_a_pair_of_real_ones_tells_one_outage(tmp_path):
    hosts = {name: ScrapedHost() for name in ("there", "back")}
    addresses = {name: f"127.0.0.1:{host.port}" for name, host in hosts.items()}
    with ExitStack() as stack:
        ports = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            ports.append(stack.enter_context(a_scraping_prometheus(tmp_path / name, addresses)).port)

        def all_see(expected: set[str]) -> bool:
            return all(answering_hosts(port) == expected for port in ports)

        wait_until(lambda: all_see({"there", "back"}))
        wait_until(lambda: len(hosts["back"].answered_unix_seconds) >= 6)
        hosts["back"].die()
        wait_until(lambda: all_see({"there"}))
        fired = CLOCK.unix_seconds()
        hosts["back"].start()
        wait_until(lambda: all_see({"there", "back"}))
        ended = CLOCK.unix_seconds()
        subject = Subject(instance="back", job="marax", fired_unix_seconds=fired, ended_unix_seconds=ended)
        urls = [url_of(port) for port in ports]

        findings = Prometheus(urls, CLOCK, budget_seconds=20).look_up([subject])
        outage = FleetOutages(urls, CLOCK).ask("marax", fired_unix_seconds=fired, ended_unix_seconds=ended)
    for host in hosts.values():
        host.die()

    back = findings.hosts[subject]
    assert findings.missing == ()
    assert back.since_unix_seconds is not None
    assert back.back_unix_seconds is not None
    assert back.since_unix_seconds <= fired <= back.back_unix_seconds <= ended
    assert isinstance(outage, FleetOutage)
    ((its,),) = (outage.hosts,)
    assert (its.name, its.after, its.times) == ("host back", AfterOutage.UP, 1)
