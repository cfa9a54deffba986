from typing import Any

import pytest

from exporter.collectors.load import LOAD1
from exporter.doctor import checks
from exporter.doctor.collectors import blind_collectors, collectors
from exporter.doctor.finding import Finding, as_json, as_lines
from exporter.host.cgroup_limits import CpuLimit, Limits, MemoryLimit
from exporter.host.confinement import Confinement
from exporter.host.files import Attempts, HostReadError
from exporter.host.snapshot import Snapshot
from exporter.scrape.collector_runner import Collected, Failed, Outcome, TimedOut
from tests.fakes.snapshots import a_process, a_snapshot

FREE = Confinement()
MIB = 1024**2


def a_host(*, visible: int, **changes: Any) -> Snapshot:
    """Return a host of 400 threads."""
    return a_snapshot([a_process(threads=visible)], **changes)


def test_all_processes_are_visible():
    finding = checks.visibility(a_host(visible=396), FREE)

    assert (finding.verdict, finding.says, finding.remedy) == (
        "ok",
        "396 of 400 threads of the host are visible",
        "",
    )


@pytest.mark.parametrize(
    ("confinement", "says", "remedy"),
    [
        (
            Confinement(hidepid="invisible", seeing_group="33"),
            "40 of 400 threads of the host are visible: /proc is mounted with hidepid=invisible",
            "`systemctl edit marax-exporter`: SupplementaryGroups=33",
        ),
        (
            Confinement(hidepid="ptraceable"),
            "mounted with hidepid=ptraceable",
            "if the unit sets ProtectProc=",
        ),
        (Confinement(has_own_processes=True), "in a PID namespace of its own", "`--pid=host`"),
        (FREE, "40 of 400 threads of the host are visible", "security module"),
    ],
    ids=["hidepid with a group", "hidepid", "container", "unknown"],
)
def test_hidden_processes_are_a_problem_with_a_remedy(confinement: Confinement, says: str, remedy: str):
    finding = checks.visibility(a_host(visible=40), confinement)

    assert finding.verdict == "problem"
    assert says in finding.says
    assert remedy in finding.remedy


def test_unreadable_processes_are_a_problem_though_most_are_visible():
    finding = checks.visibility(a_host(visible=395, refused=5), Confinement(hidepid="noaccess"))

    assert finding.verdict == "problem"
    assert ", 5 processes cannot be read: /proc is mounted with hidepid=noaccess" in finding.says


@pytest.mark.parametrize(
    ("user", "confinement", "verdict"),
    [
        ("marax-exporter", FREE, "ok"),
        ("root", FREE, "note"),
        ("root", Confinement(has_own_users=True), "problem"),
    ],
)
def test_who_it_runs_as(user: str, confinement: Confinement, verdict: str):
    assert checks.rights(user, confinement).verdict == verdict


@pytest.mark.parametrize(
    ("kind", "confinement", "verdict", "says"),
    [
        (None, FREE, "ok", "none"),
        ("podman", FREE, "note", "in a container (podman)"),
        ("lxc", Confinement(has_lxcfs=True), "note", "LXCFS provides parts of /proc"),
    ],
)
def test_what_a_container_makes_of_the_figures(
    kind: str | None, confinement: Confinement, verdict: str, says: str
):
    finding = checks.container(kind, confinement)

    assert finding.verdict == verdict
    assert says in finding.says


def memory(*, used: int | None, limit: int = 512) -> MemoryLimit:
    used_bytes = None if used is None else used * MIB
    return MemoryLimit(
        cgroup="/x.service", limit_bytes=limit * MIB, usage_bytes=limit * MIB, working_set_bytes=used_bytes
    )


def cpu(*, throttled_seconds: float | None) -> CpuLimit:
    return CpuLimit(cgroup="/", limit_cores=0.5, throttled_seconds=throttled_seconds)


@pytest.mark.parametrize(
    ("found", "verdict", "says"),
    [
        ((None, None), "ok", "no limits on memory or CPU"),
        ((memory(used=45), None), "ok", "45 of 512 MiB memory in use (cgroup /x.service)"),
        ((memory(used=470), None), "problem", "470 of 512 MiB memory in use (cgroup /x.service)"),
        ((memory(used=None), None), "ok", "at most 512 MiB memory (cgroup /x.service)"),
        ((None, cpu(throttled_seconds=0)), "ok", "at most 0.5 CPUs (cgroup /), throttled for 0.0 s so far"),
        ((None, cpu(throttled_seconds=7)), "note", "at most 0.5 CPUs (cgroup /), throttled for 7.0 s so far"),
        ((None, cpu(throttled_seconds=None)), "ok", "at most 0.5 CPUs (cgroup /)"),
        ((memory(used=45), cpu(throttled_seconds=0)), "ok", "(cgroup /x.service); at most 0.5 CPUs"),
    ],
)
def test_limits_that_hold_it(found: tuple[MemoryLimit | None, CpuLimit | None], verdict: str, says: str):
    finding = checks.limits(Limits(memory=found[0], cpu=found[1], unseen=(), attempts=Attempts()))

    assert finding.verdict == verdict
    assert says in finding.says


