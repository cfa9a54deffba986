"""`GET /commands`: what may be run, with all that it takes to build a form."""

import msgspec
from flask import Blueprint, Response, request

from exporter.access.roles import Role
from exporter.access.session import Session
from exporter.commands.parameters import Parameter
from exporter.commands.service import CommandService
from exporter.commands.settings import Command
from exporter.web.guard import requires
from exporter.web.requests import read_query
from exporter.web.responses import json_of


class ChoiceParameter(msgspec.Struct, frozen=True, kw_only=True, tag="choice", tag_field="kind"):
    """Takes one of several texts."""

    name: str
    choices: tuple[str, ...]


class IntegerParameter(msgspec.Struct, frozen=True, kw_only=True, tag="integer", tag_field="kind"):
    """Takes an integer within bounds that include both ends."""

    name: str
    smallest: int
    largest: int


class PatternParameter(msgspec.Struct, frozen=True, kw_only=True, tag="pattern", tag_field="kind"):
    """Takes a text that matches the pattern as a whole."""

    name: str
    pattern: str
    max_length: int


class ListedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command that you may run."""

    name: str
    about: str
    parameters: list[ChoiceParameter | IntegerParameter | PatternParameter]
    time_limit_seconds: float
    output_limit_bytes: int
    at_once: int


class CommandList(msgspec.Struct, frozen=True, kw_only=True):
    """The commands that you may run, and whether you may send a `shell` script as well."""

    commands: list[ListedCommand]
    shell: bool


def commands_routes(service: CommandService) -> Blueprint:
    """Return the route to the catalogue of *service*."""
    routes = Blueprint("commands", __name__)

    @routes.get("/commands")
    @requires(Role.OPERATOR)
    def get_commands(session: Session) -> Response:
        """The commands that you may run, each with its parameters."""
        read_query(request)
        catalogue = service.catalogue
        listed = CommandList(
            commands=[_listed(command) for command in catalogue.open_to(session.role)],
            shell=catalogue.has_shell_for(session.role),
        )
        return json_of(listed)

    return routes


def _listed(command: Command) -> ListedCommand:
    return ListedCommand(
        name=command.name,
        about=command.about,
        parameters=[_listed_parameter(name, parameter) for name, parameter in command.parameters.items()],
        time_limit_seconds=command.time_limit_seconds,
        output_limit_bytes=int(command.output_limit_bytes),
        at_once=command.at_once,
    )


def _listed_parameter(
    name: str, parameter: Parameter
) -> ChoiceParameter | IntegerParameter | PatternParameter:
    if parameter.choice is not None:
        return ChoiceParameter(name=name, choices=tuple(parameter.choice))
    if parameter.integer is not None:
        smallest, largest = parameter.integer
        return IntegerParameter(name=name, smallest=smallest, largest=largest)
    return PatternParameter(name=name, pattern=str(parameter.pattern), max_length=parameter.longest)
