import threading

import pytest

from alertbridge.prometheus.cache import CachedEnricher
from alertbridge.prometheus.findings import Findings, Subject
from tests.fakes.clock import FakeClock
from tests.waiting import PATIENCE_SECONDS, wait_until

WEB = (Subject(instance="web-1:9877", fired_unix_seconds=1.0),)
DB = (Subject(instance="db-1:9877", fired_unix_seconds=1.0),)


class Counting:
    """An enricher that counts, and can be held up."""

    def __init__(self) -> None:
        self.asked: list[tuple[Subject, ...]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.error: Exception | None = None

    def look_up(self, subjects):
        self.asked.append(subjects)
        assert self.may_answer.wait(PATIENCE_SECONDS)
        if self.error:
            raise self.error
        return Findings(hosts={}, missing=(f"answer {len(self.asked)}",))


@pytest.fixture
def enricher():
    return Counting()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def remembered(enricher, clock):
    return CachedEnricher(enricher, clock)


def test_asks_once_about_the_same_subjects(remembered, enricher, clock):
    first = remembered.look_up(WEB)
    clock.advance(0.9)

    assert remembered.look_up(list(WEB)) is first
    assert enricher.asked == [WEB]


def test_asks_again_when_the_answer_is_old(remembered, clock):
    remembered.look_up(WEB)
    clock.advance(1)

    assert remembered.look_up(WEB).missing == ("answer 2",)


def test_asks_for_each_set_of_subjects(remembered, enricher):
    remembered.look_up(WEB)
    remembered.look_up(DB)

    assert enricher.asked == [WEB, DB]


def test_those_who_ask_meanwhile_share_the_answer(remembered, enricher):
    enricher.may_answer.clear()
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(remembered.look_up(WEB))) for _ in range(5)]
    for thread in threads:
        thread.start()
    enricher.may_answer.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert len(answers) == 5
    assert enricher.asked == [WEB]


def test_an_answer_is_as_fresh_after_a_long_wait_for_it(remembered, enricher, clock):
    enricher.may_answer.clear()
    thread = threading.Thread(target=lambda: remembered.look_up(WEB))
    thread.start()
    wait_until(lambda: enricher.asked == [WEB])
    clock.advance(2)
    enricher.may_answer.set()
    thread.join(PATIENCE_SECONDS)

    clock.advance(0.9)

    assert remembered.look_up(WEB).missing == ("answer 1",)


def test_a_failure_is_told_and_not_remembered(remembered, enricher):
    enricher.error = RuntimeError("a surprise")
    with pytest.raises(RuntimeError):
        remembered.look_up(WEB)
    enricher.error = None

    assert remembered.look_up(WEB).missing == ("answer 2",)
