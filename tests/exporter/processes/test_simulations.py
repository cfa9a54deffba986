"""What is promised of top processes and groups, on hosts made up and scanned without a clock."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.processes.limits import series_limits
from tests.docs.pages import DOCS
from tests.exporter.processes.simulated import (
    HOG,
    JOBS,
    SCENES,
    SMALL,
    Outcome,
    Scene,
    outcome,
    row,
    scans_until_hogs_are_shown,
)
from tests.exporter.processes.simulation import (
    BEGAN,
    SETTINGS,
    Actor,
    Groups,
    Jobs,
    daemons,
    histories,
    renamer,
)


@pytest.fixture(scope="module", params=SCENES, ids=lambda scene: scene.about)
def played(request: pytest.FixtureRequest) -> tuple[Scene, Outcome]:
    return request.param, outcome(request.param)


def test_no_place_is_empty_and_no_limit_is_exceeded(played: tuple[Scene, Outcome]):
    _, found = played

    assert found.fewest == 2 * SETTINGS.top
    assert found.new_processes <= SETTINGS.new_per_hour
    assert found.new_groups <= SETTINGS.new_per_hour
    assert 3 * (found.new_processes + found.new_groups) <= series_limits(SETTINGS).new_per_hour


def test_it_is_limited_exactly_while_one_of_the_first_is_kept_out(played: tuple[Scene, Outcome]):
    _, found = played

    assert found.misled == 0
    assert (found.belonging == 1) == (found.limited == 0)


def test_the_documentation_says_what_became_of_it(played: tuple[Scene, Outcome]):
    scene, found = played

    assert row(scene, found) in (DOCS / "metrics.md").read_text(), (
        "python -m tests.exporter.processes.simulated"
    )


@pytest.mark.parametrize("jobs", list(JOBS)[:2])
def test_a_process_with_40_percent_is_shown_within_two_scans(jobs: str):
    scans = [
        number
        for seed in range(25)
        for number in scans_until_hogs_are_shown(JOBS[jobs], seed=1000 + seed, hogs=20)
    ]

    assert len(scans) == 500
    assert max(scans) <= 2


@pytest.mark.parametrize("interval_seconds", [1.0, 2.0, 15.0])
def test_nor_does_it_take_more_scans_at_another_pace(interval_seconds: float):
    jobs = JOBS["of 10 to 30 % for 5 to 15 s"]

    assert max(scans_until_hogs_are_shown(jobs, seed=1, hogs=20, interval_seconds=interval_seconds)) <= 2


@settings(max_examples=20, deadline=None)
@given(
    st.builds(
        Jobs,
        every_seconds=st.floats(0.5, 30),
        lasting=st.tuples(st.floats(0, 20), st.floats(20, 60)),
        share=st.tuples(st.floats(0, 0.01), st.floats(0.01, 0.09)),
    ),
    st.integers(0, 1000),
)
def test_no_number_of_small_ones_keeps_a_large_one_out(jobs: Jobs, seed: int):
    assert max(scans_until_hogs_are_shown(jobs, seed=seed, hogs=10)) <= 2


def test_a_group_with_40_percent_has_a_name_within_two_scans():
    groups, random, start = Groups(), Random(1), BEGAN + 1234
    jobs = Jobs(every_seconds=0.5, lasting=(5, 20), share=(0.001, 0.05))
    actors = [*daemons(random, SMALL, number=60), renamer(SMALL), *jobs.actors(random, SMALL, seconds=1300)]
    hog = Actor(pid=HOG, name="hog", cpus=0.4 * SMALL.cpus, started=start)

    seen = [
        (HOG in history[-1].processes, "hog" in groups.at(history))
        for history in histories(SMALL, [*actors, hog], seconds=1300)
    ]

    named = [is_named for is_there, is_named in seen if is_there]
    assert named[1:] == [True] * 12


def test_a_renaming_process_does_not_displace_groups():
    groups, random = Groups(), Random(1)
    actors = [*daemons(random, SMALL, number=60), renamer(SMALL)]

    names = [groups.at(history) for history in histories(SMALL, actors, seconds=3600)]

    assert {name for name in names[-1] if name.startswith("daemon")} == names[-1]
