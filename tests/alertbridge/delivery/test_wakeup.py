import threading
import time

import pytest

from alertbridge.delivery.wakeup import Wakeup
from tests.waiting import PATIENCE_SECONDS, wait_until

LONG, SHORT = 60.0, 0.05


class Guests:
    """Threads that rest again and again, and count how often each was let go."""

    def __init__(self, room: Wakeup, count: int) -> None:
        self.rests = [0] * count
        self._is_over = False
        self._room = room
        self.threads = [threading.Thread(target=self._rest, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def leave(self) -> None:
        self._is_over = True
        self._room.close()
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)

    def _rest(self, number: int) -> None:
        while not self._is_over:
            self._room.wait()
            self.rests[number] += 1


@pytest.mark.parametrize("count", [1, 4])
def test_one_at_a_time_looks_by_itself(count: int):
    guests = Guests(Wakeup(longest_wait_seconds=SHORT), count)
    began = time.monotonic()
    wait_until(lambda: sum(guests.rests) >= 10, "they have looked ten times")
    rests, most = sum(guests.rests), (time.monotonic() - began) / SHORT + 1
    guests.leave()

    assert rests <= most


def test_a_call_lets_one_go():
    room = Wakeup(longest_wait_seconds=LONG)
    guests = Guests(room, 4)
    time.sleep(0.1)  # all rest
    room.notify()
    wait_until(lambda: sum(guests.rests) == 1)
    room.notify()
    wait_until(lambda: sum(guests.rests) == 2)

    guests.leave()


def test_a_call_that_nobody_hears_is_for_the_next_to_come():
    room = Wakeup(longest_wait_seconds=LONG)
    room.notify()

    room.wait()  # returns

    guests = Guests(room, 1)
    time.sleep(0.1)
    rests = sum(guests.rests)
    guests.leave()
    assert rests == 0


def test_nobody_rests_in_a_closed_room():
    room = Wakeup(longest_wait_seconds=LONG)
    guests = Guests(room, 3)
    time.sleep(0.1)
    guests.leave()

    assert not any(thread.is_alive() for thread in guests.threads)
    room.wait()  # returns
