"""One program of a stack, with small servers as the programs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.stack.part import Part, PartError, Program
from scripts.stack.ports import free_addresses
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(
    not Path("/usr/bin/setpriv").exists(), reason="setpriv, of util-linux, ends a part with its parent"
)

# Answers every GET: /-/ready with 200, /json with JSON, all else with 404.
SERVER = """
import http.server, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path in ("/-/ready", "/json") else 404)
        self.end_headers()
        self.wfile.write(b'{"answer": 42}')
if "--stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


def a_part(folder: Path, script: str, *arguments: str, address: str = "127.0.0.1:1") -> Part:
    program = Program(
        name="the part",
        argv=(sys.executable, "-c", script, *arguments),
        address=address,
        log=folder / "log" / "part.log",
        grace_seconds=0.5,
    )
    return Part(program)


def a_server(folder: Path, *arguments: str) -> Part:
    (address,) = free_addresses(1)
    return a_part(folder, SERVER, address.rpartition(":")[2], *arguments, address=address)


def is_running(pid: int) -> bool:
    """Return whether the process lives; one that ended and that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def command_line(pid: int) -> list[str]:
    """Return what the process was called with; nothing while it turns into another program."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]


def test_is_ready_once_it_answers_and_gone_once_it_is_stopped(tmp_path):
    part = a_server(tmp_path)
    part.start()
    part.wait_until_ready()
    pid = part.pid

    part.stop()

    assert pid is not None
    assert not is_running(pid)
    assert part.pid is None


def test_comes_back_on_its_address_after_it_was_killed(tmp_path):
    part = a_server(tmp_path)
    part.start()
    part.wait_until_ready()
    part.kill()

    part.start()
    part.wait_until_ready()

    assert part.ask("/json") == {"answer": 42}
    part.stop()


def test_ends_by_force_what_does_not_end_in_good_order(tmp_path):
    part = a_server(tmp_path, "--stubborn")
    part.start()
    part.wait_until_ready()
    pid = part.pid

    part.stop()

    assert pid is not None
    assert not is_running(pid)


def test_stopping_what_never_ran_does_nothing(tmp_path):
    part = a_server(tmp_path)

    part.stop()

    assert part.pid is None


def test_a_part_that_ends_at_once_is_told_with_its_code_and_the_end_of_its_log(tmp_path):
    part = a_part(tmp_path, "raise SystemExit('port 1 is not for you')")
    part.start()

    with pytest.raises(PartError, match=r"the part ended \(exit code 1\)[^$]*    port 1 is not for you"):
        part.wait_until_ready()


def test_a_part_that_never_serves_is_told_after_the_deadline(tmp_path):
    part = a_part(tmp_path, "import time; print('thinking', flush=True); time.sleep(60)")
    part.start()
    wait_until(lambda: part.log.exists() and part.log.read_text())

    with pytest.raises(PartError, match=r"was not ready on 127.0.0.1:1 within 0.5 s[^$]*    thinking"):
        part.wait_until_ready(deadline_seconds=0.5)

    part.kill()


def test_an_answer_that_is_an_error_is_told(tmp_path):
    part = a_server(tmp_path)
    part.start()
    part.wait_until_ready()

    with pytest.raises(PartError, match="the part answers /nowhere with 404"):
        part.ask("/nowhere")

    part.stop()


def test_asking_a_part_that_is_gone_is_told(tmp_path):
    part = a_server(tmp_path)

    with pytest.raises(PartError, match="the part does not answer /json"):
        part.ask("/json")


def test_dies_with_the_process_that_started_it_even_if_that_is_killed(tmp_path):
    script = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from scripts.stack.part import Part, Program
sleeper = tuple(sys.argv[3:])
part = Part(Program(name="sleeper", argv=sleeper, address="127.0.0.1:1", log=Path(sys.argv[2])))
part.start()
print(part.pid, flush=True)
time.sleep(600)
"""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", script, str(root), str(tmp_path / "log"), *SLEEPER],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        wait_until(lambda: command_line(pid) == SLEEPER, "the sleeper runs, and setpriv no longer")

        os.kill(parent.pid, signal.SIGKILL)

    wait_until(lambda: not is_running(pid), "the sleeper died with its parent")
