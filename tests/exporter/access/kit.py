"""A host with three users, whose clock, disk and password checks are in the test's hands."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from flask import Flask
from werkzeug.test import TestResponse

from exporter.access.passwords import PasswordChecks
from exporter.access.roles import Role
from exporter.access.service import AuthService
from exporter.access.settings import TokenSettings, UserSettings
from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.scraper import Scraper
from exporter.web.app import Api, create_app
from exporter.web.login import login_routes
from exporter.web.processlist import processlist_routes
from exporter.web.request_counts import RequestCounts
from exporter.web.stats import stats_routes
from marax.clock import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.collectors import FakeCollector
from tests.fakes.host import list_processes, read_stats
from tests.fakes.passwords import FakeVerify, fake_hash_of

PASSWORD = "correct horse battery staple"
_NOTHING: Mapping[str, str] = MappingProxyType({})


def a_user(name: str = "ann", role: Role = Role.VIEWER, *, password: str = PASSWORD) -> UserSettings:
    return UserSettings(name=name, role=role, password_hash=fake_hash_of(password.encode()))


USERS = (a_user("ann"), a_user("otto", Role.OPERATOR), a_user("ada", Role.ADMIN))


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass
class Site:
    """The app of a host, and those who call on it."""

    state_dir: Path
    verify: FakeVerify = field(default_factory=FakeVerify)
    clock: FakeClock = field(default_factory=FakeClock)
    tokens: TokenSettings = field(default_factory=TokenSettings)
    users: tuple[UserSettings, ...] = USERS

    def __post_init__(self) -> None:
        self._start()

    def restart(self) -> None:
        """End the program and start it anew: only what is on disk stays."""
        self.auth.close()
        self._start()

    def reload(self, **tokens: Any) -> None:
        """Take up `users`, and changed settings of tokens."""
        self.tokens = msgspec.structs.replace(self.tokens, **tokens)
        self.auth.open_to(self.users, self.tokens)

    def ask(
        self,
        method: str,
        path: str,
        *,
        address: str = "192.0.2.1",
        headers: Mapping[str, str] = _NOTHING,
        **more: Any,
    ) -> TestResponse:
        environ = {"REMOTE_ADDR": address}
        return self.app.test_client().open(
            path, method=method, headers=dict(headers), environ_base=environ, **more
        )

    def log_in(self, name: str = "ann", password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.ask("POST", "/login", json={"username": name, "password": password}, **more)

    def token(self, name: str = "ann") -> str:
        """Return a token of *name*."""
        answer = self.log_in(name)
        assert answer.status_code == 200, answer.text
        token: str = (answer.json or {})["token"]
        return token

    def status(self, token: str) -> int:
        """Return what *token* gets at a route for viewers."""
        return self.ask("GET", "/stats", headers=bearer(token)).status_code

    def _start(self) -> None:
        self.auth = AuthService(self.state_dir, checks=lambda: PasswordChecks(self.verify), clock=self.clock)
        self.reload()
        self.app = self._app()

    def _app(self) -> Flask:
        access = self.auth.access
        blueprints = (login_routes(access), stats_routes(read_stats), processlist_routes(list_processes))
        return create_app(
            Scraper([FakeCollector()], CollectorRunner(SystemClock())),
            is_ready=lambda: True,
            requests=RequestCounts(),
            version="1.2.3",
            api=Api(access=access, blueprints=blueprints),
        )
