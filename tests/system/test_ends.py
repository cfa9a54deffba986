"""Troubles of the monitoring itself are reported as no host's: real parts, stopped and killed."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from scripts.stack.part import Part
from scripts.stack.stack import Plan, Stack
from tests.system.relay import relayed
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.system

EXPIRED_SECONDS = 20.0  # Alertmanager resolves what nobody has refreshed for four times 2 s


@pytest.fixture
def stack(start_stack) -> Stack:
    """Return a stack whose web-1 is down, which its user knows."""
    stack: Stack = start_stack(Plan(hosts=("web-1", "db-1")))
    wait_until(lambda: is_up(stack, "web-1"), "web-1 is scraped")
    stack.exporters["web-1"].kill()
    wait_until(lambda: subjects(stack) == ["[DOWN] web-1"], "web-1 is reported down")
    return stack


def wait_until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}"
        time.sleep(0.1)


def is_up(stack: Stack, host: str) -> bool:
    answer = stack.prometheus.ask(f'/api/v1/query?query=up{{job="marax",host="{host}"}}==1')
    return bool(answer["data"]["result"])


def subjects(stack: Stack) -> list[str]:
    return [mail["Subject"] for mail in stack.mails()]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


@contextmanager
def stopped(*parts: Part) -> Iterator[None]:
    """Suspend *parts*, as happens to all programs of a machine that is suspended."""
    pids = [part.pid for part in parts if part.pid is not None]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def assert_is_told_up_once(stack: Stack) -> None:
    stack.exporters["web-1"].start()
    wait_until(lambda: len(subjects(stack)) > 1, "web-1 is reported up")
    time.sleep(5)
    assert subjects(stack) == ["[DOWN] web-1", "[UP] web-1"]
    down, up = stack.mails()
    assert up["In-Reply-To"] == down["Message-ID"]
    assert "answered again on" in text_of(up)


@pytest.mark.parametrize("who", ["prometheus", "alertmanager", "prometheus alertmanager alertbridge"])
def test_a_host_that_is_down_is_not_reported_up_because_monitoring_stopped(stack, who):
    with stopped(*(part for part in stack.parts if part.name in who.split())):
        time.sleep(EXPIRED_SECONDS)
    time.sleep(10)
    assert subjects(stack) == ["[DOWN] web-1"]

    assert_is_told_up_once(stack)


def test_nor_because_alertmanager_is_out_of_reach_of_prometheus(stack):
    with relayed(stack.alertmanager.address) as relay:
        settings = stack.folder / "prometheus" / "prometheus.yml"
        settings.write_text(settings.read_text().replace(stack.alertmanager.address, relay.address))
        os.kill(stack.prometheus.pid, signal.SIGHUP)
        wait_until(lambda: relay.address in sent_to(stack), "Prometheus sends by the relay")
        relay.cut()
        time.sleep(EXPIRED_SECONDS)
        assert subjects(stack) == ["[DOWN] web-1"]
        relay.mend()
        time.sleep(10)

        assert_is_told_up_once(stack)


def sent_to(stack: Stack) -> str:
    return str(stack.prometheus.ask("/api/v1/alertmanagers"))


def test_nor_because_prometheus_died(stack):
    stack.prometheus.kill()
    time.sleep(EXPIRED_SECONDS)

    assert subjects(stack) == ["[DOWN] web-1"]


def test_hosts_that_are_removed_renamed_or_relabelled_while_they_are_down_are_not_watched_any_more(
    start_stack,
):
    hosts = ("gone-1", "old-1", "moved-1", "web-1", "web-2", "web-3", "web-4")
    stack = start_stack(Plan(hosts=hosts))
    wait_until(lambda: all(is_up(stack, host) for host in hosts), "all are scraped")
    for host in hosts[:3]:
        stack.exporters[host].kill()
    wait_until(lambda: reported(stack, "[DOWN]") == set(hosts[:3]), "they are reported down")

    labels = {"old-1": {"host": "new-1"}, "moved-1": {"host": "moved-1", "site": "paris"}}
    groups = [
        {"targets": [stack.exporters[host].address], "labels": labels.get(host, {"host": host})}
        for host in hosts[1:]
    ]
    (stack.folder / "prometheus" / "marax" / "targets.json").write_text(json.dumps(groups))
    wait_until(lambda: reported(stack, "[ENDED]") == set(hosts[:3]), "they are reported as not watched", 150)
    wait_until(lambda: "[DOWN] new-1" in subjects(stack), "the new name is reported down")

    time.sleep(5)
    assert not [subject for subject in subjects(stack) if subject.startswith("[UP]")]
    texts = [text_of(mail) for mail in stack.mails() if mail["Subject"].startswith("[ENDED]")]
    assert all("not answer until then" in text for text in texts)
    assert any("Its address is watched as new-1 now" in text for text in texts)


def reported(stack: Stack, kind: str) -> set[str]:
    """Return the hosts of which mails of that *kind* are."""
    mails = [mail for mail in stack.mails() if mail["Subject"].startswith(kind)]
    names = ("gone-1", "old-1", "moved-1")
    return {name for name in names for mail in mails if name in text_of(mail)}
