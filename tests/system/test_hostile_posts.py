"""What is posted to the installed bridge that nobody should post, and what comes of it."""

import http.client
import json
from typing import Any

import pytest

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import TOKEN, Served, Settings, through
from tests.alertbridge.rendering.reading import read
from tests.standin.mailgun import MailgunStandIn
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

AS_PROMETHEUS_POSTS = json.dumps([{"labels": {"alertname": "HostDown"}, "annotations": {}}]).encode()


def with_alert(**changed: Any) -> bytes:
    """Return a payload with one alert that Alertmanager would not write."""
    told = json.loads(payload_of(an_alert()))
    told["alerts"][0] |= changed
    return json.dumps(told).encode()


@pytest.fixture(scope="module")
def mailgun():
    with MailgunStandIn() as standin:
        yield standin


@pytest.fixture(scope="module")
def bridge(tmp_path_factory, mailgun):
    settings = Settings(tmp_path_factory.mktemp("bridge"))
    settings.write(mailgun=through(mailgun.url, settings.folder))
    served = Served(settings)
    yield served
    served.kill()


def answer_to(bridge: Served, body: bytes) -> tuple[int, str]:
    connection = http.client.HTTPConnection(bridge.url.removeprefix("http://"), timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", "/alerts", body, {"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        pytest.param(b'{"version": "4", "alerts": [', 400, "not JSON", id="cut off"),
        pytest.param(b'{"version": "4", "alerts": {}}', 400, "alerts", id="not version 4"),
        pytest.param(AS_PROMETHEUS_POSTS, 400, "Send them to Alertmanager", id="as Prometheus posts"),
        pytest.param(b" " * 40_000_000, 413, "too large", id="40 MB"),
        pytest.param(b'{"alerts":' + b"[" * 1_000_000, 400, "payload", id="deep lists"),
        pytest.param(b'{"x":' * 500_000, 400, "nested too deeply", id="deep objects"),
        pytest.param(with_alert(labels={}), 400, "none of its alerts has labels", id="no labels"),
        pytest.param(b"\x00" * 1000, 400, "not JSON", id="zeros"),
    ],
)
def test_what_is_no_payload_is_refused_with_the_reason(bridge, body, status, says):
    answered, detail = answer_to(bridge, body)

    assert answered == status
    assert says in detail
    assert len(detail) < 1000
    assert bridge.status_of("/-/ready") == 200


HOSTILE = "web-1\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>%recipient.email% \U0001f4a5\u202e"


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        pytest.param({"annotations": {}}, "web-1", id="no annotations"),
        pytest.param(
            {"annotations": {"summary": HOSTILE, "description": HOSTILE}}, "web-1", id="annotations"
        ),
        pytest.param(
            {"labels": {"alertname": HOSTILE, "host": HOSTILE, "severity": HOSTILE}}, "web-1", id="labels"
        ),
        pytest.param(
            {"labels": {"alertname": "\U0001f600" * 500, HOSTILE: "x"}},
            "\U0001f600",
            id="four-byte characters",
        ),
        pytest.param({"labels": {"alertname": "A" * 50_000, "host": "web-1"}}, "web-1", id="a long name"),
        pytest.param({"generatorURL": "javascript:alert(1)"}, "web-1", id="a link that runs"),
        pytest.param({"startsAt": "0001-01-01T00:00:00Z"}, "web-1", id="the year 1"),
        pytest.param({"status": HOSTILE, "startsAt": HOSTILE}, "web-1", id="words in a status and a time"),
        pytest.param(
            {"labels": {"alertname": "A", "host": "web-1", HOSTILE: 1, "\ud800": None}},
            "web-1",
            id="no texts",
        ),
    ],
)
def test_hostile_words_make_a_harmless_mail(bridge, mailgun, change, shown):
    before = len(mailgun.messages)
    change = {"labels": {"alertname": "Odd", "host": "web-1", "case": str(change)}} | change
    told = {"startsAt": "2026-09-21T14:13:20Z"} | change
    assert answer_to(bridge, with_alert(**told)) == (200, "stored\n")
    wait_until(lambda: len(mailgun.messages) > before)

    message, page = mailgun.messages[-1], read(mailgun.messages[-1].html)
    assert shown in message.subject
    assert message.to == ["ann@example.org"]
    assert "Bcc" not in message.headers
    assert [value for value in (message.subject, *message.headers.values()) if not value.isprintable()] == []
    for part in (message.subject, *message.headers.values(), message.text, message.html):
        assert "%recipient" not in part
        assert "\u202e" not in part
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "iframe", "object", "form"})
    assert all(not name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert all(link.startswith(("http://", "https://")) for link in page.links)
