"""Every route of both programs is documented, and every documented one is there."""

import re

import pytest
from flask import Flask

from alertbridge.alerts.payload import Payload
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.deliveries import DeliveryNews, NotOurs
from alertbridge.web.app import create_app as create_bridge_app
from alertbridge.web.mailgun_events import MailgunEvents
from exporter.config import ExporterSettings
from exporter.wiring.exporter import Exporter
from exporter.wiring.serve import app_of
from marax.clock import SystemClock
from tests.docs.pages import documented
from tests.docs.programs import BRIDGE, EXPORTER, Documented
from tests.fakes.live_config import FakeLiveConfig

ROUTE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/[^?\s]*)(?:\?.*)?")


class IdleBridge:
    """A bridge that nothing is asked of."""

    def take(self, payload: Payload) -> None: ...

    def problems(self) -> list[str]:
        return []

    def warnings(self) -> list[str]:
        return []


class NoMails:
    """Takes the events of a bridge that sends none."""

    def take(self, _news: DeliveryNews) -> NotOurs:
        return NotOurs()

    def spend(self, _token: str) -> bool:
        return True


def bridge_app() -> Flask:
    app = create_bridge_app(IdleBridge(), IdleBridge(), FakeLiveConfig(), Metrics(), SystemClock())
    MailgunEvents(NoMails(), FakeLiveConfig(), Metrics(), SystemClock()).add_to(app)
    return app


def exporter_app() -> Flask:
    settings = ExporterSettings()
    return app_of(Exporter(settings, read=lambda: settings, clock=SystemClock()), is_ready=lambda: True)


def routes(app: Flask) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


@pytest.mark.parametrize(
    ("program", "app"), [(BRIDGE, bridge_app()), (EXPORTER, exporter_app())], ids=["bridge", "exporter"]
)
def test_every_route_is_documented_and_every_documented_one_is_there(program: Documented, app: Flask):
    written = [match for one in documented("route", program.pages) if (match := ROUTE.fullmatch(one))]

    assert sorted({f"{method} {path}" for method, path in (match.groups() for match in written)}) == sorted(
        routes(app)
    )
