"""Posts in which good alerts stand beside odd ones, from the request to the mail."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.composed_mail import ComposedMail
from alertbridge.outbox.schema import episodes
from alertbridge.prometheus.findings import NoPrometheus
from alertbridge.rendering.renderer import Renderer
from tests.alertbridge.alert_builders import T0, an_alert, payload_of
from tests.alertbridge.web.site import Site

RENDERER = Renderer()
PAYLOADS = Path(__file__).parents[2] / "data/payloads"
NAMES = st.sampled_from(
    ["alertname", "host", "instance", "severity", "job", "marax_blind", "marax_audience", "node", "x", "\0"]
)
TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "\ud800",
        "\0",
        "critical",
        "HostDown",
        "Watchdog",
        "web-1",
        "[::1]:9",
        "%recipient%",
        "x" * 5000,
        "a\r\nBcc: x",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=4),
    max_leaves=8,
)
TIMES = st.sampled_from(
    [
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "2026-09-21T15:00:00Z",
        "2026-09-21T10:00:00+02:00",
    ]
)
ODD = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["firing", "resolved"]) | ANYTHING,
        "labels": st.dictionaries(NAMES, TEXTS | ANYTHING, max_size=6) | ANYTHING,
        "annotations": st.dictionaries(NAMES, TEXTS | ANYTHING, max_size=6) | ANYTHING,
        "startsAt": TIMES | ANYTHING,
        "endsAt": TIMES | ANYTHING,
        "generatorURL": ANYTHING,
        "values": ANYTHING,
        "valueString": ANYTHING,
        "dashboardURL": ANYTHING,
    },
)


class Bridge(Site):
    """A site whose notices are written as mails."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self._composer = MailComposer(
            renderer=RENDERER,
            enricher=NoPrometheus(),
            sender="marax <alerts@mg.example.org>",
            clock=self.clock,
            metrics=self.metrics,
        )

    def mails(self) -> Iterator[str]:
        """Send what waits, and yield the text of each mail."""
        now = self.clock.unix_seconds()
        while claim := self.outbox.notices.claim(self.live.routing, now):
            composed = self._composer.compose(claim, self.live.routing)
            assert isinstance(composed, ComposedMail)
            composed.mail.html.encode()
            assert len(composed.mail.subject.splitlines()) == 1
            yield f"{composed.mail.subject}\n{composed.mail.text}"
            self.outbox.notices.accept(claim, "<id>", now, last_answered={})

    def stored(self) -> set[str]:
        with self.outbox.database.reading() as connection:
            return {row.alert_id for row in connection.execute(episodes.select())}


@pytest.fixture
def bridge(tmp_path):
    made = Bridge(tmp_path)
    yield made
    made.outbox.close()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(odd=st.lists(ODD | ANYTHING, max_size=4), version=st.sampled_from(["4", "1"]), data=st.data())
def test_good_alerts_are_stored_and_every_mail_is_written_whatever_stands_beside_them(
    bridge, odd, version, data
):
    good = [an_alert(data.draw(st.sampled_from("abcdefgh")), site=str(number)) for number in range(2)]
    alerts = json.loads(payload_of(*good))["alerts"]
    body = payload_of(version=version, alerts=data.draw(st.permutations([*alerts, *odd])))

    answer = bridge.post(body)

    assert answer.status_code == 200
    assert {alert.alert_id for alert in good} <= bridge.stored()
    for mail in bridge.mails():
        mail.encode()
    assert bridge.sample("alertbridge_template_fallback_total") == 0


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    alerts=st.lists(ODD | ANYTHING, max_size=4) | ANYTHING,
    message=st.dictionaries(TEXTS, ANYTHING, max_size=3),
)
def test_any_post_is_answered_with_200_or_400(bridge, alerts, message):
    whole = {"version": "4", "alerts": alerts, "receiver": "r"} | message

    assert bridge.post(json.dumps(whole).encode()).status_code in (200, 400)
    assert bridge.post(json.dumps(whole, ensure_ascii=False).encode(errors="surrogatepass")).status_code in (
        200,
        400,
    )
    for mail in bridge.mails():
        mail.encode()
    assert bridge.sample("alertbridge_template_fallback_total") == 0


def test_the_mail_says_what_was_wrong_with_an_alert(bridge):
    labels = {"alertname": "BackupFailed", "host": "db-9", "port": 22}
    odd = {"status": "firing", "labels": labels, "startsAt": "1970-01-01T00:00:00Z"}

    bridge.post(payload_of(alerts=[odd]))

    (mail,) = bridge.mails()
    text = " ".join(mail.split())
    assert "Its start time cannot be used (1970-01-01T00:00:00Z): the time at which it was received" in text
    assert "Values that are not text, in labels: port." in text
    assert text.count("Its start time cannot be used") == 1
    assert "marax_remark" not in text


def test_the_mail_of_grafanas_alert_has_its_values_and_links(bridge):
    bridge.clock.advance(3600)
    bridge.post((PAYLOADS / "grafana-11.json").read_bytes())

    (mail,) = bridge.mails()
    assert mail.startswith("[WARN] db-1: CPU of db-1 above 90 %")
    assert "A = 93.25, C = 1" in mail
    assert "https://grafana.example.org/d/abc?orgId=1&viewPanel=2" in mail


def test_a_mail_about_several_alerts_says_which_were_odd(bridge):
    odd = [{"status": "firing", "labels": {"alertname": "A", "host": f"db-{n}"}} for n in range(7)]

    bridge.post(payload_of(alerts=odd))

    (mail,) = bridge.mails()
    text = " ".join(mail.split())
    assert text.count(": It has no start time") == 4
    assert "And 3 more such remarks." in text


def test_a_start_an_hour_ahead_is_told_as_clocks_that_differ(bridge):
    bridge.post(payload_of(an_alert(starts=T0 + 3600)))

    (mail,) = bridge.mails()
    assert "up to 1 h ahead of the clock of the bridge" in " ".join(mail.split())


def test_labels_from_outside_make_no_alert_the_bridges_own(bridge):
    bridge.post(payload_of(an_alert(alertname="HighCpu", marax_blind="yes", marax_audience="admins")))

    (mail,) = bridge.mails()
    assert mail.startswith("[CRITICAL] web-1: ")
