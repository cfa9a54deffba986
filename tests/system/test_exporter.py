"""What the exporter promises, held against Prometheus, real load and a host that hangs or hides."""

import gzip
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from scripts.stack import programs
from scripts.stack.part import Part, Program
from scripts.stack.ports import free_addresses
from scripts.stack.programs import Layout, own_command
from scripts.stack.timings import Timings
from tests.exporter.confined import confined, run_confined
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

HALF_DUTY = """
import time
began = time.monotonic()
while True:
    if time.process_time() < 0.5 * (time.monotonic() - began):
        sum(range(20000))
    else:
        time.sleep(0.01)
"""
STORM = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for number in range(10**9):
    if os.fork() == 0:
        with open("/proc/self/comm", "w") as comm:
            comm.write(f"job-{number}")
        time.sleep(0.02)
        os._exit(0)
    time.sleep(0.001)
"""
HUNG = "/proc/pressure/io"


class Host:
    """An exporter and the Prometheis that scrape it once a second; all of them end with the test."""

    def __init__(self, folder: Path, parts: ExitStack) -> None:
        self._folder = folder
        self._parts = parts
        self.config = folder / "exporter.yml"

    def serve(self, settings: str = "", *, script: str = "") -> Part:
        """Start an exporter, after *script* in a mount namespace of its own; it need not be ready."""
        (address,) = free_addresses(1)
        self.config.write_text(f"listen: {address}\n{settings}")
        command = (own_command("marax-exporter"), "--config", str(self.config))
        argv = tuple(confined(script, *command)) if script else command
        return self._started(
            Program(name="exporter", argv=argv, address=address, log=self._folder / "exporter.log")
        )

    def prometheus(self, target: Part, *, number: int = 1) -> Part:
        """Start a Prometheus, and return it once it is ready."""
        (address,) = free_addresses(1)
        layout = Layout(self._folder / f"prometheus-{number}")
        layout.prometheus.mkdir(parents=True)
        settings = {
            "global": {
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "external_labels": {"replica": number},
            },
            "scrape_configs": [{"job_name": "marax", "static_configs": [{"targets": [target.address]}]}],
        }
        (layout.prometheus / "prometheus.yml").write_text(yaml.safe_dump(settings))
        prometheus = self._started(programs.prometheus(layout, address, Timings()))
        prometheus.wait_until_ready()
        return prometheus

    def _started(self, program: Program) -> Part:
        part = Part(program)
        self._parts.callback(part.stop)
        part.start()
        return part


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with ExitStack() as parts:
        yield Host(tmp_path, parts)


@contextmanager
def running(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own, and end all of it."""
    with subprocess.Popen(argv, start_new_session=True) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def ask(
    exporter: Part, path: str = "/metrics", *, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(exporter.address, timeout=PATIENCE_SECONDS)
    connection.request(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def samples(exporter: Part) -> list[Sample]:
    text = ask(exporter)[1].decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(found: list[Sample], name: str, **labels: str) -> float:
    (sample,) = [s for s in found if s.name == name and labels.items() <= s.labels.items()]
    return sample.value


def is_listening(exporter: Part) -> bool:
    try:
        return ask(exporter, "/-/healthy")[0].status == 200
    except OSError:
        return False


def query(prometheus: Part, promql: str) -> float | None:
    found = prometheus.ask(f"/api/v1/query?query={quote(promql)}")["data"]["result"]
    return float(found[0]["value"][1]) if found else None


@pytest.mark.alone
def test_two_prometheis_see_the_same_truth(host: Host):
    exporter = host.serve("processes: {window: 5s, interval: 1s}\n")
    prometheis = [host.prometheus(exporter, number=number) for number in (1, 2)]
    with running(sys.executable, "-c", HALF_DUTY) as process:
        ratio = f'marax_top_process_cpu_usage_ratio{{pid="{process.pid}"}}'
        wait_until(lambda: all(query(p, ratio) is not None for p in prometheis), "both see it")
        time.sleep(3)
        before, began = cpu_seconds(process.pid), time.monotonic()
        time.sleep(8)
        duty = (cpu_seconds(process.pid) - before) / (time.monotonic() - began)
        seen = [query(p, f"avg_over_time({ratio}[5s]) * scalar(marax_cpus_online)") for p in prometheis]

    assert duty > 0.1  # half of a CPU, or what others leave it
    assert seen == pytest.approx([duty, duty], abs=0.05)


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@pytest.fixture
def hung(host: Host, tmp_path: Path) -> Part:
    """Return an exporter, one collector of which hangs for ever: it opens a FIFO that nobody writes to."""
    if not Path(HUNG).exists():
        pytest.skip(f"this kernel has no {HUNG} to hang in")
    os.mkfifo(tmp_path / "fifo")
    exporter = host.serve(script=f"mount --bind '{tmp_path}/fifo' {HUNG}")
    wait_until(lambda: is_listening(exporter), "the exporter listens")
    return exporter


def test_a_collector_that_hangs_costs_only_itself(host: Host, hung: Part):
    began = time.monotonic()
    ask(hung, X_Prometheus_Scrape_Timeout_Seconds="3")
    took_seconds = time.monotonic() - began
    hung.wait_until_ready()
    prometheus = host.prometheus(hung)
    threads = psutil.Process(hung.pid).num_threads()

    wait_until(lambda: (query(prometheus, "count_over_time(up[1m])") or 0) >= 8, "it was scraped eight times")
    for _ in range(20):
        found = samples(hung)

    assert took_seconds < 3
    assert query(prometheus, "min_over_time(up[1m])") == 1
    assert query(prometheus, 'marax_collector_timed_out{collector="pressure"}') == 1
    assert query(prometheus, "sum(marax_collector_success == 0)") == 0
    assert query(prometheus, "count(marax_collector_success == 0)") == 1
    assert value(found, "marax_collector_errors_total", collector="pressure") >= 29
    assert value(found, "marax_load1") >= 0
    assert psutil.Process(hung.pid).num_threads() <= threads, "the stuck one is not started again"


def test_scrapes_at_the_same_moment_get_one_exposition(hung: Part):
    with ThreadPoolExecutor(40) as clients:
        answers = list(clients.map(lambda _: ask(hung), range(40)))

    assert {answer.status for answer, _ in answers} == {200}
    assert len({body for _, body in answers}) <= 2


def test_more_different_scrapes_than_can_wait_are_told_to_come_again(hung: Part):
    def scrape(number: int) -> tuple[int, str | None]:
        answer, _body = ask(hung, X_Prometheus_Scrape_Timeout_Seconds=f"3.{number:02}")
        return answer.status, answer.headers["Retry-After"]

    with ThreadPoolExecutor(40) as clients:
        answers = list(clients.map(scrape, range(40)))

    assert {status for status, _ in answers} == {200, 503}
    assert sum(status == 200 for status, _ in answers) >= 16
    assert {wait for status, wait in answers if status == 503} == {"1"}


@pytest.mark.timeout(90)
def test_a_fork_storm_stays_within_the_limits_that_are_exported(host: Host):
    exporter = host.serve("processes: {top: 2, groups: 5, window: 2s, interval: 1s}\n")
    exporter.wait_until_ready()
    before = samples(exporter)
    series, forks = process_series(before), value(before, "marax_forks_total")
    at_once, per_hour = (value(before, f"marax_process_{which}_limit") for which in ("series", "new_series"))
    new: set[tuple[str, ...]] = set()
    most = beyond = 0
    with running(sys.executable, "-c", STORM):
        for _ in range(25):
            time.sleep(0.4)
            found = samples(exporter)
            assert {s.value for s in found if s.name == "marax_collector_success"} == {1}
            new |= process_series(found) - series
            most = max(most, len(process_series(found)))
            beyond = max(beyond, int(value(found, "marax_group_processes", group="(other)")))

    assert value(found, "marax_forks_total") - forks > 2000
    assert beyond > 5
    assert most <= at_once == 34
    assert len(new) <= per_hour == 1680
    assert len({labels[-1] for labels in new if labels[0].startswith("marax_group")}) <= 2


def process_series(found: list[Sample]) -> set[tuple[str, ...]]:
    return {(s.name, *s.labels.values()) for s in found if s.labels.keys() & {"group", "pid"}}


@pytest.fixture
def exporter(host: Host) -> Part:
    exporter = host.serve()
    exporter.wait_until_ready()
    return exporter


@pytest.mark.parametrize(
    ("part", "name"), [("collect", "diskstats"), ("exclude", "diskstats"), ("name", "marax_load2")]
)
def test_a_name_that_is_not_there_is_answered_400_and_named(exporter: Part, part: str, name: str):
    answer, body = ask(exporter, f"/metrics?{part}[]={name}")

    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert name in body.decode()


def test_a_scrape_is_answered_as_it_is_asked_for(exporter: Part):
    plain, _ = ask(exporter, "/metrics?collect[]=load")
    small, packed = ask(exporter, "/metrics?collect[]=load", Accept_Encoding="gzip")
    other, text = ask(exporter, "/metrics?collect[]=load", Accept="application/openmetrics-text")
    head, nothing = ask(exporter, "/metrics?collect[]=load", method="HEAD")

    assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert small.headers["Content-Encoding"] == "gzip"
    assert b"marax_load1 " in gzip.decompress(packed)
    assert packed[8] == 4, "RFC 1952: the fastest compression"
    assert other.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith(b"# EOF\n")
    assert (head.status, nothing) == (200, b"")


@pytest.mark.parametrize(
    ("hidepid", "name", "is_right"),
    [
        (2, "marax_process_visibility_ratio", lambda ratio: ratio < 0.5),
        (1, "marax_processes_unreadable", lambda count: count > 5),
    ],
)
def test_says_that_processes_are_hidden_from_it(
    tmp_path: Path, hidepid: int, name: str, is_right: Callable[[float], bool]
):
    tmp_path.chmod(0o755)
    mount = f"mount -t proc -o hidepid={hidepid} proc /proc"
    promtool = shutil.which("promtool")
    assert promtool, "promtool is not on the PATH: scripts/test provides it"

    said = run_confined(mount, own_command("marax-exporter"), "metrics", as_nobody=True)

    found = [s for family in text_string_to_metric_families(said.stdout) for s in family.samples]
    lint = subprocess.run(
        [promtool, "check", "metrics"], input=said.stdout, text=True, capture_output=True, check=False
    )
    assert is_right(value(found, name))
    assert {s.value for s in found if s.name == "marax_collector_success"} == {1}
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")
