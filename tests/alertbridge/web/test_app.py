"""The bridge's routes over a real outbox, through Flask's test client."""

import gzip
import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from alertbridge.prometheus.clock_skew import Skew
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert, payload_of
from tests.alertbridge.web.site import BEARER, TOKEN, Site


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.outbox.close()


def test_answers_200_once_the_alerts_are_stored(site):
    answer = site.post(payload_of(an_alert()))

    assert (answer.status_code, site.pending(), site.news) == (200, 1, 1)
    assert site.sample("alertbridge_webhook_requests_total", code="200") == 1
    assert site.sample("alertbridge_alerts_total", verdict="opened") == 1


def test_a_repeated_post_is_fine_and_no_news(site):
    for _ in range(3):
        assert site.post(payload_of(an_alert())).status_code == 200

    assert (site.pending(), site.news) == (1, 1)
    assert site.sample("alertbridge_alerts_total", verdict="repeated") == 2


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no token"),
        pytest.param({"Authorization": "Bearer wrong"}, id="another token"),
        pytest.param({"Authorization": f"Bearer {TOKEN}x"}, id="a longer token"),
        pytest.param({"Authorization": f"Basic {TOKEN}"}, id="another scheme"),
        pytest.param({"Authorization": "Bearer"}, id="no value"),
        pytest.param({"Authorization": "Bearer \xff\xfe"}, id="no ASCII"),
    ],
)
def test_a_post_without_the_token_changes_nothing(site, headers):
    answer = site.post(payload_of(an_alert()), headers)

    assert (answer.status_code, site.pending()) == (401, 0)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"
    assert TOKEN not in answer.text


def test_what_is_no_payload_is_refused_with_the_reason(site):
    answer = site.post(b'{"version": "3"}')

    assert (answer.status_code, site.pending()) == (400, 0)
    assert answer.get_json()["type"] == "urn:marax:problem:not-a-payload"
    assert "no `alerts`" in answer.get_json()["detail"]
    assert site.sample("alertbridge_webhook_requests_total", code="400") == 1


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "zstd", "deflate", "identity, gzip", "x"])
def test_a_compressed_body_is_refused_with_the_way_out(site, coding):
    body = gzip.compress(payload_of(an_alert()))

    answer = site.post(body, BEARER | {"Content-Encoding": coding})

    assert (answer.status_code, site.pending()) == (415, 0)
    assert answer.headers["Accept-Encoding"] == "identity"
    assert answer.get_json()["type"] == "urn:marax:problem:compressed"
    assert "uncompressed" in answer.get_json()["detail"]


@pytest.mark.parametrize("coding", ["", "identity", " Identity"])
def test_a_body_that_is_said_to_be_as_it_is_is_taken(site, coding):
    answer = site.post(payload_of(an_alert()), BEARER | {"Content-Encoding": coding})

    assert (answer.status_code, site.pending()) == (200, 1)


def test_one_odd_alert_costs_the_others_nothing(site):
    body = json.loads(payload_of(an_alert()))
    body["alerts"] += [{"labels": {"alertname": "BackupFailed", "host": "db-9"}}, {}, None]

    answer = site.post(json.dumps(body).encode())

    assert (answer.status_code, site.pending()) == (200, 2)
    name = "alertbridge_odd_alerts_total"
    counts = [site.sample(name, result=result) for result in ("told", "no_labels", "not_an_object")]
    assert counts == [1, 1, 1]


def test_a_refusal_does_not_repeat_a_long_value(site):
    answer = site.post(b'{"version": "' + b"x" * 100_000 + b'"}')

    assert answer.status_code == 400
    assert len(answer.data) < 1000


def test_what_cannot_be_stored_is_asked_for_again(site):
    with closing(sqlite3.connect(site.path)) as connection, connection:
        connection.execute("DROP TABLE notices")

    answer = site.post(payload_of(an_alert()))

    assert answer.status_code == 503
    with site.outbox.database.reading() as reading:
        assert reading.exec_driver_sql("SELECT count(*) FROM episodes").scalar() == 0


def test_a_route_that_was_renamed_is_no_news(site):
    site.post(payload_of(an_alert(), groupKey='{}:{alertname="HostDown"}', receiver="marax"))

    answer = site.post(payload_of(an_alert(), groupKey='{team="web"}:{job="marax"}', receiver="renamed"))

    assert (answer.status_code, site.pending(), site.news) == (200, 1, 1)
    assert site.sample("alertbridge_alerts_total", verdict="repeated") == 1


def test_the_heartbeat_is_noted_and_told_to_nobody(site):
    watchdog = an_alert("", alertname="Watchdog", severity="none")
    site.clock.advance(60)

    assert site.post(payload_of(watchdog)).status_code == 200
    assert site.pending() == 0
    assert (site.heartbeat.last_unix_seconds(), site.beats) == (T0 + 60, 1)


def test_lists_the_targets_to_those_who_bear_the_token(site):
    assert site.client.get("/targets").status_code == 401
    answer = site.client.get("/targets", headers=BEARER)

    assert answer.mimetype == "application/json"
    assert answer.get_json() == [{"targets": ["web-1.example.org:9877"], "labels": {"host": "web-1"}}]


def test_is_healthy_and_ready(site):
    assert site.client.get("/-/healthy").status_code == 200
    assert site.client.get("/-/ready").status_code == 200


