"""Whether anything that was answered 200 is lost or doubled when the bridge is killed, again and again."""

from collections.abc import Iterator

from bench.figures import Row, judged
from bench.stage import QUICK, Stage
from tests.system.crashing import CrashRun, Findings
from tests.system.test_crash import HOSTILE

_KILLS, _QUICK_KILLS = 100, 8
_DRAIN_SECONDS = 300.0


def measure(stage: Stage) -> Iterator[Row]:
    """Yield what 100 times SIGKILL at random moments cost, before a Mailgun that goes wrong in many ways."""
    kills = _QUICK_KILLS if stage.scale is QUICK else _KILLS
    what = f"kill -9 of the bridge, {kills} times at random, hostile Mailgun"
    stage.say(f"crash: {kills} times SIGKILL while posts come in, Mailgun {HOSTILE}; it can be asked")
    found = _run(stage, kills, may_look_up=True)
    yield Row(
        what=f"{what} that can be asked",
        against="--",
        mark="0 lost, 0 doubled",
        figure=_figure(found),
        verdict=judged(is_met=_is_whole(found) and not found.doubled),
    )
    stage.say(f"crash: {kills} times SIGKILL again; Mailgun cannot be asked")
    found = _run(stage, kills, may_look_up=False)
    yield Row(
        what=f"{what} that cannot be asked",
        against="--",
        mark="0 lost; doubled only where flagged, under one Message-Id",
        figure=_figure(found, f", {len(found.unmarked)} of them not flagged or under two"),
        verdict=judged(is_met=_is_whole(found) and not found.unmarked),
    )


def _run(stage: Stage, kills: int, *, may_look_up: bool) -> Findings:
    folder = stage.folder / f"crash-{may_look_up}"
    folder.mkdir()
    run = CrashRun(folder, kills=kills, faults=HOSTILE, may_look_up=may_look_up)
    return run.run(drain_seconds=_DRAIN_SECONDS)


def _is_whole(found: Findings) -> bool:
    return bool(found.told) and not found.lost and found.integrity == "ok"


def _figure(found: Findings, more: str = "") -> str:
    counted = f"{found.told} mails owed, {len(found.lost)} lost, {found.doubled} doubled{more}"
    return f"{counted}; database {found.integrity}"
