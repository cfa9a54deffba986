import pytest

from alertbridge.mail.facts import Kind
from alertbridge.routing.recipients import Priority
from tests.alertbridge.alert_builders import a_routing, a_user, an_alert

MYSQLD = an_alert("", job="mysqld", instance="db-1:9104")
NODE = an_alert("", job="node", instance="db-1:9100")


@pytest.mark.parametrize(
    ("settings", "host", "severity", "is_recipient"),
    [
        pytest.param({}, "web-1", "critical", True, id="no filter: everything"),
        pytest.param({"hosts": ("web-*",)}, "web-1", "info", True, id="glob matches"),
        pytest.param({"hosts": ("web-*",)}, "db-1", "critical", False, id="glob does not match"),
        pytest.param({"hosts": ("db-1", "web-*")}, "db-1", "critical", True, id="second glob"),
        pytest.param({"hosts": ("web",)}, "web-1", "critical", False, id="a glob matches whole names"),
        pytest.param({"severities": ("critical",)}, "web-1", "critical", True, id="severity"),
        pytest.param({"severities": ("critical",)}, "web-1", "warning", False, id="other severity"),
        pytest.param({"severities": ("warning",)}, "web-1", "odd", True, id="unknown is a warning"),
        pytest.param({"hosts": ("web-*",)}, "", "critical", True, id="no single host concerns all"),
    ],
)
def test_tells_those_whose_filters_match(settings, host, severity, is_recipient):
    user = a_user(**settings)

    told = a_routing(user).recipients(an_alert(host, severity=severity))

    assert told == ((user,) if is_recipient else ())


@pytest.mark.parametrize(
    ("host", "severity", "notified", "is_unrouted"),
    [
        pytest.param("web-1", "critical", ["ann"], False, id="somebody's filters match"),
        pytest.param("web-1", "info", ["ops", "root"], True, id="nobody watches the severity"),
        pytest.param("db-1", "critical", ["ops", "root"], True, id="nobody watches the host"),
        pytest.param("mail", "warning", ["ops"], False, id="an admin's own filters match: not all admins"),
    ],
)
def test_what_matches_nobody_goes_to_the_admins(host, severity, notified, is_unrouted):
    ann = a_user("ann", hosts=("web-*",), severities=("critical",))
    ops, root = a_user("ops", hosts=("mail",), is_admin=True), a_user("root", hosts=("x",), is_admin=True)
    routing, alert = a_routing(ann, ops, root), an_alert(host, severity=severity)

    assert [user.name for user in routing.recipients(alert)] == notified
    assert routing.is_unrouted(alert) is is_unrouted


def test_what_matches_nobody_is_unrouted_without_an_admin_too():
    routing = a_routing(a_user(hosts=("web-*",)))

    assert routing.recipients(an_alert("db-1")) == ()
    assert routing.is_unrouted(an_alert("db-1"))


@pytest.mark.parametrize(
    ("alertname", "severity", "firing", "over"),
    [
        ("HostDown", "critical", Kind.DOWN, Kind.UP),
        ("HighCpu", "critical", Kind.CRITICAL, Kind.OK),
        ("HighCpu", "warning", Kind.WARN, Kind.OK),
        ("HighCpu", "info", Kind.INFO, Kind.OK),
        ("HighCpu", "", Kind.WARN, Kind.OK),
    ],
)
def test_names_the_kind_of_mail(alertname, severity, firing, over):
    alert = an_alert(alertname=alertname, severity=severity)

    assert a_routing().kind_of(alert, is_over=False) is firing
    assert a_routing().kind_of(alert, is_over=True) is over


@pytest.mark.parametrize(
    ("instance", "severity", "firing", "over"),
    [
        pytest.param("db-1:9104", "critical", Kind.CRITICAL, Kind.OK, id="another exporter"),
        pytest.param("web-1.example.org:9100", "warning", Kind.WARN, Kind.OK, id="on a host in hosts"),
        pytest.param("", "critical", Kind.CRITICAL, Kind.OK, id="no instance"),
    ],
)
def test_only_a_host_in_hosts_is_down(instance, severity, firing, over):
    alert = an_alert(severity=severity, instance=instance)

    assert a_routing().kind_of(alert, is_over=False) is firing
    assert a_routing().kind_of(alert, is_over=True) is over


def test_the_end_of_any_target_is_proven_by_its_scrapes():
    routing = a_routing()
    alerts = [
        an_alert(),
        an_alert(instance="db-1:9104"),
        an_alert(instance=""),
        an_alert(alertname="HighCpu"),
    ]

    assert [routing.is_of_target(alert) for alert in alerts] == [True, True, False, False]


@pytest.mark.parametrize(
    ("alerts", "title"),
    [
        ([an_alert("web-1")], "web-1"),
        ([MYSQLD], "mysqld on db-1: not answering"),
        ([NODE], "node on db-1: not answering"),
        ([an_alert("", job="", instance="db-1:9104")], "db-1:9104: not answering"),
        ([an_alert("", job="mysqld", instance="/run/mysqld.sock")], "/run/mysqld.sock: not answering"),
        ([an_alert("", job="marax")], "HostDown: host not answering"),
        ([an_alert("db-1", alertname="HighCpu")], "db-1: host not answering"),
        ([an_alert("web-1"), an_alert("web-2")], "2 hosts: web-1, web-2"),
        ([an_alert("web-1"), MYSQLD], "2 targets: web-1, mysqld on db-1"),
        ([MYSQLD, NODE, NODE], "2 targets: mysqld on db-1, node on db-1"),
    ],
)
def test_a_title_names_the_host_or_the_service_on_it(alerts, title):
    assert a_routing().title_of(alerts) == title


def test_a_host_that_is_down_goes_first_then_what_is_critical_then_its_end():
    down, disk = an_alert(severity="critical"), an_alert(severity="critical", alertname="DiskFull")
    routing = a_routing()

    assert routing.priority_of(down, is_over=False) is Priority.DOWN
    assert routing.priority_of(disk, is_over=False) is Priority.CRITICAL
    assert routing.priority_of(down, is_over=True) is Priority.CRITICAL_OVER
    assert routing.priority_of(an_alert(severity="warning"), is_over=False) is Priority.OTHER
    assert Priority.DOWN < Priority.CRITICAL < Priority.CRITICAL_OVER < Priority.OTHER
