"""No two alerts make the same mail, and no two rows of one mail say the same."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alertbridge.alerts.alert import Alert, alert_id_of
from alertbridge.mail.cleaning import clean
from tests.alertbridge.alert_builders import T0, a_routing, an_alert
from tests.alertbridge.composing.test_composer import mail_about

_NAMES = ("alertname", "host", "instance", "job", "severity", "device", "mountpoint", "pod", "value")
_values = st.text("abAB19 -./_:%<&\u0434\u6771", min_size=1, max_size=60) | st.sampled_from(
    ["web-1", "web-1.example.org:9877", "critical", "warning", "page", "HostDown", "/", "/var"]
)
_labels = st.dictionaries(st.sampled_from(_NAMES), _values, min_size=1)

thoroughly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def with_labels(labels: dict[str, str], ends: float | None) -> Alert:
    alert = an_alert(ends=ends)
    summary = {"summary": "Filesystem is full."}
    return replace(alert, alert_id=alert_id_of(labels), labels=labels, annotations=summary)


@given(
    labels=_labels,
    name=st.sampled_from(_NAMES),
    value=_values,
    ends=st.sampled_from([None, T0 + 60]),
)
@thoroughly
def test_two_alerts_that_differ_in_a_label_make_different_mails(labels, name, value, ends):
    assume(clean(labels.get(name, ""), 64) != clean(value, 64))
    # what a label would say is said already where `instance` names the host, or no severity means a warning
    assume(name != "host" or a_routing().host_of(with_labels(labels, ends)) != value)
    assume(name != "severity" or name in labels)

    mails = [mail_about(with_labels(its, ends)) for its in (labels, labels | {name: value})]

    assert len({(mail.subject, mail.text) for mail in mails}) == 2
    assert len({(mail.subject, mail.html) for mail in mails}) == 2


@given(
    labels=_labels, name=st.sampled_from(["device", "mountpoint", "pod", "instance", "job"]), value=_values
)
@thoroughly
def test_two_alerts_of_a_host_that_differ_in_a_label_have_different_rows(labels, name, value):
    assume(clean(labels.get(name, ""), 40) != clean(value, 40))
    labels |= {"alertname": "DiskFull", "host": "db-1", "severity": "warning"}

    text = mail_about(with_labels(labels, None), with_labels(labels | {name: value}, None)).text

    rows = text.partition("HOSTS\n")[2].partition("\n\n")[0].split("db-1 ")[1:]
    assert len(set(rows)) == 2


def test_shows_which_disk_it_is():
    disk = an_alert("db-1", alertname="DiskFull", severity="warning", mountpoint="/var", device="/dev/sda1")

    text = mail_about(disk).text

    assert "LABELS\ndevice      /dev/sda1\njob         marax\nmountpoint  /var\n" in text
    assert "severity" not in text.partition("LABELS")[2].partition("\n\n")[0]


def test_shows_all_annotations_with_their_lines_and_links_where_they_are_web_pages():
    annotations = {
        "summary": "Disk is full.",
        "description": "Free some space.\n\n\n  - step 1: df -h\n  - step 2: \u202edu",
        "message": "VALUE = 93\nLABELS = map[mountpoint:/var]",
        "dashboard_url": "https://grafana.example.org/d/abc?orgId=1",
        "panel_url": "javascript:alert(1)",
        "__value_string__": "[ var='A' value=93 ]",
    }

    text = mail_about(replace(an_alert(alertname="DiskFull"), annotations=annotations)).text

    assert "Free some space.\n\n- step 1: df -h\n- step 2: du\n" in text
    assert (
        "ANNOTATIONS\nmessage           VALUE = 93\n                  LABELS = map[mountpoint:/var]\n"
        "panel_url         javascript:alert(1)\n__value_string__  [ var='A' value=93 ]\n"
        "Dashboard: https://grafana.example.org/d/abc?orgId=1\n"
    ) in text


def test_a_table_of_alerts_has_columns_for_the_labels_that_differ():
    disks = [
        an_alert("db-1", alertname="DiskFull", mountpoint=mountpoint, fstype="ext4")
        for mountpoint in ("/", "/var")
    ]

    text = mail_about(*disks).text

    assert "Host  State   Since     mountpoint  What\n" in text
    assert "fstype" not in text


def test_a_label_too_long_for_a_column_stands_in_the_note():
    pods = [
        an_alert("db-1", alertname="PodDown", pod=f"mysql-5f7d8c9b6d-{name}") for name in ("x2x4z", "q8r5t")
    ]

    text = mail_about(*pods).text

    assert "    pod=mysql-5f7d8c9b6d-x2x4z\n" in text
    assert "    pod=mysql-5f7d8c9b6d-q8r5t\n" in text


def test_what_a_mail_is_too_small_for_is_counted():
    labels = {f"label{number:02}": "value" for number in range(30)}

    text = mail_about(with_labels(labels, None)).text

    assert "and 6 more\n" in text
