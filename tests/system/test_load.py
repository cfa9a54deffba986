"""The installed bridge under load: told to end, told to read its settings, and given ten thousand alerts."""

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from marax.clock import SystemClock
from scripts.stack.ports import free_addresses
from tests.alertbridge.alert_builders import T0, a_heartbeat, an_alert, payload_of
from tests.alertbridge.installed import Served, Settings, hosts_of_alerts, through
from tests.standin.mailgun import MailgunStandIn
from tests.waiting import wait_until

pytestmark = pytest.mark.system

PROMISED_POST_SECONDS = 2.0
PROMISED_MEMORY_KB = 300_000
MANY = 10_000


@pytest.fixture
def mailgun() -> Iterator[MailgunStandIn]:
    with MailgunStandIn() as standin:
        yield standin


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path)


class Posters:
    """Three that post one new alert after the other, each until it is answered 200."""

    def __init__(self, bridge: Served) -> None:
        self.bridge = bridge
        self.taken: set[str] = set()
        self._is_over = threading.Event()

    @contextmanager
    def posting(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._post, args=(f"host{number}",)) for number in range(3)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            for thread in threads:
                thread.join()

    def _post(self, name: str) -> None:
        number = 0
        while not self._is_over.wait(0.03):
            host = f"{name}-{number}"
            if self.bridge.status_of_post(payload_of(an_alert(host, starts=T0))) == 200:
                self.taken.add(host)
                number += 1


def until_said(bridge: Served, what: str, times: int) -> None:
    wait_until(lambda: bridge.log.count(what) >= times)


def told(mailgun: MailgunStandIn) -> list[str]:
    return sorted(
        message.subject.split(":")[0].removeprefix("[CRITICAL] marax on ") for message in mailgun.messages
    )


@pytest.fixture
def served(settings, mailgun) -> Iterator[Served]:
    (listen,) = free_addresses(1)
    settings.write(
        listen=listen,
        storm={"hosts": 100_000},
        limits={"mails_per_hour": 100_000},
        mailgun=through(mailgun.url, settings.folder),
    )
    bridge = Served(settings)
    yield bridge
    bridge.kill()


def test_ending_in_good_order_under_load_loses_and_doubles_nothing(settings, mailgun, served):
    posters = Posters(served)
    with posters.posting():
        wait_until(lambda: len(posters.taken) > 20)
        served.tell(signal.SIGTERM)
        code = served.wait()
        posters.bridge = again = Served(settings)
        before = len(posters.taken)
        wait_until(lambda: len(posters.taken) > before + 20)
    try:
        wait_until(lambda: again.sample("alertbridge_outbox_pending", priority="critical") == 0)
    finally:
        again.kill()

    assert code == 0
    assert told(mailgun) == sorted(posters.taken)


def test_reading_settings_under_load_good_ones_and_bad_ones_costs_no_post(settings, mailgun, served):
    good = settings.path.read_text()
    posters = Posters(served)
    with posters.posting():
        for number in range(1, 5):
            settings.path.write_text("users: 17\n")
            served.tell(signal.SIGHUP)
            until_said(served, "settings not loaded", number)
            settings.path.write_text(good)
            served.tell(signal.SIGHUP)
            until_said(served, "settings loaded", number)
        wait_until(lambda: len(posters.taken) > 20)
    wait_until(lambda: served.sample("alertbridge_outbox_pending", priority="critical") == 0)

    assert served.sample("alertbridge_webhook_requests_total", code="200") == len(posters.taken)
    assert told(mailgun) == sorted(posters.taken)


def test_ten_thousand_alerts_and_their_ends_are_two_mails_of_one_thread(settings, mailgun):
    names = [f"web-{number}" for number in range(MANY)]
    settings.write(mailgun=through(mailgun.url, settings.folder), hosts=hosts_of_alerts(*names))
    bridge = Served(settings)
    try:
        firing = seconds_to_post(bridge, payload_of(*(an_alert(name) for name in names)))
        wait_until(lambda: len(mailgun.messages) == 1)
        over = seconds_to_post(bridge, payload_of(*(an_alert(name, ends=T0 + 60) for name in names)))
        proof = payload_of(a_heartbeat(SystemClock().unix_seconds()))
        assert bridge.status_of_post(proof) == 200
        wait_until(lambda: len(mailgun.messages) == 2)
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{bridge.pid}/status").read_text())
    finally:
        bridge.kill()

    down, up = mailgun.messages
    assert max(firing, over) < PROMISED_POST_SECONDS
    assert int(peak) < PROMISED_MEMORY_KB
    assert down.subject == "[DOWN] 10000 hosts: web-0, web-1, web-2 +9997"
    assert up.subject == "[UP] 10000 hosts: web-0, web-1, web-2 +9997"
    assert up.headers["References"] == down.message_id


def seconds_to_post(bridge: Served, body: bytes) -> float:
    began = time.monotonic()
    assert bridge.status_of_post(body) == 200
    return time.monotonic() - began
