"""A bridge that is killed again and again while it is posted to, before a Mailgun that goes wrong."""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path

import yaml

from alertbridge.alerts.alert import Alert
from scripts.stack.part import Part, Program
from scripts.stack.ports import free_addresses
from scripts.stack.programs import own_command
from tests.alertbridge.alert_builders import T0, an_alert, payload_of
from tests.standin.mailgun import MailgunStandIn
from tests.standin.mailgun_account import Message
from tests.waiting import PATIENCE_SECONDS

TOKEN = "webhook-token"
USERS = ("ann", "bob")
_ACCOUNT_KEY = "key-of-the-account"
_SENDING_KEY = "key-of-the-domain"


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run came to.

    Attributes:
        told: How many news were answered 200, times the users who want them.
        lost: Those that no mail told.
        doubled: How many mails came more than once.
        unmarked: Those of them that the database does not flag as uncertain, or that differ in Message-Id.
        integrity: What SQLite says of its file; `ok`.
    """

    told: int
    lost: list[str]
    doubled: int
    unmarked: list[str]
    integrity: str


@dataclass
class CrashRun:
    """One run; *folder* takes the bridge's files.

    Attributes:
        kills: How often the bridge is killed.
        faults: What the stand-in does, as `Faults` spells it.
        may_look_up: Whether the bridge's key may ask Mailgun what it took, or only send.
    """

    folder: Path
    kills: int
    faults: str
    seed: int = 0
    may_look_up: bool = True
    _acknowledged: set[str] = field(default_factory=set)

    def run(self, *, drain_seconds: float) -> Findings:
        """Post, kill, and wait up to *drain_seconds* until all that was taken has been told."""
        chance = random.Random(self.seed)
        with MailgunStandIn(api_key=_ACCOUNT_KEY, sending_key=_SENDING_KEY, wait_seconds=1) as mailgun:
            bridge = self._bridge(mailgun.url)
            mailgun.misbehave(self.faults, seed=self.seed)
            is_over = threading.Event()
            poster = threading.Thread(target=self._post, args=(bridge.address, is_over, chance))
            try:
                bridge.start()
                bridge.wait_until_ready()
                poster.start()
                for _ in range(self.kills):
                    time.sleep(chance.uniform(0.2, 1.5))
                    bridge.kill()
                    bridge.start()
                    bridge.wait_until_ready()
                is_over.set()
                poster.join()
                mailgun.behave()
                self._drain(drain_seconds)
            finally:
                is_over.set()
                bridge.stop()
            return self._findings(mailgun.messages)

    def _bridge(self, mailgun_url: str) -> Part:
        (address,) = free_addresses(1)
        (self.folder / "token").write_text(TOKEN)
        (self.folder / "key").write_text(_ACCOUNT_KEY if self.may_look_up else _SENDING_KEY)
        settings = {
            "listen": address,
            "database": f"sqlite:///{self.folder}/bridge.db",
            "webhook": {"token_file": "token"},
            "mailgun": {
                "domain": "mg.example.org",
                "api_key_file": "key",
                "from": "marax <alerts@mg.example.org>",
                "base_url": mailgun_url,
            },
            "storm": {"hosts": 1_000_000},
            "limits": {"mails_per_hour": 1_000_000},
            "users": [{"name": name, "email": f"{name}@example.org"} for name in USERS],
        }
        config = self.folder / "alertbridge.yml"
        config.write_text(yaml.safe_dump(settings))
        argv = (own_command("marax-alertbridge"), "--config", str(config))
        log = self.folder / "bridge.log"
        return Part(Program(name="alertbridge", argv=argv, address=address, log=log))

    def _post(self, address: str, is_over: threading.Event, chance: random.Random) -> None:
        """Post news until it is over, each until it is answered 200, and now and then once more."""
        for alert in _news():
            body = payload_of(alert)
            while not self._is_taken(address, body):
                if is_over.wait(0.05):
                    return
            self._acknowledged.add(_name(alert))
            if chance.random() < 0.3:  # as a twin Alertmanager does
                self._is_taken(address, body)
            if is_over.wait(chance.uniform(0, 0.2)):
                return

    def _is_taken(self, address: str, body: bytes) -> bool:
        connection = HTTPConnection(address, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", "/alerts", body, {"Authorization": f"Bearer {TOKEN}"})
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _drain(self, drain_seconds: float) -> None:
        deadline = time.monotonic() + drain_seconds
        while time.monotonic() < deadline:
            with closing(sqlite3.connect(self.folder / "bridge.db", timeout=PATIENCE_SECONDS)) as database:
                query = "SELECT count(*) FROM notices WHERE state IN ('pending', 'sending')"
                (unsettled,) = database.execute(query).fetchone()
            if not unsettled:
                return
            time.sleep(0.2)

    def _findings(self, messages: list[Message]) -> Findings:
        database = sqlite3.connect(self.folder / "bridge.db")
        uncertain = {
            f"{title.split(':')[0]} {user}@example.org"
            for title, user in database.execute(
                "SELECT title, n.user_name FROM notices n JOIN threads USING (incident_id, user_name)"
                " WHERE doubt_unix_seconds IS NOT NULL"
            )
        }
        (integrity,) = database.execute("PRAGMA integrity_check").fetchone()
        database.close()
        arrived = Counter((_host(message), message.to[0]) for message in messages)
        owed = [f"{host} {name}@example.org" for host in sorted(self._acknowledged) for name in USERS]
        told = {f"{host} {address}" for host, address in arrived}
        unmarked = []
        for (host, address), times in arrived.items():
            ids = {m.message_id for m in messages if (_host(m), m.to[0]) == (host, address)}
            if times > 1 and (len(ids) > 1 or f"{host} {address}" not in uncertain):
                unmarked.append(f"{host} {address}")
        return Findings(
            told=len(owed),
            lost=[one for one in owed if one not in told],
            doubled=sum(times - 1 for times in arrived.values()),
            unmarked=unmarked,
            integrity=integrity,
        )


def _news() -> Iterator[Alert]:
    for number in count():
        yield an_alert(f"web-{number}", alertname="DiskFull", starts=T0)


def _name(alert: Alert) -> str:
    return alert.labels["host"]


def _host(message: Message) -> str:
    return message.subject.removeprefix("[CRITICAL] ").split(":")[0]
