"""Most hosts go down and return together: one alert says so, and afterwards which they were, and when."""

import re
import time
from datetime import datetime
from email.message import EmailMessage

import pytest

from marax.clock import SystemClock
from scripts.stack.stack import Plan, Stack
from tests.waiting import wait_until

pytestmark = pytest.mark.system

HOSTS = ("web-1", "web-2", "db-1", "db-2", "app-1")
TITLE = "FleetDown: most hosts not answering"
SLACK_SECONDS = 4.0  # a scrape a second, each of which may take as long, on a busy machine
CLOCK = SystemClock()


def test_hosts_that_were_down_under_fleet_down_are_listed_in_its_end(start_stack):
    stack: Stack = start_stack(Plan(hosts=HOSTS))
    wait_until(lambda: hosts_up(stack) == set(HOSTS), "all hosts are scraped")
    time.sleep(2)

    died = CLOCK.unix_seconds()
    for host in HOSTS[1:]:
        stack.exporters[host].kill()
    wait_until(lambda: f"[CRITICAL] {TITLE}" in subjects(stack), "FleetDown is reported")
    time.sleep(3)
    returned = CLOCK.unix_seconds()
    for host in HOSTS[2:]:
        stack.exporters[host].start()
    wait_until(lambda: f"[OK] {TITLE}" in subjects(stack), "its end is reported")

    critical, ok = (mail for mail in stack.mails() if TITLE in mail["Subject"])
    history = stack.run_bridge("explain", ok["X-Marax-Incident"]).stdout
    assert "4 of 5 hosts do not answer" in " ".join(body_of(critical).split())
    assert "4 hosts that you watch were down" in body_of(ok)
    assert re.search(r"^web-2 +\d\d:\d\d:\d\d +still DOWN ", body_of(ok), re.MULTILINE)
    assert not re.search("^web-1 ", body_of(ok), re.MULTILINE)
    assert "last scrape that web-2 answered; it had not answered again by " in history
    for host in HOSTS[2:]:
        answered, back = times_in(history, host)
        assert re.search(rf"^{host} +{answered:%H:%M:%S} +{back:%H:%M:%S} ", body_of(ok), re.MULTILINE)
        assert abs(answered.timestamp() - died) < SLACK_SECONDS
        assert abs(back.timestamp() - returned) < SLACK_SECONDS


def times_in(history: str, host: str) -> tuple[datetime, datetime]:
    """Return when *host* last answered and answered again, according to `explain`."""
    line = re.search(
        rf"^(.+) UTC  last scrape that {host} answered; it answered again on (.+) UTC", history, re.MULTILINE
    )
    assert line, history
    answered, back = (datetime.fromisoformat(f"{moment}+00:00") for moment in line.groups())
    return answered, back


def subjects(stack: Stack) -> list[str]:
    return [mail["Subject"] for mail in stack.mails()]


def hosts_up(stack: Stack) -> set[str]:
    answer = stack.prometheus.ask('/api/v1/query?query=up{job="marax"}==1')
    return {row["metric"]["host"] for row in answer["data"]["result"]}


def body_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
