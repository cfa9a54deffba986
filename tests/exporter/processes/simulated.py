"""The tables of docs/metrics.md: `python -m tests.exporter.processes.simulated` prints them, in a minute."""

from collections import Counter
from dataclasses import dataclass
from random import Random

import click

from tests.exporter.processes.simulation import (
    BEGAN,
    GIB,
    HOUR_SECONDS,
    INTERVAL_SECONDS,
    SETTINGS,
    Actor,
    Groups,
    Jobs,
    Machine,
    Tops,
    daemons,
    first,
    histories,
    most_within_an_hour,
    pids,
    renamer,
    workers,
)

SMALL = Machine()
LARGE = Machine(cpus=256, memory_bytes=1024 * GIB)
SECONDS = 1.5 * HOUR_SECONDS
HOG = 999_999
JOBS = {
    "of 2 to 30 % for 2 to 20 s": Jobs(every_seconds=10, lasting=(2, 20), share=(0.02, 0.3)),
    "of 10 to 30 % for 5 to 15 s": Jobs(every_seconds=10, lasting=(5, 15), share=(0.1, 0.3)),
    "of 10 to 55 % for 5 to 10 s": Jobs(every_seconds=10, lasting=(5, 10), share=(0.1, 0.55)),
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A host: what it is, and who is at work on it beside its daemons."""

    about: str
    machine: Machine = SMALL
    daemons: int = 60
    jobs: Jobs | None = None
    workers: tuple[float, int] = (0.0, 0)
    renames: bool = False

    def actors(self, random: Random) -> list[Actor]:
        share, number = self.workers
        found = daemons(random, self.machine, number=self.daemons)
        found += workers(self.machine, share=share, number=number)
        if self.jobs is not None:
            found += self.jobs.actors(random, self.machine, seconds=SECONDS)
        return [*found, renamer(self.machine)] if self.renames else found


SCENES = (
    Scene(about="quiet: 60 daemons"),
    Scene(
        about="busy: 8 workers of 6 %, and a job every 10 s",
        workers=(0.06, 8),
        jobs=Jobs(every_seconds=10, lasting=(1, 60), share=(0.01, 0.08)),
    ),
    Scene(about="rename storm: one of 4 % has another name at every scan", renames=True),
    Scene(
        about="a job of 2 to 30 % every 10 s",
        jobs=Jobs(every_seconds=10, lasting=(2, 20), share=(0.02, 0.3)),
    ),
    Scene(
        about="eight of 2 % replaced each minute",
        jobs=Jobs(every_seconds=7.5, lasting=(60, 60), share=(0.02, 0.02)),
    ),
    Scene(
        about="256 CPUs, 1 TiB: 20 workers of half a CPU, and a job every 30 s",
        machine=LARGE,
        daemons=300,
        workers=(0.002, 20),
        jobs=Jobs(every_seconds=30, lasting=(60, 600), share=(0.001, 0.004)),
    ),
    Scene(
        about="fork storm: after 10 min, 5 a second of up to 2 %",
        jobs=Jobs(every_seconds=0.2, lasting=(0, 12), share=(0.001, 0.02), first=600),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a scene.

    Attributes:
        fewest: The fewest processes shown at a scan, after the first three.
        belonging: Of those that belong among the top, the share that was shown.
        limited: The share of scans at which the selection said that it was limited.
        misled: At how many scans that was not so.
        new_processes: The most that were taken up within an hour.
        new_groups: The same of groups; one that was there in the hour before is not new.
    """

    fewest: int
    belonging: float
    limited: float
    misled: int
    new_processes: int
    new_groups: int


def outcome(scene: Scene, *, seed: int = 1) -> Outcome:
    """Play *scene*, with a scan every 5 s."""
    tops, groups = Tops(), Groups()
    taken_up, named = 0, dict[str, float]()
    new_processes, new_groups = list[float](), list[float]()
    shown, belonging, limited, misled = list[int](), list[float](), 0, 0
    for history in histories(scene.machine, scene.actors(Random(seed)), seconds=SECONDS):
        moment, top, names = history[-1].monotonic_seconds, tops.at(history), groups.at(history)
        wanted = first(history)
        missing = wanted - pids(top)
        new_processes += [moment] * (top.taken_up - taken_up)
        new_groups += [moment for name in names if named.get(name, -HOUR_SECONDS) < moment - HOUR_SECONDS]
        taken_up, named = top.taken_up, named | dict.fromkeys(names, moment)
        shown.append(len(top.members))
        belonging.append(1 - len(missing) / len(wanted))
        limited += top.limited
        misled += top.limited != bool(missing)
    return Outcome(
        fewest=min(shown[3:]),
        belonging=sum(belonging) / len(belonging),
        limited=limited / len(shown),
        misled=misled,
        new_processes=most_within_an_hour(new_processes),
        new_groups=most_within_an_hour(new_groups),
    )


def scans_until_hogs_are_shown(
    jobs: Jobs, *, seed: int, hogs: int, interval_seconds: float = INTERVAL_SECONDS
) -> list[int]:
    """Return after how many scans each of so many processes is shown that use 40 % of a host.

    They start at random moments, beside a process that renames itself and *jobs*, and end after 30 s.
    """
    random, machine, tops = Random(seed), Machine(), Tops()
    part = SECONDS / hogs
    starts = [BEGAN + hog * part + random.uniform(0, part - 60) for hog in range(hogs)]
    actors = [
        *daemons(random, machine, number=15),
        renamer(machine),
        *jobs.actors(random, machine, seconds=SECONDS),
        *(
            Actor(pid=HOG + number, name="hog", cpus=0.4 * machine.cpus, started=start, ended=start + 30)
            for number, start in enumerate(starts)
        ),
    ]
    scans = dict.fromkeys(range(HOG, HOG + hogs), 0)
    seen = set[int]()
    for history in histories(machine, actors, seconds=SECONDS, interval_seconds=interval_seconds):
        shown = pids(tops.at(history))
        for pid in scans.keys() & history[-1].processes.keys() - seen:
            scans[pid] += 1
            seen |= {pid} & shown
    never = int(30 / interval_seconds) + 1
    return [number if pid in seen else never for pid, number in scans.items()]


def row(scene: Scene, found: Outcome) -> str:
    """Return the row of *scene* in the first table."""
    cells = (
        scene.about,
        f"{100 * found.belonging:.1f} %",
        f"{found.fewest} of {2 * SETTINGS.top}",
        f"{100 * found.limited:.1f} %",
        f"{found.new_processes} of {SETTINGS.new_per_hour}",
        f"{found.new_groups} of {SETTINGS.new_per_hour}",
    )
    return f"| {' | '.join(cells)} |"


def row_of_hogs(about: str) -> str:
    """Return the row of the second table about those jobs: of 1,000 processes with 40 % beside them."""
    scans = Counter[int]()
    for seed in range(50):
        scans.update(scans_until_hogs_are_shown(JOBS[about], seed=seed, hogs=20))
    return f"| {about} | {scans[1]} | {scans[2]} | {scans.total() - scans[1] - scans[2]} | {max(scans)} |"


if __name__ == "__main__":
    for line in (*(row(scene, outcome(scene)) for scene in SCENES), *map(row_of_hogs, JOBS)):
        click.echo(line)