def test_limits_that_cannot_be_seen_are_unknown_and_not_none():
    finding = checks.limits(
        Limits(memory=None, cpu=None, unseen=("cgroup v2 is not mounted here",), attempts=Attempts())
    )

    assert (finding.verdict, finding.says) == ("note", "unknown: cgroup v2 is not mounted here")


@pytest.mark.parametrize(
    ("resources", "is_wanted", "verdict"), [(["cpu"], True, "ok"), ([], False, "ok"), ([], True, "problem")]
)
def test_a_kernel_without_pressure(resources: list[str], is_wanted: bool, verdict: str):  # noqa: FBT001 - a table
    assert checks.pressure(resources, is_wanted=is_wanted).verdict == verdict


@pytest.mark.parametrize(("processes", "verdict"), [(512, "ok"), (513, "problem")])
def test_descriptors_for_all_processes(processes: int, verdict: str):
    assert checks.descriptors(processes=processes, held=512).verdict == verdict


@pytest.mark.parametrize(
    ("jump_seconds", "is_synchronised", "verdict"),
    [
        (0.01, True, "ok"),
        (0, False, "note"),
        (0, None, "note"),
        (-3600, True, "problem"),
        (0.2, True, "problem"),
    ],
)
def test_the_clock(jump_seconds: float, is_synchronised: bool | None, verdict: str):  # noqa: FBT001 - a table
    assert checks.clock(jump_seconds=jump_seconds, is_synchronised=is_synchronised).verdict == verdict


def test_tells_how_long_each_collector_took_and_which_fare_badly():
    outcomes: dict[str, Outcome] = {
        "cpu": Collected(metrics=(), duration_seconds=0.0004),
        "load": Collected(metrics=(), duration_seconds=0.002),
        "memory": Collected(metrics=(), duration_seconds=2),
        "pressure": TimedOut(duration_seconds=4.5),
        "top": Failed(error=HostReadError("cannot read /proc/stat"), duration_seconds=0),
    }

    well, *badly = collectors(outcomes)

    assert (well.verdict, well.says) == ("ok", "cpu 0.4 ms, load 2.0 ms")
    assert [(finding.verdict, finding.says) for finding in badly] == [
        ("problem", "memory took 2.0 s"),
        ("problem", "pressure did not finish within 4.5 s"),
        ("problem", "top failed: cannot read /proc/stat"),
    ]
    assert badly[1].remedy == "`collectors: {pressure: false}` in the settings disables it"


def test_tells_a_cause_once_with_all_collectors_that_it_affects():
    stat, memory = HostReadError("cannot read /proc/stat"), HostReadError("cannot read /proc/meminfo")
    both = HostReadError("cannot read /proc/stat", "cannot read /proc/meminfo")
    outcomes: dict[str, Outcome] = {
        name: Failed(error=error, duration_seconds=0)
        for name, error in (("cpu", stat), ("memory", memory), ("system", stat), ("processes", both))
    }

    _, *badly = collectors(outcomes)
    _, *blind = blind_collectors(outcomes)

    assert [finding.says for finding in badly] == [
        "cpu, system, processes failed: cannot read /proc/stat",
        "memory, processes failed: cannot read /proc/meminfo",
    ]
    assert badly[1].remedy == "`collectors: {memory: false, processes: false}` in the settings disables them"
    assert [(finding.says, finding.remedy) for finding in blind] == [
        (f"for that reason {badly[0].says}; {badly[1].says}", "")
    ]


def test_advises_to_disable_no_collector_that_has_other_metrics():
    error = HostReadError("cannot read /proc/loadavg")
    outcomes: dict[str, Outcome] = {
        "load": Failed(error=error, duration_seconds=0),
        "processes": Failed(error=error, duration_seconds=0, metrics=(LOAD1.of(1),)),
    }

    _, failing = collectors(outcomes)
    _, partly = collectors({"processes": outcomes["processes"]})

    assert failing.says == "load, processes failed: cannot read /proc/loadavg"
    assert failing.remedy == "`collectors: {load: false}` in the settings disables it"
    assert partly.remedy == ""


@pytest.mark.parametrize(
    ("silent", "verdict", "says", "remedy"),
    [
        ([], "ok", "the user database answers: 9 asked for", ""),
        (
            [1000, 1001],
            "problem",
            "did not answer within 2 s: users are shown by number",
            "`getent passwd 1000 1001`",
        ),
    ],
)
def test_the_user_database(silent: list[int], verdict: str, says: str, remedy: str):
    finding = checks.users(9, silent, failure="did not answer within 2 s")

    assert finding.verdict == verdict
    assert says in finding.says
    assert remedy in finding.remedy


def test_is_told_in_a_line_and_one_for_the_remedy():
    findings = [
        Finding(check="clock", verdict="ok", says="synchronised"),
        Finding(check="address", verdict="problem", says="taken\nby \x1b[2J", remedy="choose another"),
    ]

    assert as_lines(findings).splitlines() == [
        "ok       clock         synchronised",
        "problem  address       taken?by ?[2J",
        "         -> choose another",
    ]
    assert '"remedy": "choose another"' in as_json(findings)
