"""What mails say of a target that does not answer and is none of the hosts in the settings."""

import pytest

from alertbridge.mail.facts import HostFacts, Kind
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.rendering.renderer import Renderer
from tests.builders import FIRED_UNIX_SECONDS, alert_facts, host_facts, reader

RENDERER = Renderer()
NOW = FIRED_UNIX_SECONDS + 15
SINCE = FIRED_UNIX_SECONDS - 75  # 13:01:00
BACK = FIRED_UNIX_SECONDS + 125
REFUSED = 'Get "http://db-1:9104/metrics": dial tcp 10.0.0.5:9104: connect: connection refused'


def mysqld(**changes) -> HostFacts:
    about = {
        "address": "db-1:9104",
        "alertname": "InstanceDown",
        "summary": "Instance db-1:9104 down",
        "means_down": False,
        "is_in_hosts": False,
        "is_other_target": True,
        "service": "mysqld",
    }
    return host_facts("db-1", **{**about, **changes})


def over(**changes) -> HostFacts:
    return mysqld(is_over=True, ended_unix_seconds=BACK + 30, **changes)


def text(kind: Kind, *hosts: HostFacts, now: float = NOW) -> str:
    said = " ".join(RENDERER.render(alert_facts(kind, hosts=hosts, now_unix_seconds=now)).text.split())
    return said.replace("Sun 22 Nov 2026, ", "").replace(" UTC", "")


@pytest.mark.parametrize(
    ("kind", "host", "words"),
    [
        pytest.param(
            Kind.CRITICAL,
            mysqld(since_unix_seconds=SINCE, reason=REFUSED),
            "Critical: mysqld on db-1 has not answered for 1 min 30 s: connection refused. "
            "It last answered on 13:01:00.",
            id="since when, and why",
        ),
        pytest.param(
            Kind.WARN,
            mysqld(),
            "Warning: mysqld on db-1 does not answer. The alert fired on 13:02:15; when it last answered is "
            "not known.",
            id="since when is not known",
        ),
        pytest.param(
            Kind.CRITICAL,
            mysqld(service=""),
            "Critical: db-1:9104 does not answer.",
            id="no job: its address",
        ),
        pytest.param(
            Kind.CRITICAL,
            mysqld(since_unix_seconds=SINCE, back_unix_seconds=NOW - 5),
            "Critical: mysqld on db-1 did not answer for 1 min 25 s and answers again.",
            id="back before the mail leaves",
        ),
        pytest.param(
            Kind.OK,
            over(since_unix_seconds=SINCE, back_unix_seconds=BACK),
            "Resolved: mysqld on db-1 answers again after 3 min 20 s. It had last answered on 13:01:00. It "
            "answered again on 13:04:20.",
            id="an answered scrape",
        ),
        pytest.param(
            Kind.OK,
            over(since_unix_seconds=SINCE, back_unix_seconds=BACK, unanswered_unix_seconds=BACK + 60),
            "Resolved: mysqld on db-1 answers again after 3 min 20 s, but it does not answer now.",
            id="and not answered since",
        ),
        pytest.param(
            Kind.OK,
            over(),
            "Resolved: mysqld on db-1; when it answered again is not known. The alert fired on 13:02:15. The "
            "alert was resolved on 13:04:50.",
            id="nothing known of its scrapes",
        ),
    ],
)
def test_the_headline_names_the_service_and_claims_nothing_of_the_host(kind, host, words):
    assert words in text(kind, host, now=BACK + 90 if host.is_over else NOW)


@pytest.mark.parametrize("kind", [Kind.CRITICAL, Kind.WARN, Kind.OK])
def test_no_step_of_the_exporter_and_no_host_that_is_down(kind):
    said = text(kind, over() if kind is Kind.OK else mysqld(reason=REFUSED))

    assert "marax-exporter" not in said
    assert "ssh" not in said
    assert "host does not" not in said


def test_a_table_tells_two_services_of_one_host_apart():
    said = text(Kind.CRITICAL, mysqld(), mysqld(address="db-1:9100", service="node"))

    assert "mysqld not answering" in said
    assert "node not answering" in said


def test_other_targets_count_as_other_alerts_where_hosts_are_down():
    said = text(Kind.DOWN, host_facts("web-1"), host_facts("web-2"), mysqld())

    assert "Down: 2 hosts" in said
    assert "Also: 1 other alert." in said


def test_a_digest_names_the_service_and_the_times_of_its_scrapes():
    host = over(since_unix_seconds=SINCE, back_unix_seconds=BACK, severity="critical")
    facts = SummaryFacts(
        kind=Kind.DIGEST,
        incident_id="k3f9q2",
        news=(host,),
        already_reported=(),
        reader=reader(),
        now_unix_seconds=BACK + 600,
    )

    said = " ".join(RENDERER.render(facts).text.split())

    assert "critical: mysqld not answering" in said
    assert "13:01:00" in said
    assert "3 min 20 s" in said
