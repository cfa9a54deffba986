from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.processes.admission import Admission
from tests.exporter.processes.simulation import HOUR_SECONDS, most_within_an_hour


def an_admission(*, limit: int, new_per_hour: int = 240) -> Admission:
    return Admission(limit=limit, new_per_hour=new_per_hour)


def names(admission: Admission, shares: Mapping[str, float], *, at: float) -> set[str]:
    admission.admit(shares, monotonic_seconds=at)
    return set(admission.names)


def test_lets_anybody_in_while_there_is_room_the_largest_first():
    assert names(an_admission(limit=2), {"a": 0.001, "b": 0.003, "c": 0.002}, at=0) == {"b", "c"}


def test_keeps_whoever_is_on_it_as_long_as_nobody_needs_the_place():
    admission = an_admission(limit=3)
    names(admission, {"a": 0.001, "b": 0.05}, at=0)

    assert names(admission, {"c": 0.09}, at=5) == {"a", "b", "c"}


def test_gives_the_place_of_the_smallest_to_one_that_is_twice_as_large_and_has_lasted():
    admission = an_admission(limit=2)
    names(admission, {"a": 0.02, "b": 0.03}, at=0)
    shares = {"a": 0.02, "b": 0.03, "c": 0.05}

    seen = [names(admission, shares, at=moment) for moment in (5, 10, 15)]

    assert seen == [{"a", "b"}, {"a", "b"}, {"b", "c"}]


def test_gives_a_place_to_a_large_one_at_once():
    admission = an_admission(limit=1)
    names(admission, {"a": 0.05}, at=0)

    assert names(admission, {"a": 0.05, "b": 0.1}, at=5) == {"b"}


def test_gives_no_place_away_to_one_that_is_not_clearly_larger():
    admission = an_admission(limit=1)
    names(admission, {"a": 0.02}, at=0)

    seen = [names(admission, {"a": 0.02, "b": 0.039}, at=moment) for moment in range(5, 600, 5)]

    assert seen == [{"a"}] * 119


@pytest.mark.parametrize(("idle", "half_life_seconds"), [({"a": 0.0}, 600), ({}, 60)], ids=["idle", "gone"])
def test_forgets_by_halves_what_one_has_had(idle: dict[str, float], half_life_seconds: float):
    admission = an_admission(limit=1)
    names(admission, {"a": 0.02}, at=0)

    seen = [(moment, names(admission, {**idle, "b": 0.0201}, at=moment)) for moment in range(5, 900, 5)]

    assert next(moment for moment, found in seen if found == {"b"}) == half_life_seconds


def test_is_not_filled_by_names_that_change_with_every_scan():
    admission = an_admission(limit=3)
    steady = {"a": 0.002, "b": 0.002, "c": 0.002}
    names(admission, steady, at=0)

    seen = [names(admission, {**steady, f"name-{turn}": 0.04}, at=5 * turn) for turn in range(1, 700)]

    assert seen == [set(steady)] * 699


def test_lets_a_large_one_in_when_small_ones_have_used_up_the_budget():
    admission, turn = an_admission(limit=30), 0
    for turn in range(720):
        names(
            admission,
            {f"{turn // 3}-{number}": 0.001 * (turn + 1) / 720 for number in range(40)},
            at=5 * turn,
        )

    assert "hog" in names(admission, {"hog": 0.4}, at=5 * turn + 5)


def test_takes_up_a_name_again_that_was_there_within_the_hour():
    admission = an_admission(limit=1, new_per_hour=60)
    turns = [{"a": 0.9, "b": 0.0}, {"a": 0.0, "b": 0.9}]

    seen = [names(admission, turns[turn % 2], at=700 * turn) for turn in range(500)]

    assert seen == [{"a"}, {"b"}] * 250


@given(
    st.integers(1, 40),
    st.lists(
        st.tuples(
            st.floats(0.1, 600),
            st.dictionaries(st.integers(0, 500).map(str), st.one_of(st.floats(0, 0.05), st.floats(0, 1))),
        ),
        max_size=60,
    ),
)
def test_never_holds_too_many_nor_takes_up_too_many_an_hour(
    limit: int, turns: list[tuple[float, dict[str, float]]]
):
    admission, now = an_admission(limit=limit, new_per_hour=60), 0.0
    last_seen, new = dict[str, float](), list[float]()
    for pause, shares in turns:
        now += pause
        held = names(admission, shares, at=now)
        new += [now for name in held if last_seen.get(name, -HOUR_SECONDS) < now - HOUR_SECONDS]
        last_seen |= dict.fromkeys(held, now)
        assert len(held) <= limit

    assert most_within_an_hour(new) <= max(60, 2 * limit)
