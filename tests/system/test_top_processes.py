"""Real processes that want to be shown: one that is large, beside one that renames itself and many jobs."""

import math
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from scripts.stack.part import Part, Program
from scripts.stack.ports import free_addresses
from scripts.stack.programs import own_command
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.alone]

RENAMER = """
import ctypes, itertools, time
libc = ctypes.CDLL(None)
PR_SET_NAME = 15
for number in itertools.count():
    libc.prctl(PR_SET_NAME, f"renamed-{number}".encode(), 0, 0, 0)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        sum(range(20000))
        time.sleep(0.01)
"""
JOB = """
import time
held = bytearray(300_000_000)
for _ in range(150):
    sum(range(100000))
    time.sleep(0.1)
"""
HOG = """
import contextlib, hashlib, os, threading
with contextlib.suppress(PermissionError):
    os.nice(-20)  # others leave it its share then, on a busy machine too
def work():
    while True:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 100_000)  # without the lock of the interpreter
for _ in range(THREADS):
    threading.Thread(target=work).start()
"""
JOB_EVERY_SECONDS = 6.0
ENOUGH_JOBS = 10
A_SCAN_SECONDS = 0.5  # at most: what is sampled later has seen the process
CPUS = os.cpu_count() or 1
SETTINGS = "processes: {new_per_hour: 100}\n"  # 12 at once, of which ten fill the places at first


@dataclass(frozen=True)
class Scrape:
    """What one scrape says of the top processes: by pid, the names; and of the scan that it is from."""

    sampled_unix_seconds: float
    names: dict[int, str]
    limited: bool


def scrape(exporter: Part) -> Scrape:
    with urllib.request.urlopen(f"http://{exporter.address}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    values = {sample.name: sample.value for sample in found}
    return Scrape(
        values["marax_sample_timestamp_seconds"],
        {
            int(sample.labels["pid"]): sample.labels["name"]
            for sample in found
            if sample.name == "marax_top_process_memory_rss_bytes"
        },
        values["marax_top_identities_limited"] == 1,
    )


class Crowd:
    """Python programs that end with the test, and jobs, the next of which comes when it is due."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._began = time.monotonic()
        self.jobs = 0

    def start(self, script: str) -> int:
        process = subprocess.Popen([sys.executable, "-c", script])
        self._running.append(process)
        return process.pid

    def see_to_jobs(self) -> None:
        if time.monotonic() >= self._began + JOB_EVERY_SECONDS * self.jobs:
            self.start(JOB)
            self.jobs += 1

    def end(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    crowd = Crowd()
    try:
        yield crowd
    finally:
        crowd.end()


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[Part]:
    (address,) = free_addresses(1)
    config = tmp_path / "exporter.yml"
    config.write_text(f"listen: {address}\n{SETTINGS}")
    argv = (own_command("marax-exporter"), "--config", str(config))
    with ExitStack() as ends:
        part = Part(Program(name="exporter", argv=argv, address=address, log=tmp_path / "exporter.log"))
        ends.callback(part.stop)
        part.start()
        part.wait_until_ready()
        yield part


@pytest.mark.timeout(240)
def test_a_large_process_is_shown_within_two_scans_beside_a_renaming_one_and_ten_jobs_a_minute(
    exporter: Part, crowd: Crowd
):
    renamer, names = crowd.start(RENAMER), set[str]()

    def look() -> Scrape:
        time.sleep(0.2)
        crowd.see_to_jobs()
        seen = scrape(exporter)
        names.update(name for pid, name in seen.names.items() if pid == renamer)
        return seen

    wait_until(lambda: look().limited and crowd.jobs >= ENOUGH_JOBS, "none is left over", within_seconds=150)
    hog = psutil.Process(crowd.start(HOG.replace("THREADS", str(math.ceil(0.4 * CPUS)))))
    scans = dict[float, Scrape]()
    while len(scans) < 2:
        seen = look()
        if seen.sampled_unix_seconds > hog.create_time() + A_SCAN_SECONDS:
            scans[seen.sampled_unix_seconds] = seen
    used = hog.cpu_times()
    share = (used.user + used.system) / (max(scans) - hog.create_time()) / CPUS
    if share < 0.3:
        pytest.skip(f"this machine is too busy: the process had {share:.0%} of it")

    assert hog.pid in scans[max(scans)].names
    assert len(names) <= 6, "a name costs what is left over of the budget"
