import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
import trustme

from alertbridge.mail.facts import FleetFacts
from alertbridge.mail.host_facts import LastDay, LastValues, ProcessFact
from alertbridge.prometheus.findings import Findings, HostFindings, Subject
from alertbridge.prometheus.queries import Prometheus
from alertbridge.prometheus.settings import HttpUrl
from marax.clock import SystemClock
from tests.alertbridge.prometheus.real_prometheus import (
    a_prometheus,
    a_scraping_prometheus,
    answering_hosts,
    is_ready,
)
from tests.fakes import rude_servers as rude
from tests.fakes.scraped_host import ScrapedHost
from tests.programs import program_or_skip
from tests.waiting import wait_until

CLOCK = SystemClock()
ODD = 'odd "one"\\|.*{}é\n'
VALUES = LastValues(cpu_ratio=0.97, memory_ratio=0.88, memory_total_bytes=1.6e10, load1=9.5, cpus=4)
PROCESSES = (
    ProcessFact(pid="8", name='cc1 "plus"', cpu_ratio=0.7, memory_rss_bytes=9e8),
    ProcessFact(pid="7", name="make", cpu_ratio=0.2, memory_rss_bytes=1e6),
)


def a_subject(
    instance: str = "web-1:9877", fired: float | None = None, ended: float | None = None
) -> Subject:
    fired = CLOCK.unix_seconds() if fired is None else fired
    return Subject(instance=instance, job="marax", fired_unix_seconds=fired, ended_unix_seconds=ended)


def look_up(port: int, *subjects: Subject, budget_seconds: float = 20.0) -> Findings:
    return look_up_at(f"http://127.0.0.1:{port}", *subjects, budget_seconds=budget_seconds)


