import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.accounting import cpu_seconds, pss_bytes
from bench.child import BenchError, Child
from bench.crowd import Crowd
from tests.waiting import PATIENCE_SECONDS, wait_until

ROOT = Path(__file__).parents[2]
COMPILER = shutil.which("cc")


def crowd_of(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children()


def wait_until_idle(processes: list[psutil.Process]) -> None:
    wait_until(lambda: {process.status() for process in processes} == {psutil.STATUS_SLEEPING}, "all sleep")


def test_a_crowd_is_there_while_it_lasts_and_gone_afterwards():
    with Crowd(20) as crowd:
        processes = crowd_of(crowd.pid)
        wait_until_idle(processes)

    assert (crowd.size, len(processes)) == (20, 20)
    assert not any(process.is_running() for process in processes)


def test_waking_a_crowd_makes_each_of_it_run():
    def runs() -> list[str]:
        return [Path(f"/proc/{process.pid}/schedstat").read_text() for process in processes]

    with Crowd(5) as crowd:
        processes = crowd_of(crowd.pid)
        wait_until_idle(processes)
        before, still = runs(), runs()
        crowd.wake()
        wait_until(lambda: not set(before) & set(runs()), "each has run")

    assert before == still


def test_a_crowd_does_not_outlive_a_bench_that_is_killed():
    program = "from bench.crowd import Crowd\nimport time\nprint(Crowd(5).pid, flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT) as bench:
        assert bench.stdout
        leader = psutil.Process(int(bench.stdout.readline()))
        processes = [leader, *leader.children()]
        bench.kill()

    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    assert not alive
    assert len(processes) == 6


def test_a_child_that_ends_early_is_told_of():
    with Child("the child", ["true"]) as child, pytest.raises(BenchError, match="the child"):
        child.order("1")


def test_both_scanners_find_the_same_processes(tmp_path: Path):
    if COMPILER is None:
        pytest.skip("there is no C compiler here")
    program = tmp_path / "open_read_close"
    subprocess.run(
        [COMPILER, "-Wall", "-Werror", "-o", program, ROOT / "bench/open_read_close.c"], check=True
    )
    with (
        Crowd(50),
        Child("ours", [sys.executable, "-m", "bench.own_scan"]) as ours,
        Child("theirs", [str(program)]) as theirs,
    ):

        def they_agree() -> bool:
            (our_seconds, found), (their_seconds, expected) = (
                [float(word) for word in child.order("3").split()] for child in (ours, theirs)
            )
            assert min(our_seconds, their_seconds) > 0
            return found > 50 and abs(found - expected) <= 10  # those that come and go meanwhile

        wait_until(they_agree)


def test_takes_the_kernels_account_of_a_process():
    times = os.times()

    assert cpu_seconds(os.getpid()) == pytest.approx(times.user + times.system, abs=0.5)
    assert pss_bytes(os.getpid()) <= psutil.Process().memory_info().rss
