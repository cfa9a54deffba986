"""What the model of tests/model says of a Prometheus is what the bridge hears of a real one."""

import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pytest

from alertbridge.alerts.disputes import Past
from alertbridge.alerts.proof import Active, Evidence, NoEvidence
from alertbridge.prometheus.evidence import PrometheusWitness, Witness
from alertbridge.prometheus.past import PastAlerts, PastInPrometheus, Question
from alertbridge.prometheus.settings import HttpUrl
from marax.clock import SystemClock
from tests.alertbridge.prometheus.real_prometheus import a_prometheus, is_ready
from tests.fakes.clock import FakeClock
from tests.fakes.scraped_host import ScrapedHost
from tests.model import testimony  # pytest would take its class for one of tests
from tests.model.prometheus import TICK_SECONDS, Answer, Prometheus
from tests.model.storage import Labels, Storage, labels_of
from tests.programs import program_or_skip
from tests.waiting import PATIENCE_SECONDS, wait_until

HOSTS = ("web-1", "web-2")
SETTINGS = """\
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs: [{job_name: marax, file_sd_configs: [{files: [targets.json]}]}]
"""
RULES = """\
groups:
  - name: marax
    rules:
      - {alert: Watchdog, expr: vector(1)}
      - {alert: HostDown, expr: up == 0, for: 2s, keep_firing_for: 4s, labels: {severity: critical}}
"""


def target_of(host: str) -> dict[str, str]:
    return {"job": "marax", "host": host, "instance": f"{host}.example.org:9877"}


class Scene(Protocol):
    """Two hosts, one of which dies and returns, and a Prometheus that scrapes them and can be asked."""

    witness: Witness
    past: PastAlerts

    def states(self) -> set[str]:
        """Return the states of HostDown."""
        ...

    def answering(self) -> set[str]:
        """Return the hosts that answered their newest scrape."""
        ...

    def wait_until(self, condition: Callable[[], object]) -> None: ...

    def die(self) -> None: ...

    def come_back(self) -> None: ...

    def remove(self) -> None:
        """Scrape the second host no longer."""
        ...


class RealScene:
    def __init__(self, folder: Path, port: int, hosts: dict[str, ScrapedHost]) -> None:
        url = HttpUrl.from_setting(f"http://127.0.0.1:{port}")
        self.witness: Witness = PrometheusWitness(url)
        self.past: PastAlerts = PastInPrometheus(url)
        self._folder, self._port, self._hosts = folder, port, hosts
        self.watch(HOSTS)

    def watch(self, names: tuple[str, ...]) -> None:
        groups = [
            {"targets": [f"127.0.0.1:{self._hosts[name].port}"], "labels": target_of(name)} for name in names
        ]
        (self._folder / "targets.new").write_text(json.dumps(groups))
        (self._folder / "targets.new").rename(self._folder / "targets.json")

    def states(self) -> set[str]:
        return {labels["alertstate"] for labels in self._found('ALERTS{alertname="HostDown"}')}

    def answering(self) -> set[str]:
        return {labels["host"] for labels in self._found("up==1")}

    def _found(self, expression: str) -> list[dict[str, str]]:
        url = f"http://127.0.0.1:{self._port}/api/v1/query?query={expression}"
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return [row["metric"] for row in json.load(answer)["data"]["result"]]

    def wait_until(self, condition: Callable[[], object]) -> None:
        wait_until(condition)

    def die(self) -> None:
        self._hosts["web-1"].die()

    def come_back(self) -> None:
        self._hosts["web-1"].start()

    def remove(self) -> None:
        self.watch(("web-1",))


class ModelScene:
    def __init__(self) -> None:
        self._clock = FakeClock(1_790_000_000.0)
        self._prometheus = Prometheus("prometheus-1", 0)
        self._tick, self._is_dead = 0, False
        self._hosts: tuple[str, ...] = HOSTS
        known = testimony.Testimony([self._prometheus], lambda _: True, self._clock)
        self.witness: Witness = known
        self.past: PastAlerts = known

    def states(self) -> set[str]:
        found = self._prometheus.storage.now("ALERTS", self._clock.unix_seconds())
        named = (dict(labels) for labels, _, _ in found)
        return {labels["alertstate"] for labels in named if labels["alertname"] == "HostDown"}

    def answering(self) -> set[str]:
        scrapes = self._prometheus.newest_scrapes(self._clock.unix_seconds())
        return {dict(labels)["host"] for labels, (_, is_answered) in scrapes.items() if is_answered}

    def wait_until(self, condition: Callable[[], object]) -> None:
        while not condition():
            assert self._tick < 1000, "waited in vain"
            now = self._clock.unix_seconds()
            self._prometheus.watch([labels_of(**target_of(host)) for host in self._hosts], now)
            self._prometheus.scrape(self._tick, now, self._answer)
            self._clock.advance(1)
            self._prometheus.evaluate(self._tick, self._clock.unix_seconds())
            self._clock.advance(TICK_SECONDS - 1)
            self._tick += 1

    def _answer(self, labels: Labels) -> Answer | None:
        return None if self._is_dead and dict(labels)["host"] == "web-1" else Answer(cpu_ratio=0.1)

    def die(self) -> None:
        self._is_dead = True

    def come_back(self) -> None:
        self._is_dead = False

    def remove(self) -> None:
        self._hosts = ("web-1",)


