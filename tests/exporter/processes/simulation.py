"""Hosts made up and scanned without a clock, for the selections of top processes and of groups."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

import msgspec

from exporter.host.snapshot import HostTotals, Snapshot, window_of, with_newest
from exporter.host.stat import Process
from exporter.processes.groups import KERNEL, OTHER, GroupLedger, program_names
from exporter.processes.ranking import ranking
from exporter.processes.settings import ProcessSettings
from exporter.processes.top import TopProcesses, TopSelection
from tests.fakes.snapshots import TICKS_PER_SECOND, a_process, a_snapshot

BEGAN = 100_000.0  # seconds after boot
INTERVAL_SECONDS = 5.0
HOUR_SECONDS = 3600.0
GIB = 1024**3
SETTINGS = ProcessSettings()

History = tuple[Snapshot, ...]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a simulated host has."""

    cpus: int = 2
    memory_bytes: int = 8 * GIB


@dataclass(kw_only=True)
class Actor:
    """A simulated process.

    Attributes:
        cpus: How many CPUs it uses on average.
        every_seconds: How often it uses them: all at once that has come together.
        renames: Whether it has another name at every scan.
    """

    pid: int
    name: str
    cpus: float = 0.0
    rss_bytes: int = 4096
    started: float = 0.0
    ended: float = math.inf
    every_seconds: float = 0.01
    renames: bool = False

    def __post_init__(self) -> None:
        self._process = a_process(
            self.pid,
            name=self.name,
            start_ticks=int(self.started * TICKS_PER_SECOND),
            rss_bytes=self.rss_bytes,
        )

    def at(self, now: float) -> Process:
        """Return it as a scan sees it; the same object as long as nothing has changed."""
        turns = int((now - self.started) / self.every_seconds)
        own_ticks = round(turns * self.every_seconds * self.cpus * TICKS_PER_SECOND)
        if own_ticks != self._process.own_ticks or self.renames:
            name = f"{self.name}-{now:.0f}" if self.renames else self.name
            self._process = msgspec.structs.replace(self._process, name=name, own_ticks=own_ticks)
        return self._process


def histories(
    machine: Machine, actors: Iterable[Actor], *, seconds: float, interval_seconds: float = INTERVAL_SECONDS
) -> Iterator[History]:
    """Yield what the process table holds after each scan of a *machine* on which *actors* come and go."""
    waiting = sorted(actors, key=lambda actor: actor.started, reverse=True)
    living = list[Actor]()
    gone_ticks = 0
    history: History = ()
    for turn in range(int(seconds / interval_seconds)):
        now = BEGAN + turn * interval_seconds
        while waiting and waiting[-1].started <= now:
            living.append(waiting.pop())
        gone_ticks += sum(actor.at(actor.ended).own_ticks for actor in living if actor.ended <= now)
        living = [actor for actor in living if actor.ended > now]
        processes = [actor.at(now) for actor in living]
        ticks = gone_ticks + sum(process.own_ticks for process in processes)
        totals = HostTotals(
            cpus=machine.cpus,
            busy_seconds=ticks / TICKS_PER_SECOND,
            tasks=len(processes),
            memory_bytes=machine.memory_bytes,
            pids_limit=4_194_304,
        )
        newest = a_snapshot(processes, at=now, totals=totals)
        history = with_newest(history, newest, window_seconds=SETTINGS.window_seconds)
        yield history


class Tops:
    """The selection of top processes."""

    def __init__(self, settings: ProcessSettings = SETTINGS) -> None:
        self._selection = TopSelection(
            count=settings.top, new_per_hour=settings.new_per_hour, window_seconds=settings.window_seconds
        )

    def at(self, history: History) -> TopProcesses:
        """Return what it decides."""
        self._selection.follow(history)
        assert self._selection.newest is not None
        return self._selection.newest


class Groups:
    """The ledger of groups."""

    def __init__(self, settings: ProcessSettings = SETTINGS) -> None:
        self._ledger = GroupLedger(
            limit=settings.groups, new_per_hour=settings.new_per_hour, naming=program_names
        )

    def at(self, history: History) -> set[str]:
        """Return the names of the groups that it keeps, save our own."""
        self._ledger.follow(history)
        assert self._ledger.totals is not None
        return self._ledger.totals.processes.keys() - {KERNEL, OTHER}


def pids(top: TopProcesses) -> set[int]:
    return {member.process.pid for member in top.members}


def first(history: History, count: int = SETTINGS.top) -> set[int]:
    """Return the pids of the first *count* by CPU and by memory of the process list, which has no limits."""
    now = history[-1]
    window = window_of(history, seconds=SETTINGS.window_seconds)
    by_cpu = [one for one in ranking(now, window, by="cpu", count=count) if one.cpu_ratio]
    by_memory = ranking(now, window, by="mem", count=count)
    return {one.process.pid for one in (*by_cpu, *by_memory)}


def most_within_an_hour(moments: list[float]) -> int:
    """Return how many of *moments*, in seconds, are within one hour at most."""
    oldest = most = 0
    for newest, moment in enumerate(moments):
        while moments[oldest] <= moment - HOUR_SECONDS:
            oldest += 1
        most = max(most, newest - oldest + 1)
    return most


def daemons(random: Random, machine: Machine, *, number: int) -> list[Actor]:
    """Return what runs on every host: a third of the memory, and a tick or two of CPU every now and then."""
    found = list[Actor]()
    for pid in range(1, number + 1):
        every_seconds = random.uniform(2, 120)
        found.append(
            Actor(
                pid=pid,
                name=f"daemon-{pid}",
                cpus=random.choice((0.01, 0.02, 0.03)) / every_seconds,
                every_seconds=every_seconds,
                rss_bytes=int(random.uniform(0.02, 0.6) / number * machine.memory_bytes),
            )
        )
    return found


def workers(machine: Machine, *, share: float, number: int) -> list[Actor]:
    """Return processes that use the same *share* of the host all the time."""
    memory = int(0.02 * machine.memory_bytes)
    return [
        Actor(pid=1000 + worker, name=f"worker-{worker}", cpus=share * machine.cpus, rss_bytes=memory)
        for worker in range(number)
    ]


def renamer(machine: Machine) -> Actor:
    """Return a process that uses 4 % of the host and has another name at every scan."""
    memory = machine.memory_bytes // 50
    return Actor(pid=2000, name="renamed", cpus=0.04 * machine.cpus, rss_bytes=memory, renames=True)


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """Processes that come one after the other, each under a name of its own.

    Attributes:
        every_seconds: From one to the next.
        lasting: How many seconds each lives, at least and at most.
        share: What share of the host's CPU time each uses, at least and at most; and a tenth as much memory.
        first: When the first comes, in seconds after the simulation began.
    """

    every_seconds: float
    lasting: tuple[float, float]
    share: tuple[float, float]
    first: float = 0.0

    def actors(self, random: Random, machine: Machine, *, seconds: float) -> list[Actor]:
        """Return those of so many seconds."""
        found, at = list[Actor](), BEGAN + self.first
        while at < BEGAN + seconds:
            share = random.uniform(*self.share)
            pid = 100_000 + len(found)
            found.append(
                Actor(
                    pid=pid,
                    name=f"job-{pid}",
                    cpus=share * machine.cpus,
                    rss_bytes=int(share / 10 * machine.memory_bytes),
                    started=at,
                    ended=at + random.uniform(*self.lasting),
                )
            )
            at += self.every_seconds
        return found
