import logging
from pathlib import Path

import pytest

from marax.settings.mistakes import Mistake, SettingsError
from marax.settings.reload import LastReload, Reloader
from tests.fakes.clock import FakeClock


def a_mistake(key: str) -> Mistake:
    return Mistake(file=Path("bad.yml"), line=1, key=key, found="this", expected="that")


class File:
    """Settings in one word, or the mistakes in them."""

    def __init__(self) -> None:
        self.word = "first"
        self.mistakes: list[Mistake] = []
        self.left_out = 0
        self.in_force = ["first"]

    def load(self) -> str:
        if self.mistakes:
            raise SettingsError(self.mistakes, left_out=self.left_out)
        return self.word


@pytest.fixture
def file() -> File:
    return File()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def reloader(file: File, clock: FakeClock) -> Reloader[str]:
    return Reloader(load=file.load, use=file.in_force.append, clock=clock)


def test_the_start_counts_as_a_reload(reloader: Reloader[str], clock: FakeClock):
    assert reloader.last() == LastReload(is_successful=True, loaded_at_seconds=clock.unix_seconds())


def test_puts_changed_settings_in_force(reloader: Reloader[str], file: File, clock: FakeClock):
    file.word = "second"
    clock.advance(60)

    is_successful = reloader.reload()

    assert is_successful
    assert file.in_force == ["first", "second"]
    assert reloader.last() == LastReload(is_successful=True, loaded_at_seconds=clock.unix_seconds())


def test_leaves_those_in_force_when_the_new_ones_are_invalid(
    reloader: Reloader[str], file: File, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    loaded_at_seconds = clock.unix_seconds()
    file.mistakes = [a_mistake("listen"), a_mistake("users")]
    clock.advance(60)

    is_successful = reloader.reload()

    assert not is_successful
    assert file.in_force == ["first"]
    assert reloader.last() == LastReload(is_successful=False, loaded_at_seconds=loaded_at_seconds)
    assert [(one.levelno, one.__dict__["mistake"]) for one in caplog.records] == [
        (logging.ERROR, str(mistake)) for mistake in file.mistakes
    ]


def test_logs_how_many_mistakes_are_left_out(
    reloader: Reloader[str], file: File, caplog: pytest.LogCaptureFixture
):
    file.mistakes, file.left_out = [a_mistake("listen")], 3

    reloader.reload()

    assert [one.__dict__["mistake"] for one in caplog.records] == [
        str(a_mistake("listen")),
        "and 3 more mistakes",
    ]


def test_recovers_once_the_settings_are_valid_again(reloader: Reloader[str], file: File):
    file.mistakes = [a_mistake("listen")]
    reloader.reload()
    file.mistakes = []

    is_successful = reloader.reload()

    assert is_successful
    assert reloader.last().is_successful