@contextmanager
def a_real_scene(folder: Path) -> Iterator[Scene]:
    (folder / "rules.yml").write_text(RULES)
    hosts = {name: ScrapedHost() for name in HOSTS}
    try:
        with a_prometheus(folder, SETTINGS) as prometheus:
            wait_until(lambda: is_ready(prometheus.port))
            yield RealScene(folder, prometheus.port, hosts)
    finally:
        for host in hosts.values():
            host.die()


DOWN = {"alertname": "HostDown", "severity": "critical", **target_of("web-1")}
WEB_1 = DOWN["instance"]


@dataclass(frozen=True, kw_only=True)
class Story:
    """What was heard in each state of the first host and its alert; the second is gone in the end."""

    scene: Scene
    well: Evidence
    pending: Evidence
    firing: Evidence
    back: Evidence
    ended: Evidence

    @property
    def all(self) -> list[Evidence]:
        return [self.well, self.pending, self.firing, self.back, self.ended]

    @property
    def since(self) -> Active:
        (active,) = self.pending.active["HostDown"]
        return active


@pytest.fixture(scope="module", params=["real", "model"])
def story(request, tmp_path_factory) -> Iterator[Story]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("scene")
        is_real = request.param == "real"
        yield lived_through(stack.enter_context(a_real_scene(folder)) if is_real else ModelScene())


def lived_through(scene: Scene) -> Story:
    def heard_once(condition: Callable[[], object]) -> Evidence:
        scene.wait_until(condition)
        (found,) = scene.witness.testify([target_of(host)["instance"] for host in HOSTS], "Watchdog")
        assert isinstance(found, Evidence)
        return found

    well = heard_once(lambda: scene.answering() == set(HOSTS))
    scene.die()
    scene.remove()
    pending = heard_once(lambda: scene.states() == {"pending"})
    firing = heard_once(lambda: scene.states() == {"firing"})
    scene.come_back()
    back = heard_once(lambda: "web-1" in scene.answering())
    ended = heard_once(lambda: not scene.states() and scene.answering() == {"web-1"})
    return Story(scene=scene, well=well, pending=pending, firing=firing, back=back, ended=ended)


def test_an_alert_is_active_since_it_was_pending_and_known_after_its_end(story: Story):
    both = ["HostDown", "Watchdog"]
    assert [sorted(one.active) for one in story.all] == [["Watchdog"], both, both, both, ["Watchdog"]]
    assert [sorted(one.known) for one in story.all] == [["Watchdog"], both, both, both, both]
    assert story.since.labels == DOWN
    assert story.firing.active["HostDown"] == story.back.active["HostDown"] == [story.since]
    assert all(DOWN in one.known["HostDown"] for one in story.all[1:])


def test_a_target_is_back_at_its_first_answered_scrape_and_one_that_is_removed_is_none(story: Story):
    web_1 = [one.targets[WEB_1][0] for one in story.all]
    back = web_1[-1].back_unix_seconds

    assert [one.is_up for one in web_1] == [True, False, False, True, True]
    assert [one.back_unix_seconds for one in web_1] == [None, None, None, back, back]
    assert back is not None
    assert story.well.evaluated_unix_seconds < story.since.since_unix_seconds < back
    assert back < story.ended.evaluated_unix_seconds
    assert (len(story.well.targets), list(story.ended.targets)) == (2, [WEB_1])


def test_a_rule_that_is_not_evaluated_gives_no_evidence(story: Story):
    assert story.scene.witness.testify([WEB_1], "Heartbeat") == [
        NoEvidence(reason="Prometheus does not evaluate Heartbeat")
    ]


