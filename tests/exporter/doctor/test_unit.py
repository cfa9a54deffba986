import pytest

from exporter.doctor.unit import unit_findings
from exporter.host.confinement import Confinement

FREE = Confinement()
LXC = Confinement(has_lxcfs=True)


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        (FREE, FREE),
        (LXC, LXC),
        (Confinement(hidepid="invisible", has_own_users=True),) * 2,
        (Confinement(hidepid="invisible"), FREE),
        (FREE, LXC),
    ],
)
def test_a_unit_that_hides_nothing_is_fine(outside: Confinement, inside: Confinement):
    (finding,) = unit_findings(outside, inside)

    assert (finding.verdict, finding.says) == ("ok", "marax-exporter.service sees /proc as this check does")


@pytest.mark.parametrize(
    ("outside", "inside", "says", "remedy"),
    [
        (
            LXC,
            FREE,
            "hides LXCFS: its memory, swap, CPUs and load are the machine's",
            "ProtectKernelTunables=",
        ),
        (FREE, Confinement(hidepid="invisible"), "the processes of other users", "ProtectProc="),
        (FREE, Confinement(shows_processes_only=True), "the host's own statistics", "ProcSubset="),
        (FREE, Confinement(has_own_processes=True), "the processes outside of it", "PrivatePIDs="),
        (FREE, Confinement(has_own_users=True), "the owners of processes", "PrivateUsers="),
    ],
)
def test_what_a_unit_hides_is_a_problem_with_a_remedy(
    outside: Confinement, inside: Confinement, says: str, remedy: str
):
    (finding,) = unit_findings(outside, inside)

    assert finding.verdict == "problem"
    assert says in finding.says
    assert remedy in finding.remedy


def test_all_that_a_unit_hides_is_told():
    inside = Confinement(hidepid="invisible", has_own_users=True)

    assert len([*unit_findings(LXC, inside)]) == 3
