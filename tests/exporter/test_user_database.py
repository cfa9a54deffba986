"""A user database that hangs, fails or returns garbage, as the C library meets it: a real NSS module."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.exporter.access.kit import bearer
from tests.exporter.access.test_installed import Exporter
from tests.exporter.confined import confined, run_confined
from tests.programs import program_or_skip
from tests.waiting import wait_until

pytestmark = pytest.mark.system

COMMAND = Path(sys.executable).with_name("marax-exporter")
SOURCE = Path(__file__).with_name("user_database.c")
HANGS, FAILS, GARBAGE = 1, 2, 3
STRANGERS = (20001, 20002, 20003)  # users that no file knows


@pytest.fixture
def script(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the shell script that makes the odd database the only one beside the files."""
    module = tmp_path / "libnss_odd.so.2"
    compiler = program_or_skip("gcc")
    options = [f"-DMODE={request.param}", "-shared", "-fPIC", "-o", str(module)]
    subprocess.run([compiler, *options, SOURCE], check=True, capture_output=True)
    (tmp_path / "nsswitch.conf").write_text("passwd: files odd\ngroup: files\n")
    return f"mount --bind {tmp_path}/nsswitch.conf /etc/nsswitch.conf\nexport LD_LIBRARY_PATH={tmp_path}"


@pytest.fixture
def strangers() -> Iterator[list[int]]:
    """Run a process for each of the users that no file knows; skips where that may not be."""
    with contextlib.ExitStack() as stack:
        pids = []
        for uid in STRANGERS:
            try:
                process = stack.enter_context(subprocess.Popen(["sleep", "600"], user=uid))
            except PermissionError:
                pytest.skip("only root runs processes of other users")
            stack.callback(process.kill)
            pids.append(process.pid)
        yield pids


hanging = pytest.mark.parametrize("script", [HANGS], indirect=True, ids=["hangs"])
odd = pytest.mark.parametrize(
    "script", [HANGS, FAILS, GARBAGE], indirect=True, ids=["hangs", "fails", "garbage"]
)


@odd
def test_top_shows_numbers_at_once(script: str, strangers: list[int], tmp_path: Path):
    (tmp_path / "exporter.yml").touch()
    began = time.monotonic()

    said = run_confined(
        script, COMMAND, "top", "--json", "--count", "5000", "--config", tmp_path / "exporter.yml"
    )

    rows = {row["pid"]: row["user"] for row in json.loads(said.stdout)["processes"]}
    assert (said.returncode, said.stderr) == (0, "")
    assert [rows[pid] for pid in strangers] == [str(uid) for uid in STRANGERS]
    assert "root" in rows.values(), "those in the files are known"
    assert time.monotonic() - began < 30, "the database would have taken for ever"


@hanging
def test_doctor_says_that_it_hangs_and_does_not(script: str, strangers: list[int], tmp_path: Path):
    (tmp_path / "exporter.yml").write_text("listen: 127.0.0.1:0\n")

    said = run_confined(script, COMMAND, "doctor", "--json", "--config", tmp_path / "exporter.yml")

    found = {finding["check"]: finding for finding in json.loads(said.stdout)}
    assert strangers
    assert found["users"]["verdict"] == "problem"
    assert "did not answer within 2 s: users are shown by number" in found["users"]["says"]
    assert found["collectors"]["verdict"] == "ok"


class UnderAnOddDatabase(Exporter):
    """An exporter whose user database hangs."""

    def __init__(self, folder: Path, script: str) -> None:
        self.under = tuple(confined(script))
        super().__init__(folder)


@hanging
def test_no_request_waits_for_it(script: str, strangers: list[int], tmp_path: Path):
    exporter = UnderAnOddDatabase(tmp_path, script)
    try:
        headers = bearer(exporter.token())
        askers = [
            threading.Thread(target=exporter.ask, args=("GET", "/processlist?count=500", headers))
            for _ in range(16)
        ]
        began = time.monotonic()
        for asker in askers:
            asker.start()
        wait_until(lambda: exporter.ask("GET", "/stats", headers)[0] == 200)
        exporter.token()
        status, listed = exporter.ask("GET", "/processlist?count=500", headers)
        scrape = exporter.ask("GET", "/metrics", {})[1].decode()
        for asker in askers:
            asker.join()
        took_seconds = time.monotonic() - began
    finally:
        exporter.kill()

    users = {process["pid"]: process["user"] for process in json.loads(listed)["processes"]}
    success = {
        sample.labels["collector"]: sample.value
        for family in text_string_to_metric_families(scrape)
        for sample in family.samples
        if sample.name == "marax_collector_success"
    }
    assert status == 200
    assert [users[pid] for pid in strangers] == [str(uid) for uid in STRANGERS]
    assert set(success.values()) == {1.0}
    assert took_seconds < 30, "three users that hang would have taken for ever"
