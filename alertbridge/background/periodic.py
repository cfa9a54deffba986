"""Doing things every so often, each in a thread of its own, until stopped."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from alertbridge.outbox.database import StoreError

_NEXT_STEP_SECONDS = 1.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do every so often.

    Attributes:
        name: For the log, the metric and the thread.
        run: Does one step; returns True when there is more to do at once, which is after a second.
        every_seconds: From the end of one run to the beginning of the next.
        first_after_seconds: From the start to the first run; None for *every_seconds*.
    """

    name: str
    run: Callable[[], bool | None]
    every_seconds: float
    first_after_seconds: float | None = None


class Periodic:
    """Runs *tasks*. A run that fails is logged, counted, and tried again in its time.

    Args:
        tasks: What to do.
        counter_of: Returns, for the name of a task, what counts one failure more.
    """

    def __init__(self, tasks: Iterable[Task], counter_of: Callable[[str], Callable[[], None]]) -> None:
        tasks = tuple(tasks)
        self._count_failure = {task.name: counter_of(task.name) for task in tasks}
        self._is_stopping = threading.Event()
        self.threads = [
            threading.Thread(
                target=self.repeat, args=(task, self._is_stopping.wait), name=task.name, daemon=True
            )
            for task in tasks
        ]

    def start(self) -> None:
        """Start a thread for each task."""
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Let every thread end, after the step that it is at."""
        self._is_stopping.set()

    def repeat(self, task: Task, wait: Callable[[float], bool]) -> None:
        """Run *task* after each wait, until *wait*, given seconds, returns that it is time to stop."""
        pause_seconds = task.every_seconds if task.first_after_seconds is None else task.first_after_seconds
        while not wait(pause_seconds):
            pause_seconds = _NEXT_STEP_SECONDS if self._has_more(task) else task.every_seconds

    def _has_more(self, task: Task) -> bool:
        try:
            return bool(task.run())
        except StoreError as error:
            logger.warning(
                "background task failed, retrying", extra={"task": task.name, "reason": str(error)}
            )
        except Exception:
            logger.exception("unexpected error in a background task", extra={"task": task.name})
        self._count_failure[task.name]()
        return False
