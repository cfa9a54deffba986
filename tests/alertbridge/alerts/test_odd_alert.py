"""Alerts with something wrong with them: taken as far as they can be, and told with what is wrong."""

import json
from typing import Any

import pytest

from alertbridge.alerts.alert import REMARK_ANNOTATION, Alert
from alertbridge.alerts.episodes import Verdict, fold
from alertbridge.alerts.odd_alert import Refusal
from alertbridge.alerts.payload import Payload, parse_payload
from tests.alertbridge.alert_builders import T0, an_alert, payload_of

STARTS = "2026-09-21T10:00:00Z"
STARTS_UNIX = 1_789_984_800.0
LABELS = {"alertname": "BackupFailed", "host": "db-9"}
REGULAR: dict[str, Any] = {"status": "firing", "labels": LABELS, "annotations": {}, "startsAt": STARTS}
GOOD = an_alert("web-1")
NO_OBJECTS: tuple[object, ...] = (None, 1, "alert", [], True)
NO_LABELS: tuple[object, ...] = (None, {}, [], "a", {"a": None}, 1)


def posted(*alerts: object, now: float = T0) -> Payload:
    return parse_payload(payload_of(GOOD, alerts=[*json.loads(payload_of(GOOD))["alerts"], *alerts]), now)


def taken(**odd: object) -> Alert:
    good, alert = posted(REGULAR | odd).alerts
    assert good == GOOD
    return alert


def remarks_of(alert: Alert) -> list[str]:
    return alert.annotations.get(REMARK_ANNOTATION, "").splitlines()


@pytest.mark.parametrize(
    ("starts", "shown"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
        ("2026-09-22T14:13:21Z", "2026-09-22T14:13:21Z"),
        ("2026-09-21T10:00:00", "2026-09-21T10:00:00"),
        ("yesterday", "yesterday"),
        ("x" * 1000, "x" * 40 + "..."),
        (1_790_000_000, "1790000000"),
        (True, "true"),
    ],
)
def test_an_alert_whose_start_cannot_be_used_began_when_it_was_received(starts, shown):
    alert = taken(startsAt=starts)

    assert (alert.starts_unix_seconds, alert.is_start_known) == (T0, False)
    assert remarks_of(alert) == [
        f"Its start time cannot be used ({shown}): the time at which it was received is given instead."
    ]


@pytest.mark.parametrize("starts", [None, [], {}, ""])
def test_an_alert_without_a_start_began_when_it_was_received(starts):
    alert = taken(startsAt=starts)

    assert alert.starts_unix_seconds == T0
    assert remarks_of(alert) == ["It has no start time: the time at which it was received is given instead."]


@pytest.mark.parametrize(
    ("starts", "unix"),
    [
        ("2026-09-21T15:13:20Z", T0 + 3600),
        ("2026-09-22T14:13:20Z", T0 + 86_400),
        ("1971-01-01T00:00:00Z", 31_536_000.0),
        ("2026-09-21T12:00:00.000000001+02:00", STARTS_UNIX),
    ],
)
def test_any_other_start_is_what_it_says(starts, unix):
    alert = taken(startsAt=starts)

    assert (alert.starts_unix_seconds, alert.is_start_known, remarks_of(alert)) == (unix, True, [])


@pytest.mark.parametrize("ends", [None, "", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", 7, "soon"])
def test_an_end_that_cannot_be_used_is_that_of_receipt(ends):
    alert = taken(status="resolved", endsAt=ends)

    assert (alert.is_firing, alert.ends_unix_seconds) == (False, T0)


def test_the_end_of_an_alert_without_a_start_is_never_before_it():
    alert = taken(status="resolved", startsAt="", endsAt=STARTS)

    assert (alert.starts_unix_seconds, alert.ends_unix_seconds) == (T0, T0)


@pytest.mark.parametrize(
    ("status", "ends", "is_firing", "remark"),
    [
        ("FIRING ", None, True, None),
        ("Resolved", STARTS, False, None),
        ("burning", None, True, 'Its status "burning" is unknown: it is taken to be firing.'),
        (
            "burning",
            "2026-09-21T10:05:00Z",
            False,
            'Its status "burning" is unknown: it is taken to be resolved.',
        ),
        ("ok", "2026-09-21T14:14:00Z", True, 'Its status "ok" is unknown: it is taken to be firing.'),
        (None, None, True, "It has no status: it is taken to be firing."),
        (5, None, True, 'Its status "5" is unknown: it is taken to be firing.'),
        ({}, None, True, "It has no status: it is taken to be firing."),
    ],
)
def test_an_unknown_status_is_told(status, ends, is_firing, remark):
    alert = taken(status=status, endsAt=ends)

    assert (alert.is_firing, remarks_of(alert)) == (is_firing, [remark] if remark else [])


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (-0.5, "-0.5"), (1e300, "1e+300"), (True, "true"), (False, "false"), (float("nan"), "NaN")],
)
def test_numbers_and_truth_values_are_taken_as_they_are_written(value, text):
    alert = taken(labels=LABELS | {"port": value}, annotations={"limit": value})

    assert (alert.labels["port"], alert.annotations["limit"]) == (text, text)
    assert remarks_of(alert) == [
        "Values that are not text, in labels: port.",
        "Values that are not text, in annotations: limit.",
    ]


