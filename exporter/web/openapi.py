"""`GET /openapi.json`: what the caller may use, made from the routes themselves and the catalogue."""

import inspect
from collections.abc import Iterator, Sequence
from http import HTTPStatus

import msgspec
from flask import Blueprint, Flask, Response, current_app, request

from exporter.access.roles import Role
from exporter.access.session import Session
from exporter.commands.catalogue import LONGEST_SCRIPT, Catalogue
from exporter.commands.parameters import Parameter
from exporter.commands.service import CommandService
from exporter.commands.settings import Command
from exporter.web.descriptions import DESCRIPTIONS, Description, Schema
from exporter.web.guard import GuardedView, requires
from exporter.web.requests import read_query
from exporter.web.responses import json_of
from exporter.web.run import EVENTS
from marax.problems import MEDIA_TYPE

_SHAPES = "#/components/schemas/"
_SECURITY: Schema = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "token_in_query": {"type": "apiKey", "in": "query", "name": "token"},
    "password": {"type": "http", "scheme": "basic"},
}
_PROBLEM: Schema = {
    "title": "Problem",
    "description": "What went wrong, by RFC 9457; `type` is stable.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "pattern": "^urn:marax:problem:[a-z0-9-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status"],
    "additionalProperties": False,
}


def openapi_routes(service: CommandService, *, version: str) -> Blueprint:
    """Return the route to the document of the app that it stands in, and of the catalogue of *service*."""
    routes = Blueprint("openapi", __name__)

    @routes.get("/openapi.json")
    @requires(Role.VIEWER)
    def get_openapi(session: Session) -> Response:
        """Describe the routes that you may use: this document."""
        read_query(request)
        return json_of(openapi_of(current_app, service.catalogue, session.role, version=version))

    return routes


def openapi_of(app: Flask, catalogue: Catalogue, role: Role, *, version: str) -> Schema:
    """Return the OpenAPI 3.1 document of *app*, as far as it concerns a user of *role*."""
    paths: dict[str, Schema] = {}
    for method, path, view in _views_for(app, role):
        operation = _operation(view, DESCRIPTIONS[method, path])
        if path == "/run":
            operation["requestBody"] = {"content": _json(_run_body(catalogue, role)), "required": True}
        paths.setdefault(path, {})[method.lower()] = operation
    if "/run" in paths and not catalogue.open_to(role) and not catalogue.has_shell_for(role):
        del paths["/run"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "marax-exporter", "version": version},
        "paths": paths,
        "components": {"schemas": _shapes() | {"Problem": _PROBLEM}, "securitySchemes": _SECURITY},
    }


def _views_for(app: Flask, role: Role) -> Iterator[tuple[str, str, object]]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        is_closed = isinstance(view, GuardedView) and view.role > role
        for method in sorted(rule.methods or ()):
            if (method, rule.rule) in DESCRIPTIONS and not is_closed:
                yield method, rule.rule, view


def _operation(view: object, description: Description) -> Schema:
    operation: Schema = {"summary": (inspect.getdoc(view) or "").partition("\n")[0]}
    if isinstance(view, GuardedView):
        places = ("bearer", "token_in_query") if view.query_token else ("bearer",)
        operation["security"] = [{place: []} for place in places]
    elif description.takes_password:
        operation["security"] = [{"password": []}]
    operation["parameters"] = [
        {"name": name, "in": "query", "schema": schema} for name, schema in description.query.items()
    ]
    if description.body is not None:
        content = _json(_reference(description.body))
        operation["requestBody"] = {"content": content, "required": description.needs_body}
    operation["responses"] = _responses(description, is_guarded=isinstance(view, GuardedView))
    return operation


def _responses(description: Description, *, is_guarded: bool) -> Schema:
    content = {} if description.answer is None else _json(_reference(description.answer))
    if description.events:
        content[EVENTS] = {"schema": {"oneOf": [_event(*event) for event in description.events.items()]}}
    fine = HTTPStatus.OK if content else HTTPStatus.NO_CONTENT
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SHAPES}Problem"}}}}
    statuses = sorted({*description.problems, *((400, 401, 403) if is_guarded else ())})
    return {
        str(int(fine)): {"description": fine.phrase, **({"content": content} if content else {})},
        **{str(status): {"description": HTTPStatus(status).phrase, **problem} for status in statuses},
        "default": {"description": "Any other problem", **problem},
    }


def _shapes() -> dict[str, Schema]:
    bodies = {description.body for description in DESCRIPTIONS.values() if description.body}
    answers = {description.answer for description in DESCRIPTIONS.values() if description.answer}
    events = {shape for description in DESCRIPTIONS.values() for shape in description.events.values()}
    shapes = sorted(bodies | answers | events, key=lambda shape: shape.__name__)
    return msgspec.json.schema_components(shapes, ref_template=_SHAPES + "{name}")[1]


def _reference(shape: type[msgspec.Struct]) -> Schema:
    return {"$ref": _SHAPES + shape.__name__}


def _event(name: str, shape: type[msgspec.Struct]) -> Schema:
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": _reference(shape)}
    return _closed({"event": {"enum": [name]}, "data": data}, required=["event", "data"])


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _run_body(catalogue: Catalogue, role: Role) -> Schema:
    bodies = [_command_body(command) for command in catalogue.open_to(role)]
    if catalogue.has_shell_for(role):
        script = {"type": "string", "minLength": 1, "maxLength": LONGEST_SCRIPT}
        bodies.append(_closed({"shell": script}, required=["shell"]))
    return {"oneOf": bodies}


def _command_body(command: Command) -> Schema:
    arguments = {
        name: _argument(parameter, is_bare=name in command.bare())
        for name, parameter in command.parameters.items()
    }
    members = {"command": {"enum": [command.name]}, "arguments": _closed(arguments, required=list(arguments))}
    body = _closed(members, required=["command", "arguments"] if arguments else ["command"])
    return {"title": command.name, "description": command.about, **body}


def _argument(parameter: Parameter, *, is_bare: bool) -> Schema:
    if parameter.choice is not None:
        return {"enum": list(parameter.choice)}
    if parameter.integer is not None:
        smallest, largest = parameter.integer
        return {"type": "integer", "minimum": smallest, "maximum": largest}
    start = "^(?!-)" if is_bare else "^"
    pattern = f"{start}(?:{parameter.pattern})$"
    return {"type": "string", "maxLength": parameter.longest, "pattern": pattern}


def _closed(properties: Schema, *, required: Sequence[str]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
