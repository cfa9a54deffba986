"""Two real Alertmanagers that gossip, and a bridge that cannot store anything at the wrong moment."""

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from mailbox import Maildir
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml

from marax.clock import SystemClock
from scripts.stack.part import Part, Program
from scripts.stack.ports import free_addresses
from scripts.stack.programs import own_command
from tests.alertbridge.alert_builders import a_heartbeat, payload_of
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

TOKEN = "webhook-token"
HOST = {"name": "web-1", "address": "web-1.example.org:9877"}
LABELS = {
    "alertname": "HostDown",
    "severity": "critical",
    "host": HOST["name"],
    "instance": HOST["address"],
    "job": "marax",
}
UNSTORABLE_SECONDS = 7.0


def present() -> datetime:
    return datetime.fromtimestamp(SystemClock().unix_seconds(), UTC)


class Cluster:
    """The bridge and two Alertmanagers, of which one waits for the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bridge_address, *self.addresses, first_peer, second_peer = free_addresses(5)
        self.bridge = self._bridge()
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(self._alertmanager_settings()))
        self.alertmanagers = [
            self._alertmanager(0, first_peer, second_peer),
            self._alertmanager(1, second_peer, first_peer),
        ]

    @property
    def subjects(self) -> list[str]:
        """The subjects of the mails so far."""
        path = self.folder / "maildir"
        if not path.exists():
            return []
        with closing(Maildir(path, create=False)) as maildir:
            return [str(mail["Subject"]) for mail in maildir]

    def post(self, *, firing: bool) -> None:
        """Tell both Alertmanagers of the alert, as Prometheus does."""
        now = present()
        ends = now + timedelta(minutes=5) if firing else now
        alert = {"labels": LABELS, "annotations": {}, "startsAt": self.began, "endsAt": ends.isoformat()}
        for address in self.addresses:
            request = Request(
                f"http://{address}/api/v2/alerts",
                json.dumps([alert]).encode(),
                {"Content-Type": "application/json"},
            )
            with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                assert answer.status == 200

    def begin(self) -> None:
        """Fix the moment at which the alert began to fire, and tell of it."""
        self.began = present().isoformat()
        self.post(firing=True)

    def store_nothing_for(self, seconds: float) -> None:
        """Hold the bridge's database, so that it answers 503."""
        with closing(
            sqlite3.connect(self.folder / "bridge.db", isolation_level=None, timeout=PATIENCE_SECONDS)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            other.execute("ROLLBACK")

    def wait_for_mails(self, count: int) -> None:
        wait_until(lambda: self._has_mails(count), lambda: f"{count} mails came: {self.subjects}")

    def _has_mails(self, count: int) -> bool:
        """Bring the heartbeat, without which no end is believed, and look."""
        watchdog = payload_of(a_heartbeat(SystemClock().unix_seconds()))
        url, headers = f"http://{self.bridge_address}/alerts", {"Authorization": f"Bearer {TOKEN}"}
        with urlopen(Request(url, watchdog, headers), timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200
        return len(self.subjects) >= count

    def _bridge(self) -> Part:
        (self.folder / "token").write_text(TOKEN)
        settings = {
            "listen": self.bridge_address,
            "database": f"sqlite:///{self.folder}/bridge.db",
            "webhook": {"token_file": "token"},
            "maildir": "maildir",
            "hosts": [HOST],
            "users": [{"name": "ann", "email": "ann@example.org"}],
        }
        config = self.folder / "alertbridge.yml"
        config.write_text(yaml.safe_dump(settings))
        argv = (own_command("marax-alertbridge"), "--config", str(config))
        return self._part("alertbridge", argv, self.bridge_address)

    def _alertmanager(self, number: int, own_peer: str, other_peer: str) -> Part:
        program = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
        assert program, "no alertmanager on the PATH: run scripts/test, which fetches it"
        argv = (
            program,
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / f'data-{number}'}",
            f"--web.listen-address={self.addresses[number]}",
            f"--cluster.listen-address={own_peer}",
            f"--cluster.peer={other_peer}",
            "--cluster.peer-timeout=2s",
            "--cluster.settle-timeout=2s",
        )
        return self._part(f"alertmanager-{number}", argv, self.addresses[number])

    def _alertmanager_settings(self) -> dict[str, object]:
        webhook = {
            "url": f"http://{self.bridge_address}/alerts",
            "send_resolved": True,
            "http_config": {"authorization": {"credentials": TOKEN}},
        }
        route = {"receiver": "marax", "group_wait": "1s", "group_interval": "3s", "repeat_interval": "4s"}
        return {"route": route, "receivers": [{"name": "marax", "webhook_configs": [webhook]}]}

    def _part(self, name: str, argv: tuple[str, ...], address: str) -> Part:
        return Part(Program(name=name, argv=argv, address=address, log=self.folder / f"{name}.log"))


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    with ExitStack() as ends:
        for part in (made.bridge, *made.alertmanagers):
            ends.callback(part.stop)
            part.start()
        for part in (made.bridge, *made.alertmanagers):
            part.wait_until_ready()
        yield made


def test_two_alertmanagers_and_a_bridge_that_could_not_store_make_one_mail_each_way(cluster):
    cluster.begin()
    cluster.store_nothing_for(UNSTORABLE_SECONDS)
    cluster.wait_for_mails(1)
    time.sleep(10)  # reminders from both, every few seconds, that must not become mails
    assert cluster.subjects == ["[DOWN] web-1"]

    cluster.post(firing=False)
    cluster.store_nothing_for(UNSTORABLE_SECONDS)
    cluster.wait_for_mails(2)
    time.sleep(6)

    assert sorted(cluster.subjects) == [
        "[DOWN] web-1",
        "[UP] web-1",
    ]
    log = (cluster.folder / "alertbridge.log").read_text()
    assert "cannot store alerts" in log
