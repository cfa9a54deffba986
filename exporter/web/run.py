"""`POST /run`: running a command and returning its result."""

import codecs
import json
import signal
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Blueprint, Response, request

from exporter.access.roles import Role
from exporter.access.session import Session
from exporter.commands.catalogue import Reason, Refused
from exporter.commands.service import (
    Asked,
    Caller,
    CommandAsked,
    CommandService,
    Outcome,
    Result,
    RunningCommand,
    ShellAsked,
    Unparsable,
)
from exporter.web.guard import requires
from exporter.web.requests import read_body, read_query
from exporter.web.responses import ProblemError, json_of
from marax.clock import Clock
from marax.problems import Problem

EVENTS = "text/event-stream"
_SIGN_OF_LIFE = b":\n\n"
_SIGN_OF_LIFE_SECONDS = 1.0


class CommandBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent to `/run`."""

    command: str
    arguments: dict[str, Any] = {}


class AdminBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What admins send where a shell is switched on: the same, or nothing but a script for the shell."""

    command: str | None = None
    arguments: dict[str, Any] | None = None
    shell: str | None = None


class RunEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command.

    Attributes:
        exit_code: None if a signal ended it.
        signal: The name of that signal.
        duration_seconds: Until nothing was left of it.
        truncated: Whether the middle of its output is left out.
        output_bytes: The length of the whole of its output.
    """

    outcome: Outcome
    exit_code: int | None
    signal: str | None
    duration_seconds: float
    timed_out: bool
    truncated: bool
    output_bytes: int


class RunOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the output; what is no UTF-8 in it is replaced."""

    text: str


class RunAnswer(RunEnd, frozen=True, kw_only=True):
    """The same, with the output; what is no UTF-8 in it is replaced."""

    output: str


def run_routes(service: CommandService, clock: Clock) -> Blueprint:
    """Return the route to *service*."""
    routes = Blueprint("run", __name__)

    @routes.post("/run")
    @requires(Role.VIEWER)  # whom the catalogue refuses, so that they appear in the audit log
    def post_run(session: Session) -> Response:
        """Run a command and return its result."""
        caller = Caller(user=session.user, role=session.role, address=request.remote_addr or "")
        try:
            _refuse_idempotency()
            query = read_query(request, "stream")
            asked = _asked(has_shell=service.catalogue.has_shell_for(session.role))
        except ProblemError as error:
            service.begin(Unparsable(detail=error.problem.detail), caller)
            raise
        begun = service.begin(asked, caller)
        if isinstance(begun, Refused):
            raise _refusal_of(begun)
        is_stream = "stream" in query or _likes_events_best()
        return _as_it_comes(begun, clock) if is_stream else _in_the_end(begun)

    return routes


def _refuse_idempotency() -> None:
    """Whoever sends this header would take a second request for safe, and it is not."""
    if "Idempotency-Key" in request.headers:
        raise ProblemError(NOT_IDEMPOTENT)


def _asked(*, has_shell: bool) -> Asked:
    if not has_shell:
        body = read_body(request, CommandBody)
        return CommandAsked(name=body.command, arguments=body.arguments)
    match read_body(request, AdminBody):
        case AdminBody(command=str(name), arguments=arguments, shell=None):
            return CommandAsked(name=name, arguments=arguments or {})
        case AdminBody(command=None, arguments=None, shell=str(script)):
            return ShellAsked(script=script)
        case _:
            raise ProblemError(
                _problem_of(Reason.MALFORMED, "Send `command` and its `arguments`, or `shell`")
            )


def _likes_events_best() -> bool:
    accepted = request.accept_mimetypes
    return accepted.quality(EVENTS) > accepted.quality("application/json")


def _in_the_end(begun: RunningCommand) -> Response:
    try:
        for _ in begun.head():
            pass
    finally:
        result = begun.finish()
    output = (result.output.head() + result.output.tail()).decode(errors="replace")
    return json_of(RunAnswer(**msgspec.structs.asdict(_end_of(result)), output=output))


def _as_it_comes(begun: RunningCommand, clock: Clock) -> Response:
    answer = Response(_events(begun, clock), mimetype=EVENTS)
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy shall pass it on as it comes, too
    answer.call_on_close(begun.finish)
    return answer


def _events(begun: RunningCommand, clock: Clock) -> Iterator[bytes]:
    """Yield the output as server-sent events, and a sign of life from time to time: it shows who has left."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    last_seconds = 0.0
    for part in begun.head():
        text = decoder.decode(part)
        now_seconds = clock.monotonic_seconds()
        if text or now_seconds - last_seconds >= _SIGN_OF_LIFE_SECONDS:
            last_seconds = now_seconds
            yield _event("output", RunOutput(text=text)) if text else _SIGN_OF_LIFE
    result = begun.finish()
    text = decoder.decode(result.output.tail(), final=True)
    if text:
        yield _event("output", RunOutput(text=text))
    yield _event("end", _end_of(result))


def _event(kind: str, data: RunOutput | RunEnd) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(msgspec.to_builtins(data))}\n\n".encode()


def _end_of(result: Result) -> RunEnd:
    end = result.end
    return RunEnd(
        outcome=result.outcome,
        exit_code=end.exit_code if end.exit_code >= 0 else None,
        signal=_signal_name(-end.exit_code) if end.exit_code < 0 else None,
        duration_seconds=end.duration_seconds,
        timed_out=result.outcome == "timed_out",
        truncated=result.output.is_truncated,
        output_bytes=result.output.total_bytes,
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"SIG{number}"


def _refusal_of(refused: Refused) -> ProblemError:
    headers = {"Retry-After": "1"} if refused.reason is Reason.BUSY else {}
    return ProblemError(_problem_of(refused.reason, refused.detail), headers)


def _problem_of(reason: Reason, detail: str) -> Problem:
    status, kind, title = PROBLEMS[reason]
    return Problem(status=status, kind=kind, title=title, detail=detail)


NOT_IDEMPOTENT = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="not-idempotent",
    title="`Idempotency-Key` is not supported: each request runs the command again.",
)
PROBLEMS = {
    Reason.MALFORMED: (HTTPStatus.BAD_REQUEST, "wrong-body", "Invalid request body."),
    Reason.FORBIDDEN: (
        HTTPStatus.FORBIDDEN,
        "low-role",
        "Your role does not allow this.",
    ),
    Reason.UNKNOWN: (
        HTTPStatus.NOT_FOUND,
        "unknown-command",
        "No such command, or your role may not run it. GET /commands lists those you may run.",
    ),
    Reason.ARGUMENTS: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "wrong-arguments",
        "Invalid arguments for this command.",
    ),
    Reason.BUSY: (
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-runs",
        "Too many commands are running. Try again when one has finished.",
    ),
    Reason.UNAUDITED: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-audited",
        "The audit log cannot be written, so no command is run.",
    ),
    Reason.UNAVAILABLE: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "command-unavailable",
        "The command could not be started. The exporter's log says why.",
    ),
}
