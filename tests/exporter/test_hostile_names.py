"""Sixteen processes with names that break exporters: cut letters, newlines, quotes, escapes, our words."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.programs import program_or_skip
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.system

COMMAND = Path(sys.executable).with_name("marax-exporter")
NAMES = (
    b"\xff\xfe\xfd",
    "fourteen bytes\u00e9".encode()[:15],
    "\u6f22\u5b57\u6f22\u5b57\u6f22".encode(),
    "\U0001f600\U0001f600\U0001f600\U0001f600".encode()[:15],
    b"\xed\xa0\x80\xed\xb0\x80",
    "\u202egnp.exe".encode(),
    b"a\nmarax_load1 9",
    b"\r\x0b\x0c\xc2\x85\xe2\x80\xa8",
    b'quo"te\\n\\"',
    b"{{x}}$(id)`id`",
    b"\x1b[2J\x1b[31mred",
    b"</script><b>",
    b") S 1 (",
    b" ",
    b"(other)",
    b"(kernel)",
)
RUN = r"""
import os, sys
for number, name in enumerate(eval(sys.argv[1])):
    if os.fork() == 0:
        held = bytearray(b"x" * 2**20)
        with open("/proc/self/comm", "wb") as comm:
            comm.write(name)
        os.write(1, b"%d %d\n" % (number, os.getpid()))
        break
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def pids() -> Iterator[list[int]]:
    command = [sys.executable, "-c", RUN, repr(NAMES), "\x1b]0;evil\x07\n", '"} 1\n']
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        said = sorted(tuple(map(int, parent.stdout.readline().split())) for _ in NAMES)
        yield [pid for _, pid in said]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "exporter.yml"
    path.write_text("processes: {groups: 200, top: 20, show_cmdline: true}\nlisten: 127.0.0.1:0\n")
    return path


def run(config: Path, *arguments: str, **environment: str) -> str:
    said = subprocess.run(
        [COMMAND, "--config", config, *arguments],
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        env={"PATH": "/usr/bin:/bin"} | environment,
    )
    assert b"Traceback" not in said.stderr
    assert b"collector failed" not in said.stderr
    return said.stdout.decode()


def test_each_has_a_group_of_its_own_and_breaks_no_line(pids: list[int], config: Path):
    exposition = run(config, "metrics")

    families = list(text_string_to_metric_families(exposition))
    groups = {s.labels["group"] for f in families for s in f.samples if s.name == "marax_group_processes"}
    load = [s.value for f in families for s in f.samples if s.name == "marax_load1"]
    assert len(pids) == len(NAMES)
    assert {name.decode(errors="replace") for name in NAMES} <= groups
    assert len(load) == 1


def test_promtool_has_nothing_to_say_about_them(pids: list[int], config: Path):
    promtool = program_or_skip("promtool")

    said = subprocess.run(
        [promtool, "check", "metrics"],
        input=run(config, "metrics"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert pids
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_top_names_them_in_json(pids: list[int], config: Path):
    rows = {
        row["pid"]: row["name"]
        for row in json.loads(run(config, "top", "--json", "--count", "5000"))["processes"]
    }

    assert [rows[pid] for pid in pids] == [name.decode(errors="replace") for name in NAMES]


@pytest.mark.parametrize("environment", [{"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}], ids=repr)
def test_top_and_doctor_print_a_line_for_each(pids: list[int], config: Path, environment: dict[str, str]):
    table = run(config, "top", "--once", "--count", "5000", **environment)
    findings = run(config, "doctor", **environment)

    shown = {int(line.split()[0]) for line in table.splitlines()[4:]}
    assert set(pids) <= shown
    assert "\x1b" not in table + findings
    assert "\r" not in table + findings
