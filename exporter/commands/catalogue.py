"""The catalogue: from what somebody asks for to what is run, or why not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from exporter.access.roles import Role
from exporter.commands.settings import MOST_AT_ONCE, Command, Element

SHELL = "(shell)"
LONGEST_SCRIPT = 16 * 1024


class Reason(StrEnum):
    """Why something was not run."""

    MALFORMED = "malformed"
    """The request could not be parsed."""
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"
    """There is no such command, as far as this user may know."""
    ARGUMENTS = "arguments"
    BUSY = "busy"
    UNAUDITED = "unaudited"
    """The audit log could not be written."""
    UNAVAILABLE = "unavailable"
    """The program could not be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It is not run.

    Attributes:
        detail: For the client; never repeats what was sent.
        cause: What is wrong on this host, for the log only.
    """

    reason: Reason
    detail: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be run.

    Attributes:
        name: What *at_once* counts by.
        argv: An absolute program and its arguments.
        time_limit_seconds: After it everything that the program has started is ended.
        output_limit_bytes: How much of its output is kept.
        at_once: How many jobs of this name may run at the same time.
        run_as: The user to run as; None for our own.
    """

    name: str
    argv: tuple[str, ...]
    time_limit_seconds: float
    output_limit_bytes: int
    at_once: int = 1
    run_as: str | None = None


class Catalogue:
    """What may be run, and by whom.

    Args:
        commands: The entries; their names differ.
        has_shell: Whether admins may run anything else, too.
    """

    def __init__(self, commands: Sequence[Command], *, has_shell: bool = False) -> None:
        self._commands = {command.name: command for command in commands}
        self._has_shell = has_shell

    def open_to(self, role: Role) -> list[Command]:
        """Return the entries that a user of *role* may run, in the order of the settings."""
        return [command for command in self._commands.values() if role >= Role[command.role.upper()]]

    def has_shell_for(self, role: Role) -> bool:
        """Return whether a user of *role* may send what a shell is to run."""
        return self._has_shell and role >= Role.ADMIN

    def resolve(self, name: str, arguments: dict[str, object], role: Role) -> Job | Refused:
        """Return what a user of *role* gets to run by asking for *name* with *arguments* from JSON."""
        if role < Role.OPERATOR:
            return Refused(
                reason=Reason.FORBIDDEN, detail="Running commands requires the role operator or admin."
            )
        command = self._commands.get(name)
        if command is None or command not in self.open_to(role):
            return Refused(reason=Reason.UNKNOWN)
        complaints = _complaints(command, arguments)
        if complaints:
            return Refused(reason=Reason.ARGUMENTS, detail="; ".join(complaints))
        return Job(
            name=command.name,
            argv=tuple(_filled(element, command, arguments) for element in command.argv),
            time_limit_seconds=command.time_limit_seconds,
            output_limit_bytes=command.output_limit_bytes,
            at_once=command.at_once,
            run_as=command.run_as,
        )

    def resolve_shell(self, script: str, role: Role) -> Job | Refused:
        """Return what a user of *role* gets to run by sending *script*."""
        if not self.has_shell_for(role):
            return Refused(
                reason=Reason.FORBIDDEN,
                detail="The shell requires the role admin and must be enabled in the settings.",
            )
        if "\0" in script or not script.strip() or len(script) > LONGEST_SCRIPT or _has_surrogate(script):
            expected = f"/shell: expected text of 1 to {LONGEST_SCRIPT} characters, without NUL"
            return Refused(reason=Reason.ARGUMENTS, detail=expected)
        usual = Command(name="shell", argv=(Element("/bin/sh"),))
        return Job(
            name=SHELL,
            argv=("/bin/sh", "-c", script),
            time_limit_seconds=usual.time_limit_seconds,
            output_limit_bytes=usual.output_limit_bytes,
            at_once=MOST_AT_ONCE,
        )


def _complaints(command: Command, arguments: dict[str, object]) -> list[str]:
    """Return what is wrong with *arguments*, each with its JSON pointer; unknown names are not repeated."""
    complaints = [
        f"/arguments/{name}: expected {_expected(command, name)}"
        for name in command.parameters
        if _text(command, name, arguments) is None
    ]
    if set(arguments) - set(command.parameters):
        known = ", ".join(command.parameters) or "nothing"
        complaints.append(f"/arguments: expected no other members than {known}")
    return complaints


def _text(command: Command, name: str, arguments: dict[str, object]) -> str | None:
    parameter = command.parameters[name]
    text = parameter.text_of(arguments.get(name))
    if text is None or (_is_kept_from_options(command, name) and text.startswith("-")):
        return None
    return text


def _expected(command: Command, name: str) -> str:
    only = ", and does not begin with '-'" if _is_kept_from_options(command, name) else ""
    return command.parameters[name].expected + only


def _is_kept_from_options(command: Command, name: str) -> bool:
    """Return whether a free text would be taken for an option if it began like one."""
    return command.parameters[name].pattern is not None and name in command.bare()


def _filled(element: Element, command: Command, arguments: dict[str, object]) -> str:
    if element.placeholder is None:
        return str(element)
    return element.prefix + (_text(command, element.placeholder, arguments) or "")


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
