"""Whether anything that was answered 200 is lost when the bridge is killed, again and again."""

from collections.abc import Iterator

from bench.figures import Row, judged
from bench.stage import QUICK, Stage
from tests.system.crashing import CrashRun
from tests.system.test_crash import HOSTILE

_KILLS, _QUICK_KILLS = 100, 8
_DRAIN_SECONDS = 300.0


def measure(stage: Stage) -> Iterator[Row]:
    """Yield what 100 times SIGKILL at random moments cost, before a Mailgun that goes wrong in many ways."""
    kills = _QUICK_KILLS if stage.scale is QUICK else _KILLS
    stage.say(f"crash: {kills} times SIGKILL while posts come in, Mailgun {HOSTILE}")
    folder = stage.folder / "crash"
    folder.mkdir()
    found = CrashRun(folder, kills=kills, faults=HOSTILE).run(drain_seconds=_DRAIN_SECONDS)
    yield Row(
        what=f"kill -9 of the bridge, {kills} times at random, hostile Mailgun",
        against="--",
        mark="0 lost; doubled only where flagged ambiguous",
        figure=(
            f"{found.told} mails owed, {len(found.lost)} lost, {found.doubled} doubled, of them "
            f"{len(found.unmarked)} not flagged; database {found.integrity}"
        ),
        verdict=judged(is_met=not found.lost and not found.unmarked and found.integrity == "ok"),
    )
