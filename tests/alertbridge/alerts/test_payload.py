import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.alerts.payload import Payload, PayloadError, parse_payload
from tests.alertbridge.alert_builders import T0, an_alert, payload_of

PAYLOADS = Path(__file__).parents[2] / "data/payloads"
FIRING = {"status": "firing", "labels": {"a": "b"}, "startsAt": "2026-09-21T10:00:00Z"}


def parsed(body: bytes) -> Payload:
    return parse_payload(body, T0)


def test_reads_back_what_alertmanager_posts():
    fires, over = an_alert("web-1"), an_alert("web-2", ends=T0 + 60)

    assert parsed(payload_of(fires, over)).alerts == (fires, replace(over, is_proven=False))


def test_looks_at_the_status_of_each_alert_not_of_the_group():
    body = payload_of(an_alert("a", ends=T0 + 1), an_alert("b"), status="firing")

    assert [alert.is_firing for alert in parsed(body).alerts] == [False, True]


def test_the_order_of_labels_is_no_part_of_the_identity():
    one = {**FIRING, "labels": {"a": "1", "b": "2"}, "startsAt": "2026-09-21T10:00:00Z"}
    bodies = [
        payload_of(alerts=[one | {"labels": labels}]) for labels in (one["labels"], {"b": "2", "a": "1"})
    ]

    first, second = (parsed(body).alerts[0] for body in bodies)

    assert first.alert_id == second.alert_id


@pytest.mark.parametrize("version", ["0.25", "0.28", "0.34"])
def test_takes_the_payloads_of_old_and_new_alertmanagers_alike(version):
    payload = parsed((PAYLOADS / f"alertmanager-{version}.json").read_bytes())

    first, second = payload.alerts
    assert (first.labels["alertname"], first.labels["host"], first.is_firing) == ("HostDown", "web-1", True)
    assert (second.labels["host"], second.is_firing) == ("db-2", False)
    assert first.annotations == {
        "summary": "host not answering",
        "description": "No answer for 1 min & more.",
    }
    assert second.ends_unix_seconds == second.starts_unix_seconds + 600
    assert (payload.receiver, payload.truncated, payload.odd, payload.refused) == ("marax", 2, 0, {})
    assert payload.group_key == '{}/{job="marax"}:{alertname="HostDown"}'


def test_takes_what_grafana_posts_with_its_values_and_links():
    payload = parsed((PAYLOADS / "grafana-11.json").read_bytes())

    fires, over = payload.alerts
    assert fires.labels == {"alertname": "High CPU", "grafana_folder": "Hosts", "instance": "db-1:9100"}
    assert fires.annotations == {
        "summary": "CPU of db-1 above 90 %",
        "values": "A = 93.25, C = 1",
        "dashboard_url": "https://grafana.example.org/d/abc?orgId=1",
        "panel_url": "https://grafana.example.org/d/abc?orgId=1&viewPanel=2",
    }
    assert fires.starts_unix_seconds == 1_789_984_800.0
    assert (over.is_firing, over.ends_unix_seconds) == (False, 1_789_985_400.0)
    assert over.annotations["values"] == "[ var='A' labels={} value=12 ]"
    assert payload.odd == 0


def test_an_annotation_of_grafanas_rule_is_kept_where_the_webhook_has_one_of_that_name():
    alert = FIRING | {
        "annotations": {"values": "mine"},
        "values": {"A": 1},
        "panelURL": 7,
        "dashboardURL": "",
    }

    (taken,) = parsed(payload_of(version="1", alerts=[alert])).alerts

    assert taken.annotations == {"values": "mine"}


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"A": None, "B": 1e-9}, "A = no value, B = 1e-09"),
        ({f"v{n}": n for n in range(1000)}, "and 980 more"),
        ([1, 2], ""),
        ("high", ""),
        ({"A": {"B": 1}}, "A = no value"),
    ],
)
def test_shows_grafanas_values_whatever_they_are(values, shown):
    (taken,) = parsed(payload_of(version="1", alerts=[FIRING | {"values": values}])).alerts

    assert taken.annotations.get("values", "").endswith(shown)
    assert len(taken.annotations.get("values", "")) < 300


