import pytest

from alertbridge.mail.facts import Kind
from alertbridge.routing.recipients import Priority, priority_of
from tests.alertbridge.alert_builders import a_routing, a_user, an_alert


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


def test_critical_goes_first_then_its_end():
    critical, warning = an_alert(severity="critical"), an_alert(severity="warning")

    assert priority_of(critical, is_over=False) is Priority.CRITICAL
    assert priority_of(critical, is_over=True) is Priority.CRITICAL_OVER
    assert priority_of(warning, is_over=False) is Priority.OTHER
    assert Priority.CRITICAL < Priority.CRITICAL_OVER < Priority.OTHER
