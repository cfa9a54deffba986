"""A mail says what is true when it leaves: real parts, and mails that cannot leave, or may not yet."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
import yaml

from alertbridge.rendering.letters.numbers import percent
from scripts.stack.stack import ANN, Plan, Stack
from scripts.stack.timings import Timings
from tests.alertbridge.installed import run
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.system

DOWN, UP = "[DOWN] web-1", "[UP] web-1"
ANSWERS = "the host answers by now"
LASTING = Timings(for_seconds=8)  # so an alert fires on for 16 s after its host is back


def wait_until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}"
        time.sleep(0.1)


def has(stack: Stack, expression: str) -> bool:
    return bool(stack.prometheus.ask(f"/api/v1/query?query={expression}")["data"]["result"])


def is_up(stack: Stack, host: str = "web-1") -> bool:
    return has(stack, f'up{{job="marax",host="{host}"}}==1')


def fires(stack: Stack, alertname: str = "HostDown") -> bool:
    return has(stack, f'ALERTS{{alertname="{alertname}",alertstate="firing"}}')


def subjects(stack: Stack) -> list[str]:
    return [mail["Subject"] for mail in stack.mails()]


def outbox(stack: Stack) -> str:
    shown = run("--config", stack.folder / "alertbridge.yml", "outbox", "list", "--all")
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@contextmanager
def mail_away(stack: Stack) -> Iterator[None]:
    """Let no mail leave: a file stands where the Maildir should be."""
    stack.maildir.touch()
    try:
        yield
    finally:
        stack.maildir.unlink()


def test_a_host_that_is_back_while_mail_cannot_leave_is_not_reported_down(start_stack):
    stack: Stack = start_stack(Plan(timings=LASTING))
    wait_until(lambda: is_up(stack), "web-1 is scraped")
    with mail_away(stack):
        stack.exporters["web-1"].kill()
        wait_until(lambda: "delivery deferred" in stack.bridge.log.read_text(), "an attempt has failed")
        stack.exporters["web-1"].start()
        wait_until(lambda: is_up(stack), "web-1 answers again")

    wait_until(lambda: bool(subjects(stack)), "a mail leaves", seconds=90)
    time.sleep(5)

    assert subjects(stack) == [UP]
    assert "It answered again on" in text_of(stack.mails()[0])


def test_a_host_that_is_back_before_alertmanager_posts_is_not_reported_down(start_stack):
    stack: Stack = start_stack(Plan(timings=Timings(for_seconds=8, group_wait_seconds=6)))
    wait_until(lambda: is_up(stack), "web-1 is scraped")
    stack.exporters["web-1"].kill()
    wait_until(lambda: fires(stack), "the alert fires")
    stack.exporters["web-1"].start()

    wait_until(lambda: ANSWERS in outbox(stack), "the notice waits")
    assert subjects(stack) == []
    wait_until(lambda: bool(subjects(stack)), "a mail leaves", seconds=60)
    time.sleep(5)

    assert subjects(stack) == [UP]


def test_a_host_that_goes_again_before_its_alert_ended_is_reported_down(start_stack):
    stack: Stack = start_stack(Plan(timings=Timings(for_seconds=8, group_wait_seconds=6)))
    wait_until(lambda: is_up(stack), "web-1 is scraped")
    stack.exporters["web-1"].kill()
    wait_until(lambda: fires(stack), "the alert fires")
    stack.exporters["web-1"].start()
    wait_until(lambda: ANSWERS in outbox(stack), "the notice waits")

    stack.exporters["web-1"].kill()
    wait_until(lambda: bool(subjects(stack)), "a mail leaves", seconds=60)

    assert subjects(stack) == [DOWN]


def test_a_mail_that_was_held_overnight_shows_the_host_as_it_is_in_the_morning(start_stack):
    quiet = {"hours": "00:00-23:59", "except": []}
    stack: Stack = start_stack(Plan(users=({**ANN, "quiet": quiet},)))
    wait_until(lambda: is_up(stack), "web-1 is scraped")
    stack.exporters["web-1"].kill()
    wait_until(lambda: "held" in outbox(stack), "the notice is held")
    stack.exporters["web-1"].start()
    wait_until(lambda: not fires(stack), "the alert has ended")
    time.sleep(20)
    assert subjects(stack) == []

    settings = stack.folder / "alertbridge.yml"
    changed = yaml.safe_load(settings.read_text()) | {"users": [dict(ANN)]}
    settings.write_text(yaml.safe_dump(changed))
    assert stack.bridge.pid is not None
    os.kill(stack.bridge.pid, signal.SIGHUP)
    wait_until(lambda: bool(subjects(stack)), "the mail leaves")

    (mail,) = stack.mails()
    assert mail["Subject"] == UP
    left = parsedate_to_datetime(mail["Date"]).timestamp()
    answer = stack.prometheus.ask(
        f'/api/v1/query?query=marax_cpu_usage_ratio{{host="web-1"}}[6s]&time={left + 1:.0f}'
    )
    (series,) = answer["data"]["result"]
    shown = re.search(r"\nNOW\nCPU +(\d.*? %)", text_of(mail))
    assert shown is not None, text_of(mail)
    assert shown[1] in {percent(float(value)) for _, value in series["values"]}


def test_alertmanager_that_is_restarted_while_most_hosts_are_down_causes_no_mail(start_stack):
    names = ("web-1", "web-2", "web-3", "web-4")
    stack: Stack = start_stack(Plan(hosts=names, timings=Timings(for_seconds=4)))
    wait_until(lambda: all(is_up(stack, name) for name in names), "the hosts are scraped")
    for name in names[1:]:
        stack.exporters[name].kill()
    wait_until(lambda: bool(subjects(stack)), "the fleet is reported down")
    wait_until(lambda: fires(stack), "HostDown fires too")
    told = subjects(stack)

    for _ in range(2):
        stack.alertmanager.kill()
        stack.alertmanager.start()
        stack.alertmanager.wait_until_ready()
        time.sleep(12)

    assert len(told) == 1
    assert "most hosts not answering" in told[0]
    assert subjects(stack) == told

    for name in names[1:]:
        stack.exporters[name].start()
    wait_until(lambda: len(subjects(stack)) > 1, "the end of it is reported", seconds=90)
    time.sleep(10)
    assert [subject.split()[0] for subject in subjects(stack)] == ["[CRITICAL]", "[OK]"]
