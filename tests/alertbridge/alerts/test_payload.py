import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.alerts.payload import PayloadError, parse_payload
from tests.alertbridge.alert_builders import T0, an_alert, payload_of

FIRING = {"status": "firing", "labels": {"a": "b"}, "startsAt": "2026-11-22T10:00:00Z"}


def test_reads_back_what_alertmanager_posts():
    fires, over = an_alert("web-1"), an_alert("web-2", ends=T0 + 60)

    assert parse_payload(payload_of(fires, over)) == (fires, replace(over, is_proven=False))


def test_ignores_keys_of_newer_alertmanagers():
    body = payload_of(an_alert(), notification_reason="new alerts added", routeLabels={"a": ["b"]})

    assert len(parse_payload(body)) == 1


def test_looks_at_the_status_of_each_alert_not_of_the_group():
    body = payload_of(an_alert("a", ends=T0 + 1), an_alert("b"), status="firing")

    assert [alert.is_firing for alert in parse_payload(body)] == [False, True]


def test_the_order_of_labels_is_no_part_of_the_identity():
    one = {**FIRING, "labels": {"a": "1", "b": "2"}}
    other = {**FIRING, "labels": {"b": "2", "a": "1"}}
    body = json.dumps({"version": "4", "alerts": [one, other]}).encode()

    first, second = parse_payload(body)

    assert first.alert_id == second.alert_id


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b"{", "not JSON", id="cut off"),
        pytest.param(b"\xff\xfe{}", "not JSON", id="not UTF-8"),
        pytest.param(b'"' + b"a" * 100_000 + b'"', "payload", id="a string"),
        pytest.param(b"[]", "payload", id="a list, as Prometheus posts alerts"),
        pytest.param(b"null", "payload", id="null"),
        pytest.param(b"[" * 100_000, "payload", id="nested lists"),
        pytest.param(b'{"version":"4","x":' + b"[" * 2_000_000, "nested|not JSON", id="nested unknown key"),
        pytest.param(b"{}", "version", id="no version"),
        pytest.param(payload_of(an_alert(), version="3"), "version", id="another version"),
        pytest.param(payload_of(an_alert(), version=4), "version", id="version as a number"),
        pytest.param(payload_of(an_alert(), alerts=None), "alerts", id="no alerts"),
        pytest.param(payload_of(an_alert(), alerts=[{}]), "status", id="an empty alert"),
        pytest.param(payload_of(alerts=[{**FIRING, "status": "burning"}]), "status", id="unknown status"),
        pytest.param(payload_of(alerts=[{**FIRING, "labels": {}}]), "labels", id="no labels"),
        pytest.param(payload_of(alerts=[{**FIRING, "labels": {"a": 1}}]), "labels", id="a number as a label"),
        pytest.param(payload_of(alerts=[{**FIRING, "startsAt": "yesterday"}]), "startsAt", id="no time"),
        pytest.param(
            payload_of(alerts=[{**FIRING, "startsAt": "2026-11-22T10:00:00"}]), "zone", id="no zone"
        ),
        pytest.param(
            payload_of(alerts=[{**FIRING, "startsAt": "0001-01-01T00:00:00+14:00"}]),
            "range",
            id="the year 1",
        ),
        pytest.param(
            payload_of(alerts=[{**FIRING, "startsAt": "9999-12-31T23:59:59-12:00"}]),
            "range",
            id="the year 9999",
        ),
        pytest.param(
            payload_of(alerts=[{**FIRING, "status": "resolved"}]), "endsAt", id="an end without time"
        ),
    ],
)
def test_says_what_is_wrong_with_a_body(body, says):
    with pytest.raises(PayloadError, match=says):
        parse_payload(body)


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
        assert isinstance(parse_payload(body), tuple)