def look_up_at(url: str, *subjects: Subject, budget_seconds: float = 20.0) -> Findings:
    return Prometheus([HttpUrl.from_setting(url)], CLOCK, budget_seconds=budget_seconds).look_up(subjects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What really happened to the hosts that a real Prometheus scraped every second."""

    port: int
    answered: tuple[float, ...]
    died: float
    fired: float
    back: float
    ended: float


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Iterator[Story]:
    hosts = {"dead": ScrapedHost(), "rebooted": ScrapedHost(), "restarted": ScrapedHost(), ODD: ScrapedHost()}
    addresses = {name: f"127.0.0.1:{host.port}" for name, host in hosts.items()}
    addresses["never"] = f"127.0.0.1:{rude.a_dead_port()}"
    with a_scraping_prometheus(tmp_path_factory.mktemp("prometheus"), addresses) as prometheus:
        port = prometheus.port
        wait_until(lambda: answering_hosts(port) == {*hosts})
        wait_until(lambda: len(hosts["dead"].answered_unix_seconds) >= 3)
        died = CLOCK.unix_seconds()
        for name in ("dead", "rebooted", "restarted"):
            hosts[name].die()
        answered = tuple(hosts["dead"].answered_unix_seconds)
        wait_until(lambda: answering_hosts(port) == {ODD})
        fired = back = CLOCK.unix_seconds()
        hosts["rebooted"].reboot()
        hosts["restarted"].start()
        wait_until(lambda: answering_hosts(port) == {ODD, "rebooted", "restarted"})
        ended = CLOCK.unix_seconds()
        yield Story(port=port, answered=answered, died=died, fired=fired, back=back, ended=ended)
    for host in hosts.values():
        host.die()


def test_tells_why_and_since_when_a_host_is_dead(story):
    subject = a_subject("dead", story.fired)

    findings = look_up(story.port, subject)

    assert findings.missing == ()
    dead = findings.hosts[subject]
    assert "connection refused" in dead.reason
    assert dead.since_unix_seconds is not None
    assert story.answered[-3] < dead.since_unix_seconds <= story.died  # one answer may come too late to count
    assert (dead.back_unix_seconds, dead.has_rebooted) == (None, None)


def test_tells_what_a_dead_host_was_doing(story):
    subject = a_subject("dead", story.fired)

    dead = look_up(story.port, subject).hosts[subject]

    assert (dead.last_values, dead.top_processes) == (VALUES, PROCESSES)


def test_tells_how_the_last_hour_of_a_dead_host_was_until_it_died(story):
    subject = a_subject("dead", story.fired)

    dead = look_up(story.port, subject).hosts[subject]

    assert dead.history is not None
    assert {(usage.cpu_ratio, usage.memory_ratio) for usage in dead.history.usages} == {(0.97, 0.88)}
    assert dead.history.usages[-1].unix_seconds == dead.since_unix_seconds
    assert dead.history.end_unix_seconds >= story.ended


def test_the_history_of_a_host_that_is_back_has_a_gap_where_it_was_away(story):
    subject = a_subject("rebooted", story.fired, story.ended)

    returned = look_up(story.port, subject).hosts[subject]

    assert returned.history is not None
    moments = [usage.unix_seconds for usage in returned.history.usages]
    gaps = [pair for pair in pairwise(moments) if pair[1] - pair[0] > 1.5]
    assert gaps == [(returned.since_unix_seconds, returned.back_unix_seconds)]


def test_tells_how_often_a_host_went_away_within_a_day(story):
    dead, living = a_subject("dead", story.fired), a_subject(ODD, story.ended)

    hosts = look_up(story.port, dead, living).hosts

    day = hosts[dead].last_day
    assert day is not None
    assert day.times_gone == 1
    assert 0 < day.answered_ratio < 1
    assert hosts[living].last_day == LastDay(times_gone=0, answered_ratio=1.0)


def test_looks_back_at_no_host_of_many(story):
    subjects = [a_subject(name, story.fired) for name in ("dead", "rebooted", "restarted", ODD)]

    hosts = look_up(story.port, *subjects).hosts

    assert [(host.history, host.last_day) for host in hosts.values()] == [(None, None)] * 4


@pytest.mark.parametrize(("instance", "has_rebooted"), [("rebooted", True), ("restarted", False)])
def test_tells_when_a_host_came_back_and_whether_it_rebooted(story, instance, has_rebooted):
    subject = a_subject(instance, story.fired, story.ended)

    returned = look_up(story.port, subject).hosts[subject]

    assert returned.since_unix_seconds is not None
    assert returned.back_unix_seconds is not None
    assert returned.since_unix_seconds <= story.died < story.back <= returned.back_unix_seconds <= story.ended
    assert (returned.reason, returned.has_rebooted, returned.last_values) == ("", has_rebooted, VALUES)


def test_a_host_that_is_back_while_its_alert_fires_was_away(story):
    subject = a_subject("rebooted", story.fired)

    returned = look_up(story.port, subject).hosts[subject]

    assert returned.back_unix_seconds is not None
    assert returned.has_rebooted is None
    assert returned.top_processes == PROCESSES


def test_tells_how_a_host_answers_now_whatever_became_of_its_alert(story):
    subjects = (
        a_subject("dead", story.fired),
        a_subject("rebooted", story.fired),
        a_subject("rebooted", story.fired, story.ended),
        a_subject("nobody", story.fired),
    )

    hosts = look_up(story.port, *subjects).hosts

    dead, back, over, nobody = (hosts[subject].newest for subject in subjects)
    assert dead is not None
    assert back is not None
    assert over is not None
    assert not dead.is_answered
    assert back.is_answered
    assert story.back <= (back.since_unix_seconds or 0) <= story.ended
    assert over.since_unix_seconds == back.since_unix_seconds
    assert over.unix_seconds >= story.ended - 1
    assert nobody is None


def test_a_host_that_answers_has_no_outage_however_odd_its_name(story):
    subject = a_subject(ODD, story.ended)

    living = look_up(story.port, subject).hosts[subject]

    assert (living.reason, living.since_unix_seconds, living.back_unix_seconds) == ("", None, None)
    assert (living.last_values, living.top_processes) == (VALUES, PROCESSES)


def test_tells_who_else_is_down(story):
    findings = look_up(story.port, a_subject("dead"))

    assert findings.fleet(lambda _: True) == FleetFacts(up=3, total=5, down=("host dead", "host never"))
    assert findings.fleet(lambda name: name == "host dead") == FleetFacts(up=0, total=1, down=("host dead",))


def test_finds_the_same_for_one_host_in_a_storm(story):
    storm = [a_subject(f"10.0.{i}.1:9877", story.fired - i) for i in range(100)]
    subject = a_subject("dead", story.fired)

    found = look_up(story.port, subject, *storm)

    alone = look_up(story.port, subject).hosts[subject]
    assert found.hosts[subject] == replace(alone, history=None, last_day=None)
    assert len(found.hosts) == 101


def test_tells_of_every_host_of_a_storm_whether_it_answers_again(story):
    storm = [a_subject(f"10.0.{i}.1:9877", story.fired) for i in range(50)]
    dead, back = a_subject("dead", story.fired), a_subject("rebooted", story.fired)
    always, stranger = a_subject(ODD, story.fired + 120), a_subject("nobody", story.fired)

    hosts = look_up(story.port, *storm, dead, back, always, stranger).hosts

    newest = hosts[back].newest
    assert newest is not None
    assert newest.is_answered
    assert newest.unix_seconds >= story.back
    assert [hosts[one].newest for one in (dead, always, stranger)] == [None] * 3


def test_says_of_whom_prometheus_knows_nothing(story):
    strangers = a_subject('nobody"} or vector(1) #'), a_subject("nobody else")

    findings = look_up(story.port, *strangers)

    assert findings.missing == (
        'Prometheus has no answered scrape of nobody else and nobody"} or vector(1) # from the hours before.',
    )
    assert findings.hosts[strangers[0]].last_values is None


def test_tells_since_when_a_host_that_never_answered_was_scraped(story):
    subject = a_subject("never", story.fired)

    findings = look_up(story.port, subject)

    never = findings.hosts[subject]
    assert never.outage.never_since_unix_seconds is not None
    assert never.outage.never_since_unix_seconds < story.died
    assert (never.since_unix_seconds, findings.missing) == (None, ())


def test_tells_nothing_but_the_outage_of_a_host_in_a_list(story):
    brief = replace(a_subject("rebooted", story.fired, story.ended), is_brief=True)

    findings = look_up(story.port, brief)

    whole = look_up(story.port, replace(brief, is_brief=False)).hosts[replace(brief, is_brief=False)]
    (found,) = findings.hosts.values()
    assert found == HostFindings(
        since_unix_seconds=whole.since_unix_seconds,
        back_unix_seconds=whole.back_unix_seconds,
        outage=whole.outage,
        newest=whole.newest,
    )
    assert found.outage.times_gone == 1
    assert findings.is_up_by_host is None


def test_an_alert_of_no_host_gets_the_fleet_alone(story):
    findings = look_up(story.port, a_subject(""))

    assert (findings.hosts, findings.missing) == ({}, ())
    assert findings.fleet(lambda _: True) is not None


@pytest.mark.parametrize(
    ("age_seconds", "is_known"), [(30, True), (200, False)], ids=["scrapes", "has stalled"]
)
def test_a_prometheus_that_has_scraped_nothing_of_late_knows_no_fleet(tmp_path, age_seconds, is_known):
    newest = SystemClock().unix_seconds() - age_seconds
    samples = (
        f'up{{instance="a",job="marax",host="a"}} 1 {newest - 15 * i:.0f}\n' for i in range(40, -1, -1)
    )
    (tmp_path / "up.txt").write_text(f"# TYPE up gauge\n{''.join(samples)}# EOF\n")
    backfill = ["tsdb", "create-blocks-from", "openmetrics", "up.txt", "data"]
    subprocess.run([program_or_skip("promtool"), *backfill], cwd=tmp_path, check=True, capture_output=True)
    with a_prometheus(tmp_path, "global: {scrape_interval: 1m}\n") as prometheus:
        wait_until(lambda: is_ready(prometheus.port))
        findings = look_up(prometheus.port, Subject(instance="", job="marax", fired_unix_seconds=newest))

    assert (findings.is_up_by_host is not None) is is_known


def test_an_alert_of_no_host_gets_the_share_of_its_job_that_answers(story):
    other = Subject(instance="", job="other", fired_unix_seconds=story.fired)

    assert look_up(story.port, a_subject("")).answering_ratio_by_job == {"marax": 0.6}
    assert look_up(story.port, other).answering_ratio_by_job == {}
    assert look_up(story.port, a_subject("dead")).answering_ratio_by_job == {}


def test_another_job_with_the_same_instance_is_another_host(story):
    subject = Subject(instance="dead", job="other", fired_unix_seconds=story.fired)

    findings = look_up(story.port, subject)

    assert (findings.hosts[subject].reason, findings.is_up_by_host) == ("", None)


EMPTY = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'
STORM = "the last scrape error, the time of the last answer, the last known values and the rest of the fleet"
ALL = STORM.replace(" and the", ", the last hours and the")


@pytest.mark.parametrize(
    ("manners", "why"),
    [
        (rude.answering(b"", status=500), "HTTP 500"),
        (rude.answering(b"", status=401), "HTTP 401"),
        (rude.answering(b"<html>hello</html>"), "invalid response"),
        (rude.answering(b"[" * 1_000_000), "invalid response"),
        (
            rude.answering(b'{"status":"success","data":{"result":7,"activeTargets":7}}'),
            "invalid response",
        ),
        (rude.sending(b""), "closed the connection without an answer"),
        (rude.resetting, "connection reset"),
        (rude.flooding(b"HTTP/1.1 200 OK\r\n\r\n"), "its answer is larger than 8 MiB"),
    ],
    ids=["error", "login", "page", "deep JSON", "other JSON", "silent end", "reset", "flood"],
)
def test_says_what_is_wrong_with_prometheus(manners, why):
    subject = a_subject()

    with rude.a_server(manners) as port:
        findings = look_up(port, subject, budget_seconds=20)

    assert findings.missing == (f"Could not get {ALL} from Prometheus: {why}.",)
    assert findings.hosts[subject].last_values is None
    assert findings.fleet(lambda _: True) is None


def test_says_that_nothing_listens():
    (missing,) = look_up(rude.a_dead_port(), a_subject()).missing

    assert missing.endswith(": connection refused.")


@pytest.mark.parametrize(
    "manners",
    [rude.silent, rude.dripping(b"HTTP/1.1 200 OK\r\n"), rude.dripping(b"HTTP/1.1 200 OK\r\n\r\n{")],
    ids=["silent", "drips its header", "drips its body"],
)
def test_keeps_its_budget_whatever_prometheus_does(manners):
    storm = [a_subject(f"web-{i}:9877") for i in range(100)]
    asked: list[object] = []

    def counted(connection):
        if connection.recv(1, socket.MSG_PEEK):
            asked.append(connection)
        manners(connection)

    with rude.a_server(counted) as port:
        findings = look_up(port, *storm, budget_seconds=0.5)

    assert len(asked) <= 4, "those that it asks at once use up the budget, and no more are asked"
    assert findings.missing == (f"Could not get {STORM} from Prometheus: no answer in time.",)
    assert [*findings.hosts.values()] == [HostFindings()] * 100


def test_tells_what_it_has_when_only_some_of_it_hangs():
    fleet = b'{"data":{"result":[{"metric":{"host":"web-1"},"value":[1,"1"]}]}}'

    def manners(connection):
        head = connection.recv(65536)
        if b"max+by" not in head:
            return rude.silent(connection)
        return connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + fleet)

    with rude.a_server(manners) as port:
        findings = look_up(port, a_subject(), budget_seconds=2.0)

    assert findings.fleet(lambda _: True) == FleetFacts(up=1, total=1, down=())
    assert findings.missing[0].endswith("no answer in time.")


@pytest.mark.parametrize("value", ["NaN", "+Inf", "much", "1e999", ""])
def test_no_value_raises(value):
    row = {"metric": {"instance": "web-1:9877", "job": "marax", "__name__": "up"}, "values": [[1e9, value]]}
    body = json.dumps({"data": {"result": [row], "activeTargets": [{"labels": {}}]}}).encode()

    with rude.a_server(rude.answering(body)) as port:
        findings = look_up(port, a_subject())

    assert findings.missing


def test_gives_the_login_that_the_url_bears():
    heads: list[bytes] = []

    def answer(head: bytes) -> tuple[int, bytes, bytes]:
        heads.append(head)
        return 200, b"", EMPTY

    with rude.a_server(rude.answering_each(answer)) as port:
        url = HttpUrl.from_setting(f"http://ann:se%40cret@127.0.0.1:{port}/prometheus/")
        Prometheus([url], CLOCK).look_up([a_subject()])

    assert all(b"\r\nAuthorization: Basic YW5uOnNlQGNyZXQ=\r\n" in head for head in heads)
    assert all(head.startswith(b"GET /prometheus/api/v1/") for head in heads)


@pytest.fixture
def tls(tmp_path) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_asks_over_tls_whom_this_machine_trusts(tls, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with rude.a_server(rude.over_tls(tls, rude.answering(b"", status=418))) as port:
        findings = look_up_at(f"https://localhost:{port}", a_subject())

    assert findings.missing[0].endswith(": HTTP 418.")


def test_tells_nothing_to_whom_this_machine_does_not_trust(tls):
    heads: list[bytes] = []

    def answer(head: bytes) -> tuple[int, bytes, bytes]:
        heads.append(head)
        return 200, b"", EMPTY

    with rude.a_server(rude.over_tls(tls, rude.answering_each(answer))) as port:
        findings = look_up_at(f"https://localhost:{port}", a_subject())

    assert "its certificate is signed by an unknown CA" in findings.missing[0]
    assert heads == []