def test_a_host_answered_between_two_firings_once_it_was_back(story: Story):
    back = story.ended.targets[WEB_1][0].back_unix_seconds
    assert back is not None
    asked = Question(
        labels={**DOWN, "cluster": "berlin"},
        is_of_target=True,
        since_unix_seconds=story.since.since_unix_seconds,
        until_unix_seconds=story.ended.evaluated_unix_seconds,
    )
    before_its_return = replace(asked, until_unix_seconds=(story.since.since_unix_seconds + back) / 2)
    of_another = replace(asked, labels=DOWN | target_of("web-3"))

    assert list(story.scene.past.between([asked, before_its_return, of_another], "Watchdog")) == [
        Past(answered_unix_seconds=back),
        Past(),
        NoEvidence(reason="it does not scrape the target"),
    ]


NOW = SystemClock().unix_seconds() // 15 * 15 + 1
FLEET = {"alertname": "FleetDown", "job": "marax"}
# When there were samples, in seconds before `NOW`; without marks of their end, they count for 300 s more
TIMES = [
    ("ALERTS", {"alertname": "Watchdog", "alertstate": "firing"}, [(7200, 4500), (2400, 600)]),
    ("ALERTS", {**FLEET, "alertstate": "firing"}, [(6600, 6000), (2100, 1800)]),
    ("ALERTS", {**FLEET, "alertstate": "pending"}, [(6645, 6615)]),
    ("up", target_of("web-1"), [(7200, 6300), (5700, 4500)]),
]


@pytest.fixture(scope="module")
def pasts(tmp_path_factory) -> Iterator[tuple[PastAlerts, PastAlerts]]:
    """Yield who knows the past of the same samples: a real Prometheus, and one of the model."""
    folder, model = tmp_path_factory.mktemp("past"), Prometheus("prometheus-1", 0)
    (folder / "samples.txt").write_text(f"{''.join(lines(model.storage))}# EOF\n")
    command = [
        program_or_skip("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "samples.txt",
        "data",
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with a_prometheus(folder, "global: {scrape_interval: 1m}\n") as prometheus:
        wait_until(lambda: is_ready(prometheus.port))
        real = PastInPrometheus(HttpUrl.from_setting(f"http://127.0.0.1:{prometheus.port}"))
        yield real, testimony.Testimony([model], lambda _: True, FakeClock(NOW))


def lines(storage: Storage) -> Iterator[str]:
    for metric in ("ALERTS", "up"):
        yield f"# TYPE {metric} gauge\n"
        for labels, times in ((labels, times) for name, labels, times in TIMES if name == metric):
            shown = ",".join(f'{name}="{value}"' for name, value in labels.items())
            for before in (at for start, end in times for at in range(start, end - 1, -15)):
                value = int(metric == "ALERTS" or not 6900 > before > 6500)
                storage.append(metric, labels_of(**labels), NOW - before, value)
                yield f"{metric}{{{shown}}} {value} {NOW - before:.0f}\n"


@pytest.mark.parametrize(
    ("labels", "before", "expected"),
    [
        pytest.param(FLEET, (6500, 6100), Past(), id="it was active"),
        pytest.param(FLEET, (7100, 6700), Past(idle_seconds=405), id="it was idle"),
        pytest.param(FLEET, (6500, 2050), Past(idle_seconds=1800), id="it ended, and began again"),
        pytest.param(FLEET, (5500, 2050), Past(idle_seconds=1605), id="it began, and nobody looked before"),
        pytest.param(FLEET, (4600, 3000), None, id="nobody looked for a part of the time"),
        pytest.param(FLEET, (3800, 3000), None, id="nobody looked"),
        pytest.param({**FLEET, "job": "paris"}, (6500, 2050), None, id="it is not known"),
        pytest.param(target_of("web-1"), (6800, 6550), Past(), id="it did not answer"),
        pytest.param(target_of("web-1"), (6800, 6400), None, id="it came back"),
        pytest.param(target_of("web-1"), (6800, 5000), None, id="it was not watched for a while"),
        pytest.param(target_of("web-1"), (4300, 4000), Past(), id="it was not watched any more"),
        pytest.param(target_of("web-1"), (4100, 3000), None, id="it had not been watched for long"),
    ],
)
def test_knows_the_same_of_the_past(pasts, labels, before, expected):
    since, until = (NOW - seconds for seconds in before)
    question = Question(
        labels={"alertname": "HostDown", **labels},
        is_of_target="instance" in labels,
        since_unix_seconds=since,
        until_unix_seconds=until,
    )

    (real,), (model,) = (past.between([question], "Watchdog") for past in pasts)
    assert real == model
    assert expected in {None, real}
