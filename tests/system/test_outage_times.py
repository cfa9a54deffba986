"""What mails say of an outage is what Prometheus saw of it: real parts, one of them stopped for a while."""

import os
import re
import signal
import time
from email.message import EmailMessage

import pytest

from scripts.stack.stack import Plan, Stack
from tests.waiting import wait_until

pytestmark = pytest.mark.system

DOWN, UP = "[DOWN] web-1", "[UP] web-1"
STOPPED_SECONDS = 8.0


@pytest.fixture
def stack(start_stack) -> Stack:
    """Return a stack that has scraped its hosts for a while."""
    stack: Stack = start_stack(Plan(hosts=("web-1", "db-1")))
    wait_until(lambda: answered(stack, "web-1") >= 6)
    return stack


def answered(stack: Stack, host: str) -> float:
    """Return how many scrapes *host* has answered; 0 while it does not."""
    up = f'up{{job="marax",host="{host}"}}'
    result = stack.prometheus.ask(f"/api/v1/query?query=sum_over_time({up}[10m])*{up}")["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0


def mails(stack: Stack, subject: str) -> list[EmailMessage]:
    return [mail for mail in stack.mails() if mail["Subject"] == subject]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def seconds(words: str) -> float:
    """Return `1 min 9 s` as seconds."""
    units = {"s": 1, "min": 60}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+) (min|s)\b", words))


def test_time_in_which_prometheus_was_stopped_is_no_outage(stack):
    pid = stack.prometheus.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    time.sleep(STOPPED_SECONDS)
    stack.exporters["web-1"].kill()
    died = time.monotonic()
    os.kill(pid, signal.SIGCONT)

    wait_until(lambda: mails(stack, DOWN))
    true_seconds = time.monotonic() - died
    stack.exporters["web-1"].start()
    wait_until(lambda: mails(stack, UP))

    down, up = text_of(mails(stack, DOWN)[0]), text_of(mails(stack, UP)[0])
    for text, lead in ((down, "Down for"), (up, "Up again after")):
        found = re.search(rf"{lead} (?:at least ([^,]+), )?at most ([^.:]+)[.:]", text)
        assert found is not None, text
        assert seconds(found[2]) >= STOPPED_SECONDS
    found = re.search(r"Down for (?:at least ([^,]+), )?at most", down)
    assert found is not None
    assert seconds(found[1] or "0 s") <= true_seconds + 1
    assert "Prometheus did not scrape it" in down
    assert "Prometheus did not scrape it" in up


def test_a_host_that_comes_and_goes_while_its_alert_fires_is_told_with_how_often(stack):
    web_1 = stack.exporters["web-1"]
    web_1.kill()
    wait_until(lambda: mails(stack, DOWN))
    for _ in range(2):
        web_1.start()
        wait_until(lambda: answered(stack, "web-1"))
        web_1.kill()
        wait_until(lambda: not answered(stack, "web-1"))
    web_1.start()
    wait_until(lambda: mails(stack, UP))

    text = text_of(mails(stack, UP)[-1])

    flaps = r"Up again: within [^.]+ it stopped answering 3 times, for \d+ s at the longest\."
    assert re.search(flaps, text), text
    assert (len(mails(stack, DOWN)), len(mails(stack, UP))) == (1, 1)