@pytest.mark.parametrize("value", [None, [], {}, ["a"], {"a": {"b": 1}}])
def test_a_value_without_a_text_is_left_out_by_name(value):
    alert = taken(labels=LABELS | {"odd": value}, annotations={"also": value})

    assert (alert.labels, "also" in alert.annotations) == (LABELS, False)
    assert remarks_of(alert) == [
        "Labels that were left out (without a text, too long or too many): odd.",
        "Annotations that were left out (without a text, too long or too many): also.",
    ]


@pytest.mark.parametrize("annotations", [None, [], "text", 7])
def test_annotations_that_are_no_object_are_none(annotations):
    alert = taken(annotations=annotations)

    assert alert.annotations == {}


def test_characters_that_no_text_can_hold_are_replaced():
    alert = taken(
        labels=LABELS | {"pod": "a\0b", "na\ud800me": "x"},
        annotations={"summary": "\udc00 and \ud800"},
        generatorURL="http://a/\ud800\0",
    )

    assert alert.labels == LABELS | {"pod": "a\ufffdb", "na\ufffdme": "x"}
    assert alert.annotations["summary"] == "\ufffd and \ufffd"
    assert alert.generator_url == "http://a/\ufffd\ufffd"
    assert remarks_of(alert) == [
        "Characters that cannot be stored were replaced in its labels.",
        "Characters that cannot be stored were replaced in its annotations.",
    ]


def test_a_body_that_is_no_whole_utf_8_costs_only_its_odd_characters():
    body = payload_of(GOOD, alerts=[REGULAR]).replace(b"BackupFailed", b"Backup\xff\xfeFailed")

    (alert,) = parse_payload(body, T0).alerts

    assert alert.labels["alertname"] == "Backup\ufffd\ufffdFailed"


def test_a_character_outside_the_basic_plane_is_no_odd_one():
    alert = taken(labels=LABELS | {"mood": "\N{FIRE}"}, startsAt="")

    assert alert.labels["mood"] == "\N{FIRE}"
    assert len(remarks_of(alert)) == 1


def test_labels_are_bounded_and_those_that_route_it_are_kept():
    many = {f"a{number:04}": "x" for number in range(5000)}

    alert = taken(labels=many | LABELS | {"instance": "db-9:9100", "long": "x" * 1025, "n" * 257: "x"})

    assert len(alert.labels) == 100
    assert alert.labels.items() >= (LABELS | {"instance": "db-9:9100"}).items()
    (remark,) = remarks_of(alert)
    assert remark.startswith(
        "Labels that were left out (without a text, too long or too many): a0097, a0098,"
    )
    assert remark.endswith(" +4900.")


def test_alerts_that_differ_in_what_is_left_out_stay_apart():
    _, one, other = posted(*(REGULAR | {"labels": LABELS | {"q": "x" * 2000 + last}} for last in "ab")).alerts

    assert one.labels == other.labels
    assert one.alert_id != other.alert_id


def test_a_label_that_routes_or_names_it_is_cut_rather_than_left_out():
    alert = taken(labels={"alertname": "A" * 50_000, "host": "db-9"})

    assert alert.labels == {"alertname": "A" * 1024, "host": "db-9"}
    assert remarks_of(alert) == ["Labels that were cut: alertname."]


def test_a_long_annotation_is_cut_and_a_long_link_is_none():
    alert = taken(annotations={"description": "d" * 5000}, generatorURL="http://a/" + "u" * 5000)

    assert (len(alert.annotations["description"]), alert.generator_url) == (4096, "")
    assert remarks_of(alert) == ["Annotations that were cut: description."]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        *((value, Refusal.NOT_AN_OBJECT) for value in NO_OBJECTS),
        *((REGULAR | {"labels": value}, Refusal.NO_LABELS) for value in NO_LABELS),
        (REGULAR | {"labels": {"marax_blind": "yes"}}, Refusal.NO_LABELS),
        ({}, Refusal.NO_LABELS),
    ],
)
def test_what_is_no_alert_is_counted_and_the_others_are_taken(value, why):
    payload = posted(value)

    assert (payload.alerts, payload.refused) == ((GOOD,), {why: 1})


def test_an_odd_alert_changes_nothing_about_how_the_others_are_read():
    others = [an_alert("web-2", ends=T0 - 60), an_alert("db-1", severity="warning", starts=T0 - 0.123)]
    body = json.loads(payload_of(*others, receiver="r", groupKey="g", truncatedAlerts=3))
    strict = parse_payload(json.dumps(body).encode(), T0)

    lenient = parse_payload(json.dumps(body | {"alerts": [*body["alerts"], 1]}).encode(), T0)

    assert lenient == Payload(
        alerts=strict.alerts, refused={Refusal.NOT_AN_OBJECT: 1}, receiver="r", group_key="g", truncated=3
    )


@pytest.mark.parametrize("count", [-1, 1.5, "3", None, [], 10**30, True])
def test_a_count_of_truncated_alerts_that_is_none_is_zero(count):
    payload = parse_payload(payload_of(GOOD, truncatedAlerts=count), T0)

    assert (payload.alerts, payload.truncated) == ((GOOD,), 0)


def test_an_alert_whose_start_is_not_known_is_one_episode_however_often_it_comes():
    first, again, end = (
        posted(REGULAR | {"startsAt": "1970-01-01T00:00:00Z", "status": status}, now=now).alerts[1]
        for now, status in ((T0, "firing"), (T0 + 300, "firing"), (T0 + 600, "resolved"))
    )

    folded = fold({}, [first, again, end], T0)

    assert folded.verdicts == (Verdict.OPENED, Verdict.REPEATED, Verdict.CLAIMED)
