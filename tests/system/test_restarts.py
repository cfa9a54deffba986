"""One outage is one episode, whatever is restarted meanwhile: real parts, killed and started again."""

import time

import pytest

from scripts.stack.stack import Plan, Stack
from tests.system.test_ends import is_up, subjects, wait_until

pytestmark = pytest.mark.system

HOSTS = ("web-1", "db-1")


def is_firing(stack: Stack, host: str) -> bool:
    query = f'ALERTS{{alertname="HostDown",alertstate="firing",host="{host}"}}'
    return bool(stack.prometheus.ask(f"/api/v1/query?query={query}")["data"]["result"])


@pytest.fixture
def stack(start_stack) -> Stack:
    """Return a stack of which two hosts are down, which its user knows."""
    stack: Stack = start_stack(Plan(hosts=(*HOSTS, "app-1")))
    wait_until(lambda: all(is_up(stack, host) for host in (*HOSTS, "app-1")), "all are scraped")
    for host in HOSTS:
        stack.exporters[host].kill()
    wait_until(lambda: mentioned(stack, "[DOWN]") == set(HOSTS), "both are reported down")
    return stack


def mentioned(stack: Stack, kind: str) -> set[str]:
    return {
        host for host in HOSTS for subject in subjects(stack) if subject.startswith(kind) and host in subject
    }


def test_an_outage_whose_end_alertmanager_never_sent_is_told_apart_from_the_next(stack):
    told = subjects(stack)
    stack.alertmanager.kill()
    stack.exporters["web-1"].start()
    wait_until(lambda: not is_firing(stack, "web-1"), "its alert has ended")
    stack.exporters["web-1"].kill()
    wait_until(lambda: is_firing(stack, "web-1"), "it fires again")
    stack.alertmanager.start()

    wait_until(lambda: len(subjects(stack)) == len(told) + 2, "the end and the next outage are reported")
    time.sleep(3)
    assert sorted(subjects(stack)[len(told) :]) == ["[DOWN] web-1", up_of("web-1", told)]


def up_of(host: str, told: list[str]) -> str:
    """Return the subject of its end in the thread that reported it down, which may be about both."""
    (down,) = [subject for subject in told if host in subject]
    return down.replace("[DOWN]", "[UP]")


def test_prometheus_and_alertmanager_are_restarted_three_times_while_two_hosts_are_down(stack):
    told = subjects(stack)
    for _ in range(3):
        for part in (stack.prometheus, stack.alertmanager):
            part.kill()
        for part in (stack.alertmanager, stack.prometheus):
            part.start()
            part.wait_until_ready()
        wait_until(lambda: all(is_firing(stack, host) for host in HOSTS), "both fire again")
        time.sleep(6)  # a group's wait and interval, and the bridge's questions
    assert subjects(stack) == told

    for host in HOSTS:
        stack.exporters[host].start()
    wait_until(lambda: mentioned(stack, "[UP]") == set(HOSTS), "both are reported up")
    time.sleep(5)
    roots = {mail["Message-ID"] for mail in stack.mails()[: len(told)]}
    ends = stack.mails()[len(told) :]
    assert all(mail["Subject"].startswith("[UP]") and mail["In-Reply-To"] in roots for mail in ends)
    assert len(ends) == len(told)
