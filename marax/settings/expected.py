"""What a settings file should have held, in words."""

import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path"}


def expected_of(shape: Any) -> str:
    """Return what a value of *shape* looks like, to follow "expected"."""
    origin, parts = get_origin(shape), get_args(shape)
    if origin is Annotated:
        described = [meta.description for meta in parts[1:] if meta.description]
        return described[0] if described else expected_of(parts[0])
    if origin in (Union, types.UnionType):
        return expected_of(next(part for part in parts if part is not type(None)))
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}"
    if origin is tuple:
        return "a list"
    if hasattr(shape, "from_setting"):
        return _expectation_of(shape)
    return _PLAIN.get(shape, "keys with values")


def _expectation_of(shape: Any) -> str:
    try:
        shape.from_setting(None)
    except ValueError as error:
        return str(error)
    return "a value"
