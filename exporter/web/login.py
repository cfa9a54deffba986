"""`/login`, `/token` and `/logout`: a token for a password, a token for a token, and the end of it."""

import base64
import binascii
import logging
import math
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Protocol, TypeVar, assert_never

import msgspec
from flask import Blueprint, Response, request

from exporter.access.authenticator import Throttled
from exporter.access.revocations import NotStoredError
from exporter.access.roles import Role
from exporter.access.session import Refusal, Session
from exporter.access.tokens import Token
from exporter.web.guard import NO_USERS, REVOKED_TOKEN, Admission, public, requires
from exporter.web.requests import read_body, read_optional_body
from exporter.web.responses import ProblemError, json_of
from marax.problems import Problem, busy

logger = logging.getLogger(__name__)

_BASIC = re.compile("basic +([A-Za-z0-9+/]*={0,2})", re.IGNORECASE)
Outcome = TypeVar("Outcome")


class LoginBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent to `POST /login`."""

    username: str
    password: str


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A token, to be sent as `Authorization: Bearer`."""

    token: str
    expires_in_seconds: int
    role: Role


class TokenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be sent to `POST /token`: nothing."""


class LogoutBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be sent to `POST /logout`: whether all tokens of the user end, on this host."""

    everywhere: bool = False


class Authenticator(Admission, Protocol):
    """What logs users in and out; see `exporter.access.authenticator.Authenticator`."""

    def log_in(self, name: str, password: str, *, address: str) -> Token | Throttled | Refusal: ...

    def renew(self, session: Session) -> Token | Refusal: ...

    def log_out(self, session: Session) -> None: ...

    def log_out_everywhere(self, session: Session) -> None: ...


def login_routes(access: Callable[[], Authenticator | None]) -> Blueprint:
    """Return the routes to what *access* returns at the moment; None without users."""
    routes = Blueprint("login", __name__)

    def open_access() -> Authenticator:
        found = access()
        if found is None:
            raise ProblemError(NO_USERS)
        return found

    @routes.get("/login")
    @public
    def get_login() -> Response:
        """Log in by name and password; a browser asks for them."""
        gate = open_access()
        name, password = _basic_credentials(request.headers.get("Authorization", ""))
        return _log_in(gate, name, password, _ASK_BASIC)

    @routes.post("/login")
    @public
    def post_login() -> Response:
        """Log in by name and password."""
        gate = open_access()
        body = read_body(request, LoginBody)
        return _log_in(gate, body.username, body.password, _ASK_NOTHING)

    @routes.post("/token")
    @requires(Role.VIEWER)
    def post_token(session: Session) -> Response:
        """Exchange your token for a fresh one; yours ends."""
        read_optional_body(request, TokenBody)
        outcome = _stored(lambda: open_access().renew(session))
        if isinstance(outcome, Refusal):
            raise ProblemError(REVOKED_TOKEN)
        return _token_response(outcome)

    @routes.post("/logout")
    @requires(Role.VIEWER)
    def post_logout(session: Session) -> Response:
        """End your token, or all of yours on this host."""
        body = read_optional_body(request, LogoutBody)
        gate = open_access()
        log_out = gate.log_out_everywhere if body.everywhere else gate.log_out
        _stored(lambda: log_out(session))
        return Response(status=HTTPStatus.NO_CONTENT)

    return routes


def _basic_credentials(header: str) -> tuple[str, str]:
    encoded = _BASIC.fullmatch(header)
    try:
        name, colon, password = base64.b64decode(encoded[1] if encoded else "").decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise ProblemError(_ASK, _ASK_BASIC)
    return name, password


def _log_in(access: Authenticator, name: str, password: str, challenge: Mapping[str, str]) -> Response:
    match access.log_in(name, password, address=request.remote_addr or ""):
        case Token() as token:
            return _token_response(token)
        case Throttled(retry_after_seconds=seconds):
            raise ProblemError(_THROTTLED, {"Retry-After": str(math.ceil(seconds))})
        case Refusal.BUSY:
            raise ProblemError(_BUSY, {"Retry-After": "1"})
        case Refusal():
            raise ProblemError(_WRONG_LOGIN, challenge)
        case unknown:
            assert_never(unknown)


def _token_response(token: Token) -> Response:
    answer = json_of(
        TokenAnswer(token=token.text, expires_in_seconds=token.expires_in_seconds, role=token.role)
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _stored(action: Callable[[], Outcome]) -> Outcome:
    try:
        return action()
    except NotStoredError as error:
        logger.error("could not revoke token", extra={"error": str(error)})  # noqa: TRY400 - an expected failure
        raise ProblemError(_NOT_STORED, {"Retry-After": "60"}) from error


_ASK_BASIC = {"WWW-Authenticate": 'Basic realm="marax-exporter", charset="UTF-8"'}
_ASK_NOTHING = {"WWW-Authenticate": 'Bearer realm="marax-exporter"'}  # a browser would ask within a page
_ASK = Problem(
    status=HTTPStatus.UNAUTHORIZED,
    kind="no-login",
    title="A user name and password are required, by HTTP Basic authentication or as JSON in a POST.",
)
_WRONG_LOGIN = Problem(
    status=HTTPStatus.UNAUTHORIZED, kind="wrong-login", title="Wrong user name or password."
)
_THROTTLED = Problem(
    status=HTTPStatus.TOO_MANY_REQUESTS,
    kind="too-many-failures",
    title="Too many failed logins. `Retry-After` says when to try again.",
)
_BUSY = busy("Too many logins are waiting.")
_NOT_STORED = Problem(
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    kind="not-stored",
    title="The token could not be revoked and remains valid: the exporter cannot write to its state_dir.",
)
