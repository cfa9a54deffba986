"""Running commands on request, from resolving to the result; every request is audited and counted."""

import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, assert_never

from exporter.access.roles import Role
from exporter.commands.audit import Audit, AuditError
from exporter.commands.catalogue import SHELL, Catalogue, Job, Reason, Refused
from exporter.commands.counts import RunCounts
from exporter.commands.output import Kept
from exporter.commands.runner import Busy, Ended, Run, Runner

UNKNOWN = "(unknown)"
Outcome = Literal["succeeded", "failed", "timed_out", "aborted"]
Entry = dict[str, object]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: a user who has logged in, and the address that the request came from."""

    user: str
    role: Role
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAsked:
    """A command of the catalogue is asked for, with *arguments* from JSON."""

    name: str
    arguments: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellAsked:
    """A script is to be run by a shell."""

    script: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparsable:
    """The request cannot be parsed; *detail* says why, without repeating what was sent."""

    detail: str


Asked = CommandAsked | ShellAsked | Unparsable


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a command."""

    outcome: Outcome
    end: Ended
    output: Kept


class CommandService:
    """Runs the commands in *catalogue* and writes to *audit*, until `use` replaces them."""

    def __init__(self, runner: Runner, counts: RunCounts, catalogue: Catalogue, audit: Audit) -> None:
        self._runner = runner
        self._counts = counts
        self.use(catalogue, audit)

    def use(self, catalogue: Catalogue, audit: Audit) -> None:
        """Go by *catalogue*, and write to *audit*, from now on; what runs goes on."""
        self.catalogue = catalogue
        self._audit = audit

    def begin(self, asked: Asked, caller: Caller) -> "RunningCommand | Refused":
        """Start what is asked for; the audit log knows of it before anything runs."""
        entry = {"run": secrets.token_hex(8), **_who(caller), **_what(asked)}
        begun = self._begin(asked, caller, entry)
        return self._refused(begun, caller, entry) if isinstance(begun, Refused) else begun

    def _begin(self, asked: Asked, caller: Caller, entry: Entry) -> "RunningCommand | Refused":
        job = self._resolve(asked, caller.role)
        if isinstance(job, Refused):
            return job
        run = self._runner.place(job)
        if isinstance(run, Busy):
            return Refused(reason=Reason.BUSY)
        try:
            self._audit.note("started", entry)
        except AuditError as error:
            run.close()
            return Refused(reason=Reason.UNAUDITED, cause=str(error))
        failure = run.start()
        if failure is not None:
            run.close()
            return Refused(reason=Reason.UNAVAILABLE, cause=failure.reason)
        return RunningCommand(run, partial(self._ended, job.name, entry))

    def _resolve(self, asked: Asked, role: Role) -> Job | Refused:
        match asked:
            case CommandAsked():
                return self.catalogue.resolve(asked.name, asked.arguments, role)
            case ShellAsked():
                return self.catalogue.resolve_shell(asked.script, role)
            case Unparsable():
                return Refused(reason=Reason.MALFORMED, detail=asked.detail)
            case unknown:
                assert_never(unknown)

    def _refused(self, refused: Refused, caller: Caller, entry: Entry) -> Refused:
        known = {SHELL, *(command.name for command in self.catalogue.open_to(caller.role))}
        name = entry["command"] if entry["command"] in known else UNKNOWN
        self._counts.add(str(name), refused.reason)
        if refused.cause:
            logger.error("command not run", extra={"command": name, "cause": refused.cause})
        if refused.reason is Reason.UNAUDITED:
            return refused
        try:
            self._audit.note("refused", entry | {"reason": refused.reason})
        except AuditError as error:
            logger.error("could not audit a refused command", extra={"command": name, "cause": error})  # noqa: TRY400 - an expected failure
            return Refused(reason=Reason.UNAUDITED)
        return refused

    def _ended(self, name: str, entry: Entry, result: Result) -> None:
        end = result.end
        self._counts.add(name, result.outcome)
        self._counts.add_seconds(name, end.duration_seconds)
        if end.left_over:
            logger.warning(
                "could not kill all processes of a command", extra={"command": name, "count": end.left_over}
            )
        came_of_it = {
            "outcome": result.outcome,
            "exit_code": end.exit_code,
            "duration_seconds": end.duration_seconds,
            "output_bytes": result.output.total_bytes,
        }
        try:
            self._audit.note("ended", entry | came_of_it)
        except AuditError as error:
            extra = {"run": entry["run"], "cause": error, **came_of_it}
            logger.error("could not audit the end of a command", extra=extra)  # noqa: TRY400 - an expected failure


class RunningCommand:
    """A command that has been started; `finish` it in any case."""

    def __init__(self, run: Run, on_finish: Callable[[Result], None]) -> None:
        self._run = run
        self._chunks = run.chunks()
        self._on_finish = on_finish
        self._output = Kept(run.job.output_limit_bytes)
        self._result: Result | None = None

    def head(self) -> Iterator[bytes]:
        """Yield the head of the output as it comes, and b"" for a second of silence or what is beyond it."""
        for chunk in self._chunks:
            yield self._output.add(chunk)

    def finish(self) -> Result:
        """Return what came of it; a command that has not ended yet is ended."""
        if self._result is None:
            self._run.give_up()
            for chunk in self._chunks:
                self._output.add(chunk)
            self._run.close()
            end = self._run.end
            self._result = Result(outcome=_outcome(end), end=end, output=self._output)
            self._on_finish(self._result)
        return self._result


def _outcome(end: Ended) -> Outcome:
    match end.how:
        case "timed-out":
            return "timed_out"
        case "abandoned":
            return "aborted"
        case "ended":
            return "failed" if end.exit_code else "succeeded"
        case unknown:
            assert_never(unknown)


def _who(caller: Caller) -> Entry:
    return {"user": caller.user, "role": str(caller.role), "address": caller.address}


def _what(asked: Asked) -> Entry:
    match asked:
        case CommandAsked():
            return {"command": asked.name, "arguments": asked.arguments}
        case ShellAsked():
            return {"command": SHELL, "arguments": {"shell": asked.script}}
        case Unparsable():
            return {"command": None, "arguments": None}
        case unknown:
            assert_never(unknown)
