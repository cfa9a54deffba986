"""Answers in JSON."""

import json

import msgspec
from flask import Response


def json_of(value: object) -> Response:
    """Return the answer that tells *value*, a msgspec struct or what JSON knows by itself."""
    return Response(_encoded(value) + b"\n", mimetype="application/json")


def _encoded(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)  # not by way of dicts: a list of 500 processes would take 2 MB more
    except UnicodeEncodeError:  # the name of a user in another encoding than UTF-8, say
        return json.dumps(msgspec.to_builtins(value)).encode()
