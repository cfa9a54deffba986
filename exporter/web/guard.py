"""Who may call which view. A view that does not declare it is refused to everyone.

@blueprint.get("/commands")
@requires(Role.OPERATOR)
def get_commands(session: Session) -> Response: ...

@blueprint.get("/-/healthy")
@public
def get_healthy() -> Response: ...
"""

import logging
import re
from collections.abc import Callable
from functools import update_wrapper
from http import HTTPStatus
from typing import Protocol

from flask import Flask, Request, Response, g, request

from exporter.access.roles import Role
from exporter.access.session import Refusal, Session
from exporter.web.responses import ProblemError
from marax.problems import Problem

logger = logging.getLogger(__name__)

_BEARER = re.compile("bearer (.*)", re.IGNORECASE | re.DOTALL)
_CHALLENGE = 'Bearer realm="marax-exporter"'

View = Callable[..., Response]


class Admission(Protocol):
    """What says whether a token is good; see `exporter.access.authenticator.Authenticator`."""

    @property
    def takes_query_tokens(self) -> bool: ...

    def admit(self, token: str) -> Session | Refusal: ...

    def note(self, refusal: Refusal) -> None: ...


class PublicView:
    """A view that everyone may call."""

    def __init__(self, view: View) -> None:
        self._view = view
        update_wrapper(self, view)

    def __call__(self, **arguments: str) -> Response:
        return self._view(**arguments)


class GuardedView:
    """A view for users of *role* and above, called with their session as its first argument."""

    def __init__(self, view: View, role: Role, *, query_token: bool) -> None:
        self._view = view
        self.role = role
        self.query_token = query_token
        update_wrapper(self, view)

    def __call__(self, **arguments: str) -> Response:
        return self._view(g.session, **arguments)


def public(view: View) -> PublicView:
    """Declare that everyone may call *view*."""
    return PublicView(view)


def requires(role: Role, *, query_token: bool = False) -> Callable[[View], GuardedView]:
    """Declare that a view is for users of *role* and above, and whether it takes `?token=` as well."""
    return lambda view: GuardedView(view, role, query_token=query_token)


class Guard:
    """Stands before every view of an app; *access* returns what admits at the moment, None without users."""

    def __init__(self, access: Callable[[], Admission | None]) -> None:
        self._access = access

    def watch(self, app: Flask) -> None:
        """Let nobody reach a view of *app* who may not."""

        @app.before_request
        def check() -> None:
            if request.endpoint is not None:  # else there is no such view
                self._check(app.view_functions[request.endpoint])

        @app.after_request
        def keep_out_of_caches(answer: Response) -> Response:
            if "session" in g:
                answer.headers["Cache-Control"] = "no-store"
            return answer

    def _check(self, view: object) -> None:
        match view:
            case PublicView():
                pass
            case GuardedView():
                g.session = self._admit(view)
            case _:
                logger.error("route declares no required role", extra={"endpoint": request.endpoint})
                raise ProblemError(_UNDECLARED)

    def _admit(self, view: GuardedView) -> Session:
        access = self._access()
        if access is None:
            raise ProblemError(NO_USERS)
        token = _token(request, in_query=view.query_token and access.takes_query_tokens)
        outcome = access.admit(token) if token else Refusal.NO_TOKEN
        if isinstance(outcome, Session) and outcome.role < view.role:
            access.note(Refusal.LOW_ROLE)
            raise ProblemError(_LOW_ROLE, {"WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope"'})
        if isinstance(outcome, Session):
            return outcome
        access.note(outcome)
        error = ', error="invalid_token"' if token else ""
        raise ProblemError(_problem_of(outcome), {"WWW-Authenticate": _CHALLENGE + error})


def _token(request: Request, *, in_query: bool) -> str:
    """Return the token that came with *request*, empty for none.

    A browser that logged in at /login sends its Basic credentials with everything from then on: they count
    for nothing here, and do not stand in the way of `?token=`.
    """
    in_header = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    tokens = request.args.getlist("token")
    if len(tokens) + bool(in_header) > 1:
        raise ProblemError(_TWO_TOKENS)
    if in_header:
        return in_header[1]
    return tokens[0] if tokens and in_query else ""


def _problem_of(refusal: Refusal) -> Problem:
    return _PROBLEMS.get(refusal, _BAD_TOKEN)


def _unauthorized(kind: str, title: str) -> Problem:
    return Problem(status=HTTPStatus.UNAUTHORIZED, kind=kind, title=title)


_BAD_TOKEN = _unauthorized("bad-token", "The token is invalid. Log in at /login.")
REVOKED_TOKEN = _unauthorized("revoked-token", "The token was revoked by logout or renewal.")
_PROBLEMS = {
    Refusal.NO_TOKEN: _unauthorized(
        "no-token", "A token is required. Get one at /login and send it as `Authorization: Bearer TOKEN`."
    ),
    Refusal.EXPIRED_TOKEN: _unauthorized("expired-token", "The token has expired. Log in again."),
    Refusal.REVOKED_TOKEN: REVOKED_TOKEN,
}
_TWO_TOKENS = Problem(
    status=HTTPStatus.BAD_REQUEST, kind="two-tokens", title="The request contains more than one token."
)
_LOW_ROLE = Problem(
    status=HTTPStatus.FORBIDDEN,
    kind="low-role",
    title="Your role does not allow this.",
)
_UNDECLARED = Problem(
    status=HTTPStatus.FORBIDDEN,
    kind="undeclared-view",
    title="This route declares no required role and is refused.",
)
NO_USERS = Problem(
    status=HTTPStatus.FORBIDDEN,
    kind="no-users",
    title="Login is disabled: the settings of this exporter have no `users:`.",
)
