"""schemathesis over our OpenAPI document: what the document promises holds, whatever is sent."""

from collections.abc import Iterator
from typing import Any

import argon2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import BaseSchema

from exporter.access.roles import Role
from exporter.access.settings import PasswordHash, UserSettings
from exporter.access.tokens import Token
from exporter.commands.parameters import Bounds, Choices, Parameter, Pattern
from exporter.commands.settings import Command, Element
from exporter.config import ExporterSettings
from exporter.web.descriptions import DESCRIPTIONS
from exporter.wiring.exporter import Exporter
from exporter.wiring.serve import app_of
from marax.clock import SystemClock

QUICKLY = settings(
    max_examples=30, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
ENDS_THE_TOKEN = ("/token", "/logout")
HASH = argon2.PasswordHasher(memory_cost=7168, time_cost=5, parallelism=1).hash("hunter2")
COMMANDS = tuple(
    Command(name=name, argv=tuple(map(Element, argv)), role="operator", parameters=parameters)
    for name, argv, parameters in [
        ("plain", ("/bin/true",), {}),
        ("choose", ("/bin/echo", "{unit}"), {"unit": Parameter(choice=Choices(("nginx.service", "80")))}),
        ("count", ("/bin/echo", "{n}"), {"n": Parameter(integer=Bounds((-5, 100)))}),
        ("name", ("/bin/echo", "{a}", "--", "{b}"), {
            "a": Parameter(pattern=Pattern("[a-z-]+"), max_length=12),
            "b": Parameter(pattern=Pattern("[a-z]{2,4}")),
        }),
    ]
)  # fmt: skip


class Caller:
    """Logs in, again when need be."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self._token = ""

    def headers(self, path: str) -> dict[str, str]:
        if not self._token or path in ENDS_THE_TOKEN:
            self._token = self._log_in()
        return {"Authorization": f"Bearer {self._token}"}

    def _log_in(self) -> str:
        access = self._exporter.auth.access()
        assert access is not None
        token = access.log_in("ann", "hunter2", address="192.0.2.1")
        assert isinstance(token, Token)
        return token.text


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    folder = tmp_path_factory.mktemp("exporter")
    user = UserSettings(name="ann", role=Role.ADMIN, password_hash=PasswordHash(HASH))
    chosen = ExporterSettings(
        state_dir=folder, users=(user,), commands=COMMANDS, audit_log=folder / "audit.jsonl"
    )
    exporter = Exporter(chosen, read=lambda: chosen, clock=SystemClock())
    exporter.auth.open_to(chosen.users, chosen.tokens)
    exporter.use(chosen)
    yield exporter
    exporter.auth.close()


@pytest.fixture(scope="module")
def caller(exporter: Exporter) -> Caller:
    return Caller(exporter)


@pytest.fixture(scope="module")
def api(exporter: Exporter, caller: Caller) -> BaseSchema:
    headers = caller.headers("/openapi.json")
    return schemathesis.openapi.from_wsgi(
        "/openapi.json", app_of(exporter, is_ready=lambda: True), headers=headers
    )


def means_what_it_says(body: Any) -> bool:
    """Return whether nothing in *body* is like 1.0, which is an integer to JSON Schema, and none to us."""
    if isinstance(body, dict | list):
        return all(map(means_what_it_says, body.values() if isinstance(body, dict) else body))
    return not (isinstance(body, float) and body.is_integer())


def test_the_document_is_openapi(api: BaseSchema):
    api.validate()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name)
@pytest.mark.parametrize(("method", "path"), list(DESCRIPTIONS), ids=str)
def test_whatever_is_sent_is_answered_as_the_document_says(
    api: BaseSchema, caller: Caller, method: str, path: str, mode: GenerationMode
):
    @given(
        api[path][method].as_strategy(generation_mode=mode).filter(lambda case: means_what_it_says(case.body))
    )
    @QUICKLY
    def send(case: "Case[Any]") -> None:
        case.query.pop("token", None)  # beside the one in the header it is one too many
        login = caller.headers(path)
        case.headers.update(login)  # a case is judged by what it holds itself, too
        case.call_and_validate(headers=login)

    send()
