import os
import threading
from collections.abc import Callable, Iterator

import psutil
import pytest

from exporter.host.user_names import UserNames, user_name
from marax.clock import SystemClock
from tests.fakes.clock import FakeClock
from tests.waiting import wait_until

ANN = 1000


class Directory:
    """A user database that answers when it is told to; until then it hangs."""

    def __init__(self, name: str = "ann") -> None:
        self.name = name
        self.asked: list[int] = []
        self._answer = threading.Event()

    def __call__(self, uid: int) -> str:
        self.asked.append(uid)
        self._answer.wait()
        return self.name

    def answer(self) -> None:
        self._answer.set()


@pytest.fixture
def hanging() -> Iterator[Directory]:
    directory = Directory()
    yield directory
    directory.answer()


def test_a_name_that_comes_at_once_is_there_at_once():
    assert UserNames(SystemClock()).name(os.getuid()) == psutil.Process().username()


def test_a_user_without_a_name_is_a_number():
    assert UserNames(FakeClock()).name(4_000_000_000) == "4000000000"


@pytest.mark.parametrize("uid", [-1, 2**32, 2**80])
def test_no_number_is_too_odd_to_be_asked_for(uid: int):
    assert user_name(uid) == ""


def test_a_name_that_hangs_is_unknown_until_it_comes(hanging: Directory):
    users = UserNames(FakeClock(), look_up=hanging)

    before = [users.name(uid) for uid in (ANN, ANN, 1001, ANN)]
    hanging.answer()

    assert before == [None] * 4
    wait_until(lambda: users.name(ANN) == "ann" and users.name(1001) == "ann")
    assert hanging.asked == [ANN, 1001], "one after the other, and each once"


def test_nobody_waits_for_a_name_that_hangs(hanging: Directory):
    clock = SystemClock()
    users = UserNames(clock, look_up=hanging)
    users.name(ANN)
    began_seconds = clock.monotonic_seconds()

    names = {users.name(uid) for uid in range(2000, 3500)}

    assert names == {None}
    assert clock.monotonic_seconds() - began_seconds < 1.0, "0.25 s for each would take 375 s"


def test_nobody_waits_for_a_directory_that_was_slow():
    clock = FakeClock()
    slow = threading.Event()

    def look_up(uid: int) -> str:
        if uid == ANN:
            clock.advance(0.02)
        else:
            slow.wait()
        return "ann"

    users = UserNames(clock, look_up=look_up)
    first = users.name(ANN)
    waits_before = clock.monotonic_seconds()
    second = users.name(1001)
    slow.set()

    assert (first, second) == ("ann", None)
    assert clock.monotonic_seconds() == waits_before
    wait_until(lambda: users.name(1001) == "ann")


def test_asks_for_a_users_name_at_most_every_five_minutes():
    answers = iter(["ann", "bob", "never"])
    clock = FakeClock()
    users = UserNames(clock, look_up=lambda _uid: next(answers))

    names = []
    for pause_seconds in (0, 299, 2):
        clock.advance(pause_seconds)
        names.append(users.name(ANN))

    assert names == ["ann", "ann", "bob"]


def test_keeps_the_name_from_before_while_the_directory_hangs(hanging: Directory):
    clock = FakeClock()
    look_ups: list[Callable[[int], str]] = [lambda _uid: "ann", hanging]

    def look_up(uid: int) -> str:
        return look_ups.pop(0)(uid)

    users = UserNames(clock, look_up=look_up)
    users.name(ANN)
    clock.advance(301)

    assert [users.name(ANN), users.name(ANN)] == ["ann", "ann"]


@pytest.mark.parametrize(
    "garbage",
    ["", "0", "1000", "\u0661", "a\nb", "\x1b[2J", "an\udcffn", "\u202eann", "a\0b", "x" * 257, "\u200b"],
    ids=ascii,
)
def test_an_answer_that_is_no_name_leaves_the_number(garbage: str):
    assert UserNames(FakeClock(), look_up=lambda _uid: garbage).name(ANN) == "1000"


@pytest.mark.parametrize("name", ["ann", "DOMAIN\\ann", "ann@example.org", "j\u00fcrgen", "svc 1", "x" * 256])
def test_shows_names_of_directories_as_they_are(name: str):
    assert UserNames(FakeClock(), look_up=lambda _uid: name).name(ANN) == name


@pytest.mark.parametrize(
    "error", [OSError("EIO"), RuntimeError("crash"), MemoryError(), SystemExit(1)], ids=repr
)
def test_a_look_up_that_crashes_leaves_the_number_and_the_others_their_names(error: BaseException):
    def look_up(uid: int) -> str:
        if uid == ANN:
            raise error
        return "bob"

    users = UserNames(FakeClock(), look_up=look_up)

    assert [users.name(ANN), users.name(1001), users.name(ANN)] == ["1000", "bob", "1000"]


def test_remembers_a_bounded_number_of_users(hanging: Directory):
    users = UserNames(FakeClock(), look_up=hanging)

    names = {users.name(uid) for uid in range(5000)}

    hanging.answer()
    assert names == {None}
    wait_until(lambda: users.name(0) == "ann")
    wait_until(lambda: len(hanging.asked) >= 1024)
    assert len(hanging.asked) <= 1026


def test_any_number_of_threads_ask_for_each_user_once():
    asked: list[int] = []

    def look_up(uid: int) -> str:
        asked.append(uid)
        return f"user-{uid}"

    users = UserNames(SystemClock(), look_up=look_up)
    askers = [
        threading.Thread(target=lambda: [users.name(uid) for uid in range(200)], name=f"asker-{number}")
        for number in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    wait_until(lambda: all(users.name(uid) == f"user-{uid}" for uid in range(200)))
    assert sorted(asked) == list(range(200))
