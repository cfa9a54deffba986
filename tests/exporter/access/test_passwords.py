import threading
from collections.abc import Iterator

import pytest

from exporter.access.passwords import PasswordChecks, Verdict, unmatched_hash, verify
from exporter.access.settings import HashCost, PasswordHash
from tests.fakes.passwords import FakeVerify, HeldVerify, fake_hash_of
from tests.waiting import wait_until

ANN = fake_hash_of(b"right")


def test_tells_right_from_wrong():
    checks = PasswordChecks(FakeVerify())

    assert checks.check(ANN, b"right") is Verdict.RIGHT
    assert checks.check(ANN, b"wrong") is Verdict.WRONG


@pytest.fixture
def held() -> Iterator[HeldVerify]:
    held = HeldVerify()
    yield held
    held.release()


def test_checks_one_at_a_time_lets_four_wait_and_turns_the_rest_away(held: HeldVerify):
    checks = PasswordChecks(held)
    verdicts: list[Verdict] = []
    callers = [
        threading.Thread(target=lambda: verdicts.append(checks.check(ANN, b"right"))) for _ in range(32)
    ]

    for caller in callers:
        caller.start()
    wait_until(lambda: verdicts.count(Verdict.BUSY) == 27, "all but five are turned away")
    held.release()
    for caller in callers:
        caller.join()

    assert verdicts.count(Verdict.RIGHT) == 5
    assert (held.most_at_once, len(held.checked)) == (1, 5)


def test_goes_on_after_a_check_that_failed():
    def broken(*_asked: object) -> bool:
        raise RuntimeError("broken")

    checks = PasswordChecks(broken)

    for _ in range(10):
        with pytest.raises(RuntimeError, match="broken"):
            checks.check(ANN, b"right")


def test_nobodys_hash_is_good_and_as_dear_as_it_should_be():
    cost = HashCost(memory_kib=12288, passes=3, lanes=1)

    nobody = unmatched_hash(cost)

    assert PasswordHash.from_setting(nobody.reveal()).cost == cost
    assert not verify(nobody, b"")
    assert nobody.reveal() != unmatched_hash(cost).reveal()