def test_labels_and_annotations_of_the_bridges_own_do_not_come_from_outside():
    labels = {"alertname": "HighCpu", "marax_blind": "yes", "marax_audience": "admins"}
    annotations = {"summary": "busy", "marax_remark": "All is well."}

    (taken,) = parsed(payload_of(alerts=[FIRING | {"labels": labels, "annotations": annotations}])).alerts
    (plain,) = parsed(payload_of(alerts=[FIRING | {"labels": {"alertname": "HighCpu"}}])).alerts

    assert (taken.labels, taken.annotations) == ({"alertname": "HighCpu"}, {"summary": "busy"})
    assert taken.alert_id == plain.alert_id


@pytest.mark.parametrize("order", [1, -1])
def test_of_alerts_that_differ_in_nothing_else_one_that_fires_counts(order):
    early, late = "2026-09-21T09:00:00Z", "2026-09-21T09:30:00Z"
    alerts = [
        FIRING | {"labels": {"a": "b", "marax_x": "1"}, "startsAt": late},
        FIRING | {"labels": {"a": "b", "marax_x": "2"}, "startsAt": early},
        FIRING | {"labels": {"a": "b"}, "status": "resolved", "endsAt": late},
    ]

    (taken,) = parsed(payload_of(alerts=alerts[::order])).alerts
    (over,) = parsed(payload_of(alerts=[alerts[2], alerts[2] | {"endsAt": early}][::order])).alerts

    assert (taken.is_firing, taken.starts_unix_seconds) == (True, 1_789_981_200.0)
    assert over.ends_unix_seconds == 1_789_983_000.0


WAY_OUT = "webhook_configs.*contact point of type Webhook"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b"{", "not JSON", id="cut off"),
        pytest.param(b"\xff\xfe{}", "not JSON", id="not UTF-8"),
        pytest.param(b"\x1f\x8b\x08\x00", "compressed: send it as it is", id="gzip"),
        pytest.param(b'"' + b"a" * 100_000 + b'"', WAY_OUT, id="a string"),
        pytest.param(b"[]", WAY_OUT, id="an empty list"),
        pytest.param(json.dumps([FIRING]).encode(), "as Prometheus sends them", id="the API of Alertmanager"),
        pytest.param(b"null", WAY_OUT, id="null"),
        pytest.param(b"[" * 100_000, "nested", id="nested lists"),
        pytest.param(b'{"version":"4","x":' + b"[" * 2_000_000, "nested|not JSON", id="nested unknown key"),
        pytest.param(b"{}", "no `version` and no `alerts`.*" + WAY_OUT, id="an empty object"),
        pytest.param(b'{"alerts": []}', "no `version`, as if by a template", id="no version"),
        pytest.param(b'{"title": "x", "text": "y"}', "template", id="a template"),
        pytest.param(b'{"channel": "#a", "attachments": []}', "Slack.*" + WAY_OUT, id="Slack"),
        pytest.param(b'{"routing_key": "k", "payload": {}}', "PagerDuty.*" + WAY_OUT, id="PagerDuty"),
        pytest.param(b'{"ruleId": 1, "evalMatches": []}', "legacy", id="Grafana before 9"),
        pytest.param(payload_of(an_alert(), version="3"), "`version` is not 4", id="another version"),
        pytest.param(payload_of(an_alert(), version=["4"]), "`version` is not 4", id="version as a list"),
        pytest.param(payload_of(an_alert(), alerts=None), "`alerts` is no list", id="no alerts"),
        pytest.param(payload_of(alerts=[{}, 1, None]), "none of its alerts", id="no alert that can be taken"),
    ],
)
def test_says_what_is_wrong_with_a_body_and_the_way_out(body, says):
    with pytest.raises(PayloadError, match=says) as raised:
        parsed(body)

    assert len(str(raised.value)) <= 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["version", "alerts", "labels", "status"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_but_a_payload_error_comes_of_any_body(body):
    with suppress(PayloadError):
        assert isinstance(parsed(body), Payload)