def test_says_why_sending_is_paused_and_is_ready_all_the_same(site):
    site.post(payload_of(an_alert()))
    claim = site.outbox.notices.claim(site.live.routing, T0)
    site.outbox.notices.pause(claim, T0 + 60, "Mailgun said 401: Forbidden")

    paused = site.client.get("/-/ready")
    site.clock.advance(61)
    over = site.client.get("/-/ready")

    assert (paused.status_code, over.status_code) == (200, 200)
    assert paused.text == ("marax-alertbridge is ready.\nsending is paused: Mailgun said 401: Forbidden\n")
    assert over.text == "marax-alertbridge is ready.\n"


def test_is_not_ready_while_nothing_can_be_stored(site):
    with closing(sqlite3.connect(site.path)) as connection, connection:
        connection.execute("DROP TABLE meta")

    answer = site.client.get("/-/ready")

    assert answer.status_code == 503
    assert "nothing can be stored" in answer.text
    assert site.client.get("/-/healthy").status_code == 200


def test_exposes_its_metrics(site):
    site.post(payload_of(an_alert()))

    text = site.client.get("/metrics").text

    assert 'alertbridge_outbox_pending{priority="critical"} 1.0' in text
    assert "alertbridge_dead_letters 0.0" in text
    assert "alertbridge_config_last_reload_successful 1.0" in text


TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TEXT),
        ("text/plain;version=zz;escaping=allow-utf-8", TEXT),
        ("text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6", TEXT),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", TEXT),
        ("\xff;;=,,", TEXT),
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3", OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8", OPENMETRICS),
        ("application/openmetrics-text;version=x", OPENMETRICS),
        ("application/openmetrics-text;version=9.9.9;escaping=zz", OPENMETRICS),
        ("application/openmetrics-text;version=" + "9" * 5000, OPENMETRICS),
    ],
)
def test_exposes_its_metrics_whatever_the_client_accepts(site, accept, content_type):
    answer = site.client.get("/metrics", headers={"Accept": accept})

    assert (answer.status_code, answer.content_type) == (200, content_type)
    assert "# TYPE alertbridge_dead_letters gauge" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/alerts", 405),
        ("PUT", "/alerts", 405),
        ("GET", "/nothing", 404),
        ("POST", "/metrics", 405),
        ("OPTIONS", "/alerts", 405),
        ("GET", "/alerts/../targets", 404),
    ],
)
def test_tells_other_requests_as_problems(site, method, path, status):
    answer = site.client.open(path, method=method)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_answers_with_or_without_a_trailing_slash(site):
    assert site.client.post("/alerts/", data=payload_of(an_alert()), headers=BEARER).status_code == 200
    assert site.client.get("/metrics/").status_code == 200


def test_the_routing_in_force_decides(site):
    site.live.routing = a_routing(a_user(hosts=("db-*",)))

    site.post(payload_of(an_alert("web-1")))

    assert site.pending() == 0


def test_ready_and_metrics_say_that_clocks_differ(site):
    name = "alertbridge_prometheus_clock_skew_seconds"
    assert site.sample(name) is None

    site.skew.note(Skew(seconds=-125.0))

    assert site.sample(name) == -125
    assert site.client.get("/-/ready").text == (
        "marax-alertbridge is ready.\nPrometheus' clock is 2 min 5 s behind the clock of this bridge\n"
    )


def test_a_heartbeat_is_told_apart_by_its_labels_and_a_resolved_one_is_none(site):
    beats = [an_alert("", alertname="Watchdog", site=name) for name in ("paris", "berlin")]
    site.post(payload_of(*beats, an_alert("", alertname="Watchdog", site="rome", ends=T0)))

    stored = site.outbox.heartbeat.read()

    assert stored is not None
    assert [record.labels["site"] for record in stored.records] == ["paris", "berlin"]


def test_what_is_never_mailed_is_counted_and_its_end_is_taken(site):
    inhibitor = an_alert("", alertname="InfoInhibitor", severity="none", namespace="shop")

    answer = site.post(payload_of(inhibitor, an_alert()))
    site.post(payload_of(replace(inhibitor, is_firing=False, ends_unix_seconds=T0 + 60)))

    assert answer.status_code == 200
    assert site.pending() == 1
    assert site.sample("alertbridge_alerts_total", verdict="not_mailed") == 1
    assert site.sample("alertbridge_alerts_total", verdict="never_told") == 1


def test_what_matches_nobody_is_counted_and_logged_once_for_each_alert_name(site, caplog):
    site.live.routing = a_routing(a_user(hosts=("web-*",)))

    site.post(payload_of(an_alert("db-1"), an_alert("db-2"), an_alert()))
    site.post(payload_of(an_alert("db-1")))

    assert site.sample("alertbridge_unrouted_alerts_total", notified="nobody") == 2
    (logged,) = [record for record in caplog.records if "matches no user" in record.message]
    assert (logged.alertname, logged.host, logged.severity) == ("HostDown", "db-1", "critical")


def test_what_goes_to_the_admins_is_counted_apart(site, caplog):
    site.live.routing = a_routing(a_user(hosts=("web-*",), is_admin=True))

    site.post(payload_of(an_alert("db-1")))

    assert site.sample("alertbridge_unrouted_alerts_total", notified="admins") == 1
    assert site.pending() == 1
    assert "matches no user" not in caplog.text
