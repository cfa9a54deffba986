"""How long an attempt may take, and holding it to that."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long one attempt may take.

    Attributes:
        connect_seconds: Until the connection stands.
        silence_seconds: Without a byte of an answer.
        whole_seconds: In all, the look-up of the name and an answer that only trickles included.
    """

    connect_seconds: float = 10.0
    silence_seconds: float = 30.0
    whole_seconds: float = 60.0


DEFAULT_TIMEOUTS = Timeouts()


def run_with_deadline(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what *work* returns, or raise TimeoutError; libraries by themselves bound silence only."""
    result: Future[Result] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that waits
            result.set_exception(error)

    threading.Thread(target=run, name="attempt", daemon=True).start()
    return result.result(timeout=seconds)
