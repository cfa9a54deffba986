"""The demo: a host goes down, a person gets the mail; it comes back, a person gets the mail."""

import fcntl
import itertools
import os
import shutil
import signal
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Never

from scripts.stack.part import Part, PartError
from scripts.stack.stack import Plan, Stack
from scripts.stack.watch import Step, firing, followed, held, value

_HOST = "web-1"
_ALERT = "HostDown"
_FRAME_COLUMNS = 100


def main() -> int:
    """Show the demo; with the argument `--once`, end after the two mails. Return the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    sys.stdout.reconfigure(line_buffering=True, errors="replace")  # type: ignore[union-attr] # a real stdout
    try:
        with _own_folder() as folder, Stack(folder, Plan(hosts=(_HOST,))) as stack:
            _show(stack)
            if "--once" not in sys.argv[1:]:
                _go_on(stack)
    except PartError as error:
        print(f"marax: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nmarax: stopped before the end", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    print("marax: ended; all its processes are gone")
    return 0


def _show(stack: Stack) -> None:
    print(f"marax: starting, all in {_short(stack.folder)}")
    stack.launch()
    for part in stack.parts:
        part.wait_until_ready()
        print(f"  {part.name:<16} http://{part.address}{_page(part, stack)}")

    print(f"\nmarax: waiting until {_HOST} is known well")
    _tell(_watched(stack))

    print(f"\nmarax: {_HOST}'s exporter is killed (SIGKILL); waiting for the DOWN mail")
    stack.exporters[_HOST].kill()
    _tell(_goes_down(stack))
    _print_mail(_mail(stack, "[DOWN]"))

    print(f"\nmarax: {_HOST}'s exporter is started again; waiting for the UP mail")
    stack.exporters[_HOST].start()
    _tell(_comes_back(stack))
    _print_mail(_mail(stack, "[UP]"))


def _watched(stack: Stack) -> tuple[Step, ...]:
    host = f'job="marax",host="{_HOST}"'
    # only a process that is 10 s old and uses much is published: on an idle machine, perhaps none
    known = f"count(marax_top_process_cpu_usage_ratio{{{host}}}) or sum_over_time(up{{{host}}}[1m]) >= 20"
    return (
        Step(
            what="Prometheus has its figures, and which processes use it most",
            part=stack.prometheus,
            done=lambda: value(stack.prometheus, known) is not None,
        ),
    )


def _goes_down(stack: Stack) -> tuple[Step, ...]:
    prometheus, alertmanager = stack.prometheus, stack.alertmanager
    up = f'up{{job="marax",host="{_HOST}"}}'
    return (
        Step(what="Prometheus gets no answer", part=prometheus, done=lambda: value(prometheus, up) == 0),
        Step(
            what="Prometheus is sure: HostDown fires",
            part=prometheus,
            done=lambda: firing(prometheus, _ALERT, _HOST),
        ),
        Step(
            what="Alertmanager has the alert",
            part=alertmanager,
            done=lambda: held(alertmanager, _ALERT, _HOST),
        ),
        Step(
            what="the bridge has mailed it",
            part=stack.bridge,
            done=lambda: _mail(stack, "[DOWN]") is not None,
        ),
    )


def _comes_back(stack: Stack) -> tuple[Step, ...]:
    prometheus, alertmanager = stack.prometheus, stack.alertmanager
    up = f'up{{job="marax",host="{_HOST}"}}'
    return (
        Step(what="Prometheus gets answers", part=prometheus, done=lambda: value(prometheus, up) == 1),
        Step(
            what="Prometheus is sure: HostDown has ended",
            part=prometheus,
            done=lambda: not firing(prometheus, _ALERT, _HOST),
        ),
        Step(
            what="Alertmanager knows that it ended",
            part=alertmanager,
            done=lambda: not held(alertmanager, _ALERT, _HOST),
        ),
        Step(
            what="the bridge has mailed it", part=stack.bridge, done=lambda: _mail(stack, "[UP]") is not None
        ),
    )


def _tell(steps: tuple[Step, ...]) -> None:
    begin = time.monotonic()
    for step in followed(steps):
        print(f"  {time.monotonic() - begin:4.1f} s  {step.what}")


def _mail(stack: Stack, state: str) -> EmailMessage | None:
    return next((mail for mail in stack.mails() if str(mail["Subject"]).startswith(state)), None)


def _print_mail(mail: EmailMessage | None) -> None:
    if mail is None:
        return
    body = mail.get_body(("plain",))
    text = body.get_content() if body else "(no text part)"
    head = [f"{name}: {mail[name]}" for name in ("From", "To", "Date", "Subject") if name in mail]
    print(f"\n  .{'-' * _FRAME_COLUMNS}")
    for line in [*head, "", *str(text).rstrip().splitlines()]:
        for piece in textwrap.wrap(line, _FRAME_COLUMNS - 2, drop_whitespace=False) or [""]:
            print(f"  | {piece}".rstrip())
    print(f"  '{'-' * _FRAME_COLUMNS}")


def _go_on(stack: Stack) -> None:
    print(f"\nmarax: all of it goes on running; the mails are in {_short(stack.maildir)}")
    print("marax: Ctrl-C ends it")
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        print()


def _page(part: Part, stack: Stack) -> str:
    return "/metrics" if part in (*stack.exporters.values(), stack.bridge) else "/"


def _short(path: Path) -> str:
    return os.path.relpath(path)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Yield an empty folder below .demo that no other running demo uses."""
    parent = Path(".demo")
    parent.mkdir(exist_ok=True)
    for number in itertools.count(1):
        with (parent / f"{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(parent / str(number), ignore_errors=True)
            yield parent / str(number)
            return


def _leave(number: int, _frame: object) -> Never:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
