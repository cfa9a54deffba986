"""The runner and its supervisor, on real processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from exporter.commands.catalogue import Job
from exporter.commands.runner import GRACE_SECONDS, Busy, Ended, NotStarted, Run, Runner
from tests.descriptors import descriptors
from tests.exporter.commands.naps import nappers, new_nap, wait_for_nap, wait_until_gone

ROOT = Path(__file__).parents[3]
IS_ROOT = os.geteuid() == 0
SURROUNDINGS = """
import json, os, resource, signal, sys
# Python ignores two signals itself, and glibc keeps two more from everybody
used = signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(json.dumps({
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "input": sys.stdin.read(),
    "descriptors": sorted(os.listdir("/proc/self/fd"))[:-1],
    "umask": oct(os.umask(0)),
    "open files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    "leads its session": os.getsid(0) == os.getpgid(0) == os.getpid(),
    "ignored signals": int(status["SigIgn"], 16) & sum(1 << number - 1 for number in used),
    "blocked signals": int(status["SigBlk"], 16),
}))
"""


def job(*argv: str, name: str = "x", limit: float = 20.0, at_once: int = 1, run_as: str | None = None) -> Job:
    return Job(
        name=name,
        argv=argv,
        time_limit_seconds=limit,
        output_limit_bytes=1024,
        at_once=at_once,
        run_as=run_as,
    )


def shell(script: str, **about) -> Job:
    return job("/bin/sh", "-c", script, **about)


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner(most_at_once=3)
    yield runner
    runner.end_all()


def placed(runner: Runner, wanted: Job) -> Run:
    run = runner.place(wanted)
    assert isinstance(run, Run)
    return run


def run_whole(runner: Runner, wanted: Job) -> tuple[bytes, Ended | NotStarted]:
    run = placed(runner, wanted)
    try:
        failure = run.start()
        return (b"", failure) if failure else (b"".join(run.chunks()), run.end)
    finally:
        run.close()


@pytest.mark.attack(37)
def test_runs_in_surroundings_made_from_nothing(runner: Runner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MARAX_SECRET", "hunter2")

    output, _ = run_whole(runner, job("/usr/bin/env", sys.executable, "-I", "-S", "-c", SURROUNDINGS))

    seen = json.loads(output)
    assert set(seen["environment"]) - {"LC_CTYPE"} == {"PATH", "LANG", "HOME"}
    assert seen["environment"]["LANG"] == "C.UTF-8"
    assert seen["folder"] == "/"
    assert seen["input"] == ""
    assert seen["descriptors"] == ["0", "1", "2"]
    assert seen["umask"] == "0o22"
    assert seen["open files"] <= 1024
    assert seen["leads its session"]
    assert (seen["ignored signals"], seen["blocked signals"]) == (0, 0)


def test_gives_the_arguments_as_they_are(runner: Runner):
    arguments = ["$(id)", "; id", "`id`", "*", "~", "", "a b", "\n", "naïve", "--", "{x}"]

    output, _ = run_whole(runner, job("/usr/bin/printf", "%s\\0", *arguments))

    assert output.decode().split("\0")[:-1] == arguments


def test_takes_stdout_and_stderr_in_their_order(runner: Runner):
    output, _ = run_whole(runner, shell("echo 1; echo 2 >&2; echo 3"))

    assert output == b"1\n2\n3\n"


@pytest.mark.attack(34)
@pytest.mark.parametrize(
    ("script", "exit_code"), [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -SEGV $$", -11)]
)
def test_tells_how_the_program_ended(runner: Runner, script: str, exit_code: int):
    _, end = run_whole(runner, shell(script))

    assert isinstance(end, Ended)
    assert (end.how, end.exit_code, end.left_over) == ("ended", exit_code, 0)
    assert 0 < end.duration_seconds < 20


def test_says_nothing_once_a_second(runner: Runner):
    run = placed(runner, shell("sleep 1.5; echo late"))
    run.start()

    *silence, last = run.chunks()
    run.close()

    assert last == b"late\n"
    assert set(silence) == {b""}


ESCAPES = {
    "a child in the background holds the pipe": ("sleep {nap} & echo out", "ended"),
    "an orphan in another session": ("echo out; (setsid sleep {nap} &)", "ended"),
    "closes its output and lives on": ("echo out; exec >&- 2>&-; sleep {nap}", "timed-out"),
    "takes too long": ("echo out; sleep {nap}", "timed-out"),
    "ignores SIGTERM": ("echo out; trap '' TERM; sleep {nap}; sleep {nap}", "timed-out"),
    "forks, calls setsid and ignores SIGTERM": (
        "echo out; trap '' TERM; (setsid sh -c 'setsid sleep {nap} & sleep {nap}' &); setsid sleep {nap}",
        "timed-out",
    ),
    "is stopped": ("echo out; (setsid sleep {nap} &); kill -STOP $$", "timed-out"),
}


@pytest.mark.attack(35)
@pytest.mark.alone
def test_leaves_nothing_behind_of_any_and_is_done_with_each_in_time():
    runner = Runner(most_at_once=len(ESCAPES))

    def let_escape(name: str) -> tuple[bytes, Ended | NotStarted, float, str]:
        nap, began = new_nap(), time.monotonic()
        script = ESCAPES[name][0].format(nap=nap)
        output, end = run_whole(runner, shell(script, name=name, limit=0.5))
        return output, end, time.monotonic() - began, nap

    with ThreadPoolExecutor(len(ESCAPES)) as pool:
        ends = dict(zip(ESCAPES, pool.map(let_escape, ESCAPES), strict=True))

    for name, (output, end, took_seconds, nap) in ends.items():
        assert output == b"out\n", name
        assert isinstance(end, Ended), name
        assert (end.how, end.left_over) == (ESCAPES[name][1], 0), name
        assert took_seconds < 0.5 + GRACE_SECONDS + 1, name
        wait_until_gone(nap)


@pytest.mark.attack(35)
def test_ends_its_own_processes_and_nobody_elses(runner: Runner):
    other_nap = new_nap()
    other = placed(runner, shell(f"(setsid sleep {other_nap} &); sleep {other_nap}", name="other"))
    other.start()
    wait_for_nap(other_nap)

    _, end = run_whole(runner, shell(f"(setsid sleep {new_nap()} &); sleep {new_nap()}", limit=0.3))

    assert isinstance(end, Ended)
    assert end.how == "timed-out"
    assert len([line for line in nappers(other_nap) if line.startswith("sleep")]) == 2
    other.give_up()
    list(other.chunks())
    other.close()
    wait_until_gone(other_nap)


@pytest.mark.attack(36)
def test_output_without_end_takes_no_memory(runner: Runner):
    run = placed(runner, job("/usr/bin/yes", limit=0.6))
    run.start()
    before_bytes = psutil.Process().memory_info().rss

    total = sum(map(len, run.chunks()))
    run.close()

    assert total > 1024 * 1024
    assert psutil.Process().memory_info().rss - before_bytes < 8 * 1024 * 1024


def test_loses_no_byte_of_the_output(runner: Runner):
    output, _ = run_whole(runner, shell("head -c 3000000 /dev/zero; echo"))

    assert len(output) == 3_000_001


def test_runs_so_many_of_a_name_and_so_many_in_all(runner: Runner):
    runs = [runner.place(job("/bin/true", name=name, at_once=2)) for name in "aaabc"]

    assert [isinstance(run, Busy) for run in runs] == [False, False, True, False, True]
    assert runner.running() == {"a": 2, "b": 1}
    for run in runs:
        if isinstance(run, Run):
            run.close()
    assert runner.running() == {}


def test_can_be_given_up_from_another_thread(runner: Runner):
    nap = new_nap()
    run = placed(runner, shell(f"sleep {nap}"))
    run.start()
    threading.Timer(0.2, run.give_up).start()

    output = b"".join(run.chunks())
    run.close()

    assert (output, run.end.how, run.end.exit_code) == (b"", "abandoned", -signal.SIGTERM)
    wait_until_gone(nap)


def test_a_run_that_is_closed_early_is_ended(runner: Runner):
    nap = new_nap()
    run = placed(runner, shell(f"sleep {nap}"))
    run.start()

    run.close()

    wait_until_gone(nap)
    assert runner.running() == {}


def test_ends_all_and_begins_no_more(runner: Runner):
    naps = [new_nap(), new_nap()]
    runs = [placed(runner, shell(f"sleep {nap}", name=nap)) for nap in naps]
    for run in runs:
        run.start()

    runner.end_all()

    for run, nap in zip(runs, naps, strict=True):
        list(run.chunks())
        run.close()
        assert run.end.how == "abandoned"
        wait_until_gone(nap)
    assert isinstance(runner.place(job("/bin/true")), Busy)


KILLED = """
import sys
sys.path.insert(0, {root!r})
from exporter.commands.catalogue import Job
from exporter.commands.runner import Runner
run = Runner(most_at_once=1).place(Job(
    name="x", argv=("/bin/sh", "-c", {script!r}), time_limit_seconds=60, output_limit_bytes=1,
))
run.start()
list(run.chunks())
"""


@pytest.mark.attack(44)
def test_nothing_is_left_when_the_exporter_is_killed():
    nap = new_nap()
    script = f"trap '' TERM; (setsid sleep {nap} &); sleep {nap}"
    program = KILLED.format(root=str(ROOT), script=script)
    with subprocess.Popen([sys.executable, "-c", program]) as exporter:
        wait_for_nap(nap)

        exporter.kill()

    assert nappers(nap) != []
    wait_until_gone(nap)


def test_a_killed_supervisor_takes_the_program_with_it(runner: Runner):
    nap = new_nap()
    run = placed(runner, job("/bin/sleep", nap))
    run.start()
    supervisor = next(child for child in psutil.Process().children() if nap in child.cmdline())

    supervisor.kill()
    list(run.chunks())
    run.close()

    assert run.end.how == "abandoned"
    wait_until_gone(nap)


@pytest.mark.attack(32)
@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        (None, 0, "No such file or directory"),
        (b"#!/bin/sh\n", 0o600, "Permission denied"),
        (b"neither a script nor a program", 0o700, "Exec format error"),
        (b"#!/no/such/interpreter\n", 0o700, "No such file or directory"),
    ],
)
def test_says_why_a_program_cannot_be_started(
    runner: Runner, tmp_path: Path, content: bytes | None, mode: int, reason: str
):
    program = tmp_path / "program"
    if content is not None:
        program.write_bytes(content)
        program.chmod(mode)

    output, end = run_whole(runner, job(str(program)))

    assert (output, end) == (b"", NotStarted(reason=f"{program}: {reason}"))


def test_says_that_there_is_no_such_user(runner: Runner):
    _, end = run_whole(runner, job("/bin/true", run_as="no_such_user"))

    assert end == NotStarted(reason="there is no user no_such_user on this host")


@pytest.mark.skipif(not IS_ROOT, reason="only root may become somebody else")
def test_runs_as_another_user(runner: Runner):
    output, _ = run_whole(runner, shell("id -un; id -G; echo $HOME; umask", run_as="nobody"))

    identity = subprocess.run(["id", "-G", "nobody"], capture_output=True, text=True, check=True).stdout
    assert output.decode() == f"nobody\n{identity}{Path('~nobody').expanduser()}\n0022\n"


@pytest.mark.attack(38)
def test_a_command_is_not_as_dear_to_the_kernel_as_the_exporter(runner: Runner):
    dearness = Path("/proc/self/oom_score_adj")
    before = dearness.read_text()
    try:
        dearness.write_text("-500")
    except PermissionError:
        pytest.skip("being dearer to the kernel than others takes CAP_SYS_RESOURCE")
    try:
        output, _ = run_whole(runner, job("/bin/cat", str(dearness)))
    finally:
        dearness.write_text(before)

    assert output == b"0\n"


@pytest.mark.skipif(IS_ROOT, reason="root may become anybody")
def test_says_what_it_takes_to_run_as_another_user(runner: Runner):
    _, end = run_whole(runner, job("/bin/true", run_as="root"))

    expected = "to run it as root the exporter must be root, or have CAP_SETUID and CAP_SETGID"
    assert end == NotStarted(reason=expected)


def test_gives_back_every_descriptor_and_process(runner: Runner):
    run_whole(runner, job("/bin/true"))
    before = descriptors()

    for wanted in [job("/bin/true"), job("/no/such/program"), job("/bin/true", run_as="no_such_user")]:
        run_whole(runner, wanted)

    assert descriptors() - before == set()
    with contextlib.suppress(ChildProcessError):
        assert os.waitpid(-1, os.WNOHANG) == (0, 0)
