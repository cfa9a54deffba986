"""JSON as anybody may write it, read as far as it can be, so that one odd character costs nothing else."""

import json
import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs, which UTF-8 does not have
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Number(str):
    """A number as JSON writes it, of any length; also NaN and Infinity, which JSON does not have."""

    __slots__ = ()


def read_json(body: bytes) -> object:
    """Return the value that *body* holds: dict, list, str, `Number`, bool or None, nested.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    text = body.decode("utf-8-sig", errors="replace")
    return json.loads(text, strict=False, parse_int=Number, parse_float=Number, parse_constant=Number)


def text_of(value: object) -> str | None:
    """Return a text, a number or a truth value as text that can be stored; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _UNSTORABLE.sub(_REPLACEMENT, value) if isinstance(value, str) else None
