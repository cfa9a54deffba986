"""What runs every so often: how long it waits, and that nothing ends it."""

from collections.abc import Callable

from alertbridge.background.periodic import Periodic, Task
from alertbridge.outbox.database import StoreError
from tests.waiting import PATIENCE_SECONDS


def waits_of(run: Callable[[], bool | None], *, rounds: int, **more: float) -> tuple[list[float], list[str]]:
    """Run a task so often; return how long it waited before each run, and whose failures were counted."""
    waited: list[float] = []
    failed: list[str] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) > rounds

    task = Task(name="sweep", run=run, every_seconds=60, **more)
    Periodic([task], lambda name: lambda: failed.append(name)).repeat(task, wait)
    return waited, failed


def test_waits_as_long_before_the_first_run_as_between_two():
    runs: list[int] = []

    waited, _ = waits_of(lambda: runs.append(1), rounds=3)

    assert (waited, len(runs)) == ([60, 60, 60, 60], 3)


def test_a_first_run_may_come_sooner():
    waited, _ = waits_of(lambda: None, rounds=2, first_after_seconds=1)

    assert waited == [1, 60, 60]


def test_goes_on_after_a_second_while_there_is_more_to_do():
    steps = iter([True, True, False])

    waited, _ = waits_of(lambda: next(steps), rounds=3)

    assert waited == [60, 1, 1, 60]


def test_a_store_in_trouble_is_logged_counted_and_tried_again(caplog):
    def fail() -> None:
        raise StoreError("disk full")

    waited, failed = waits_of(fail, rounds=2)

    assert (waited, failed) == ([60, 60, 60], ["sweep", "sweep"])
    assert [(record.levelname, record.task, record.reason) for record in caplog.records] == [
        ("WARNING", "sweep", "disk full")
    ] * 2


def test_a_surprise_is_logged_with_its_traceback_and_does_not_end_the_task(caplog):
    def fail() -> None:
        raise ZeroDivisionError

    _, failed = waits_of(fail, rounds=2)

    assert failed == ["sweep", "sweep"]
    assert all(record.exc_info for record in caplog.records)


def test_runs_each_task_in_a_thread_of_its_own_until_stopped():
    names = ("heartbeat", "retention")
    periodic = Periodic(
        [Task(name=name, run=lambda: None, every_seconds=3600) for name in names], lambda _: print
    )

    periodic.start()
    alive = [thread.name for thread in periodic.threads if thread.is_alive()]
    periodic.stop()
    for thread in periodic.threads:
        thread.join(PATIENCE_SECONDS)

    assert alive == ["heartbeat", "retention"]
    assert not any(thread.is_alive() for thread in periodic.threads)
