"""What a scan of all processes costs, next to a C program that opens, reads and closes each stat file."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.child import BenchError, Child
from bench.crowd import Crowd
from bench.figures import Row, Spread, Verdict, judged, ratios
from bench.stage import Stage

_MARK = 1.15
_SCANS_IN_A_ROW = 5
_WARM_UP_SCANS = 16  # past 12, from which on every scan costs the same
_PEER = "C program: open, read, close"
_SOURCE = Path(__file__).parents[1] / "open_read_close.c"


def measure(stage: Stage) -> Iterator[Row]:
    """Yield what a scan costs while nothing happens, and when every process has run since the one before."""
    what = f"one scan of {stage.scale.crowd:,} idle processes, CPU time"
    compiler = shutil.which("cc")
    if compiler is None:
        why = "no C compiler (cc) on this machine"
        yield Row(what=what, against=_PEER, mark=f"<= {_MARK}x", figure=why, verdict=Verdict.LEFT_OUT)
        return
    with ExitStack() as ends:
        crowd = ends.enter_context(Crowd(stage.scale.crowd))
        ours = ends.enter_context(Child("our scan", (sys.executable, "-m", "bench.own_scan")))
        theirs = ends.enter_context(Child("the C program", (_compiled(compiler, stage.folder),)))
        for child in (ours, theirs):
            _seconds(child, _WARM_UP_SCANS)
        stage.say("scan: idle processes")
        pairs = [_pair(ours, theirs, _SCANS_IN_A_ROW) for _ in range(stage.scale.scan_pairs)]
        ratio, figure = _compared(pairs)
        verdict = judged(is_met=ratio.median <= _MARK)
        yield Row(what=what, against=_PEER, mark=f"<= {_MARK}x", figure=figure, verdict=verdict)
        stage.say("scan: processes that are woken in between")
        pairs = [_woken_pair(crowd, ours, theirs) for _ in range(stage.scale.scan_pairs)]
        what = "the same, each process having run in between"
        yield Row(what=what, against=_PEER, mark="--", figure=_compared(pairs)[1], verdict=Verdict.NO_MARK)


def _pair(ours: Child, theirs: Child, scans: int) -> tuple[float, float]:
    return _seconds(ours, scans), _seconds(theirs, scans)


def _woken_pair(crowd: Crowd, ours: Child, theirs: Child) -> tuple[float, float]:
    crowd.wake()
    return _pair(ours, theirs, 1)


def _seconds(scanner: Child, scans: int) -> float:
    """Return the CPU time of one scan, out of so many."""
    return float(scanner.order(str(scans)).split()[0]) / scans


def _compared(pairs: list[tuple[float, float]]) -> tuple[Spread, str]:
    ours, theirs = zip(*pairs, strict=True)
    ratio = ratios(ours, theirs)
    milliseconds = [Spread.of(seconds).median * 1000 for seconds in (ours, theirs)]
    return ratio, f"{ratio.told('x')}; {milliseconds[0]:.1f} ms against {milliseconds[1]:.1f} ms"


def _compiled(compiler: str, folder: Path) -> str:
    program = str(folder / _SOURCE.stem)
    built = subprocess.run(  # noqa: S603 - the compiler of this machine, on our own source
        (compiler, "-O2", "-o", program, str(_SOURCE)), capture_output=True, text=True, check=False
    )
    if built.returncode:
        raise BenchError(f"{_SOURCE.name} cannot be compiled: {built.stderr.strip()}")
    return program
