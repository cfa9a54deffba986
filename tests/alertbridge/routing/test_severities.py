"""How bad an alert is, in the words of any rule set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.routing.severities import (
    KNOWN_SEVERITIES,
    is_never_mailed,
    severity_of,
    unknown_severity,
)
from tests.alertbridge.alert_builders import an_alert
from tests.docs.pages import code_in
from tests.docs.programs import BRIDGE


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "critical"),
        ("Critical", "critical"),
        ("page", "critical"),
        ("Disaster", "critical"),
        ("high", "critical"),
        ("P1", "critical"),
        ("SEV-1", "critical"),
        ("emerg", "critical"),
        ("warning", "warning"),
        ("Average", "warning"),
        ("p3", "warning"),
        ("", "warning"),
        ("info", "info"),
        ("notice", "info"),
        ("Not classified", "info"),
        ("P5", "info"),
    ],
)
def test_a_known_severity(word, severity):
    alert = an_alert(severity=word)

    assert severity_of(alert) == severity
    assert unknown_severity(alert) == ""


@pytest.mark.parametrize("word", ["funky", "P9", "x" * 100_000, "критично"])
def test_an_unknown_severity_counts_as_a_warning_and_is_said(word):
    alert = an_alert(severity=word)

    assert severity_of(alert) == "warning"
    assert unknown_severity(alert) == word


@given(st.text())
def test_any_severity_counts_as_something(word):
    alert = an_alert(severity=word)

    assert severity_of(alert) in {"critical", "warning", "info"}
    assert unknown_severity(alert) in {"", word}


@pytest.mark.parametrize(
    ("labels", "is_never"),
    [
        ({"severity": "none"}, True),
        ({"severity": "None"}, True),
        ({"severity": "info"}, False),
        ({"severity": ""}, False),
        ({"alertname": "InfoInhibitor", "severity": "info"}, True),
    ],
)
def test_what_is_not_meant_for_people_is_never_mailed(labels, is_never):
    assert is_never_mailed(an_alert(**labels)) is is_never


def test_the_documented_severities_are_the_known_ones():
    rows = [row for page in BRIDGE.pages for row in page.rows("counts as")]
    documented = {
        word.lower().replace(" ", ""): severity.strip("`")
        for severity, words in rows
        for word in code_in(words)
    }

    assert documented | {"none": "info"} == KNOWN_SEVERITIES
