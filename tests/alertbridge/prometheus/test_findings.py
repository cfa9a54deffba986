from alertbridge.mail.facts import FleetFacts
from alertbridge.prometheus.findings import Findings, HostFindings, NoPrometheus, Subject

WEB = Subject(instance="web-1:9877", job="marax", fired_unix_seconds=1_790_000_000)


def test_without_prometheus_nothing_is_known_and_the_mail_says_so():
    findings = NoPrometheus().look_up([WEB])

    assert findings.hosts[WEB] == HostFindings()
    assert findings.missing == ("Prometheus is not configured (prometheus.url).",)
    assert findings.fleet(lambda _: True) is None


def test_nothing_is_missing_where_there_is_no_host_to_be_asked_about():
    findings = NoPrometheus().look_up([Subject(instance="", fired_unix_seconds=1_790_000_000)])

    assert (findings.hosts, findings.missing) == ({}, ())


def test_a_reader_hears_only_of_hosts_they_are_told_about():
    findings = Findings(
        hosts={}, is_up_by_host={"web-2": False, "web-1": False, "web-3": True, "db-1": False}
    )

    assert findings.fleet(lambda host: host.startswith("web-")) == FleetFacts(
        up=1, total=3, down=("web-1", "web-2")
    )
