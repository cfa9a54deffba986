"""The models behave as the programs do: as these are set up in deploy/, and as they were seen to."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from tests.deploy import shipped
from tests.model.alertmanager import Alertmanager, Posted, route_of
from tests.model.prometheus import TICK_SECONDS, Answer, Prometheus
from tests.model.rules import EVALUATION_SECONDS, RULES, SentAlert
from tests.model.storage import Labels, labels_of

WEB_1 = labels_of(job="marax", host="web-1", instance="web-1.example.org:9877")
DOWN = labels_of(**dict(WEB_1), alertname="HostDown", severity="critical")


class Far:
    """What an Alertmanager posts to; it answers 200 unless it is away."""

    def __init__(self) -> None:
        self.is_away = False
        self.posts: list[list[tuple[str, bool]]] = []
        self.starts: list[float] = []

    def take(self, alerts: Sequence[Posted]) -> bool:
        if not self.is_away:
            self.starts += [one.starts for one in alerts]
            self.posts.append([(dict(one.labels).get("host", ""), one.ends is None) for one in alerts])
        return not self.is_away


def down(*, host: str = "web-1", starts: float = 0.0, ends: float = 240.0) -> SentAlert:
    labels = labels_of(job="marax", host=host, alertname="HostDown")
    return SentAlert(labels=labels, starts=starts, ends=ends, evaluated=starts)


def fleet_down(*, ends: float) -> SentAlert:
    return SentAlert(labels=labels_of(job="marax", alertname="FleetDown"), starts=0, ends=ends, evaluated=0)


def run(alertmanager: Alertmanager, far: Far, start: int, end: int, position: int = 0) -> None:
    for now in range(start, end, TICK_SECONDS):
        alertmanager.run(now, position, far.take)


def test_the_rules_have_the_patience_of_those_that_are_shipped():
    patience = {one.alertname: (one.for_seconds, one.keep_firing_for_seconds) for one in RULES}

    for name in ("Watchdog", "HostDown", "FleetDown"):
        rule = shipped.rules()[name]
        expected = tuple(shipped.seconds(rule.get(key, "0s")) for key in ("for", "keep_firing_for"))
        assert patience[name] == expected
    assert (
        shipped.seconds(shipped.setting("prometheus.yml")["global"]["scrape_interval"]) == EVALUATION_SECONDS
    )


@pytest.mark.parametrize("alertname", ["HostDown", "Watchdog"])
def test_the_routes_have_the_times_of_those_that_are_shipped(alertname):
    whole = shipped.setting("alertmanager.yml")["route"]
    times = whole | (whole["routes"][0] if alertname == "Watchdog" else {})
    keys = ("group_wait", "group_interval", "repeat_interval")

    route = route_of((alertname, "marax"))

    assert whole["group_by"] == ["alertname", "job"]
    assert [route.wait_seconds, route.interval_seconds, route.repeat_seconds] == [
        shipped.seconds(times[key]) for key in keys
    ]


class Rules:
    """A Prometheus with one host, and what it sends."""

    def __init__(self) -> None:
        self.prometheus = Prometheus("prometheus-1", 0)
        self.is_up = True
        self.tick = 0
        self.sent: list[tuple[float, str, SentAlert]] = []

    def live_for(self, seconds: int) -> None:
        for _ in range(seconds // TICK_SECONDS):
            now = float(self.tick * TICK_SECONDS)
            self.prometheus.watch([WEB_1], now)
            self.prometheus.scrape(self.tick, now, self.answer)
            alerts = self.prometheus.evaluate(self.tick, now + 1)
            self.sent += [(now + 1, dict(one.labels)["alertname"], one) for one in alerts]
            self.tick += 1

    def answer(self, _labels: Labels) -> Answer | None:
        return Answer(cpu_ratio=0.1) if self.is_up else None

    def of(self, alertname: str) -> list[tuple[float, SentAlert]]:
        return [(at, one) for at, name, one in self.sent if name == alertname]


def test_a_host_is_down_after_a_minute_is_sent_every_minute_and_resolved_two_minutes_after_its_return():
    rules = Rules()
    rules.live_for(60)
    rules.is_up = False
    rules.live_for(300)
    rules.is_up = True
    rules.live_for(300)

    sent = rules.of("HostDown")
    assert 60 + 60 <= sent[0][0] <= 60 + 90
    firing = [(at, one) for at, one in sent if one.ends > at]
    assert {one.ends - at for at, one in firing} == {240.0}
    assert all(60 < later - at <= 75 for (at, _), (later, _) in pairwise(firing))
    first_resolved = next(at for at, one in sent if one.ends <= at)
    assert 360 + 120 <= first_resolved <= 360 + 150


def test_a_prometheus_that_was_killed_begins_anew_and_its_samples_outlast_it():
    rules = Rules()
    rules.is_up = False
    rules.live_for(200)
    rules.prometheus.restart()
    rules.live_for(200)

    starts = {one.starts for _, one in rules.of("HostDown")}
    assert len(starts) == 2
    assert 200 + 60 <= max(starts) <= 200 + 75


def test_an_alert_that_nobody_refreshes_resolves_by_itself():
    alertmanager, far = Alertmanager("alertmanager-1"), Far()
    alertmanager.receive([down()], 1)
    run(alertmanager, far, 2, 240)
    assert far.posts == [[("web-1", True)]]

    run(alertmanager, far, 242, 300)
    assert far.posts == [[("web-1", True)], [("web-1", False)]]


def test_a_restart_posts_again_what_fires_at_once():
    alertmanager, far = Alertmanager("alertmanager-1"), Far()
    alertmanager.receive([down()], 1)
    run(alertmanager, far, 2, 60)
    alertmanager.restart(keeps_log=False)
    alertmanager.receive([down()], 61)
    run(alertmanager, far, 62, 64)

    assert far.posts == [[("web-1", True)]] * 2


def test_an_end_of_what_could_never_be_posted_is_not_posted():
    alertmanager, far = Alertmanager("alertmanager-1"), Far()
    far.is_away = True
    alertmanager.receive([down()], 1)
    run(alertmanager, far, 2, 60)
    alertmanager.receive([down(ends=61)], 61)
    run(alertmanager, far, 62, 120)
    far.is_away = False
    run(alertmanager, far, 122, 300)

    assert far.posts == []


def test_what_is_inhibited_is_posted_neither_when_it_fires_nor_when_it_ends():
    alertmanager, far = Alertmanager("alertmanager-1"), Far()
    alertmanager.receive([fleet_down(ends=500), down()], 1)
    run(alertmanager, far, 2, 300)
    alertmanager.receive([fleet_down(ends=300)], 300)
    run(alertmanager, far, 302, 400)

    assert far.posts == [[("", True)], [("", False)]]


def test_the_earlier_of_two_starts_counts_and_a_firing_soon_after_an_end_is_not_posted():
    alertmanager, far = Alertmanager("alertmanager-1"), Far()
    alertmanager.receive([down(starts=0, ends=240)], 1)
    alertmanager.receive([down(starts=20, ends=260)], 21)
    alertmanager.run(40, 0, far.take)
    alertmanager.receive([down(starts=0, ends=50)], 50)
    alertmanager.receive([down(starts=60, ends=300)], 61)
    run(alertmanager, far, 80, 120)

    assert far.starts == [0]  # the log says that it fires, and it does


def test_a_peer_posts_only_what_it_has_not_learned_of():
    first, second, far = Alertmanager("alertmanager-1"), Alertmanager("alertmanager-2"), Far()
    for one in (first, second):
        one.receive([down()], 1)
    for now in range(2, 60, TICK_SECONDS):
        first.run(now, 0, far.take)
        second.learn(first.log)
        second.run(now, 1, far.take)
    assert far.posts == [[("web-1", True)]]

    for one in (first, second):
        one.receive([down(ends=61)], 61)
    run(second, far, 62, 120, position=1)
    run(first, far, 122, 180)
    assert far.posts[1:] == [[("web-1", False)]] * 2


def test_the_end_that_one_prometheus_repeats_replaces_the_firing_of_another():
    alertmanager, far = Alertmanager("alertmanager-1"), Far()
    alertmanager.receive([down(starts=100, ends=340)], 101)
    run(alertmanager, far, 102, 120)
    alertmanager.receive([down(starts=0, ends=50)], 121)
    run(alertmanager, far, 122, 160)

    assert far.posts == [[("web-1", True)], [("web-1", False)]]
