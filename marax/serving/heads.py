"""The head of a request: what is wrong with it, as far as uvicorn and h11 let it pass."""

import re
from http import HTTPStatus

from a2wsgi.asgi_typing import HTTPScope

from marax.problems import Problem

LARGEST_HEAD_BYTES = 16 * 1024
_LINE_BYTES = len(": \r\n")
_END = b"\r\n\r\n"
_LINE_WITHOUT_CR = re.compile(rb"(?<!\r)\n")
_FOLDED_LINE = re.compile(rb"\r\n[ \t]")

_MALFORMED_HEAD = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="malformed-head",
    title="Header lines must end in CR LF and must not be folded.",
)


def fault_on_wire(wire: bytes) -> Problem | None:
    """Return what is wrong with the first head in *wire*, whole or not, though h11 lets it pass."""
    head, _, _ = wire.partition(_END)
    if _LINE_WITHOUT_CR.search(head) or _FOLDED_LINE.search(head):
        return _MALFORMED_HEAD
    return _HEAD_TOO_LARGE if len(head) > LARGEST_HEAD_BYTES else None


def fault_of(scope: HTTPScope, *, body_limit_bytes: int) -> Problem | None:
    """Return what is wrong with the head of a request, as far as uvicorn lets it pass; None for nothing."""
    fields = dict(scope["headers"])
    is_chunked = b"transfer-encoding" in fields
    target = scope["raw_path"] + scope["query_string"]
    head_bytes = len(target) + sum(len(name) + len(value) + _LINE_BYTES for name, value in scope["headers"])
    faults = {
        _WRONG_VERSION: scope["http_version"] not in ("1.0", "1.1"),
        _WRONG_TARGET: not target.startswith(b"/"),
        _AMBIGUOUS_LENGTH: is_chunked and (b"content-length" in fields or scope["http_version"] == "1.0"),
        _HEAD_TOO_LARGE: head_bytes > LARGEST_HEAD_BYTES,
        BODY_TOO_LARGE: int(fields.get(b"content-length", 0)) > body_limit_bytes,
    }
    return next((problem for problem, is_found in faults.items() if is_found), None)


_WRONG_VERSION = Problem(
    status=HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
    kind="wrong-version",
    title="Only HTTP/1.0 and HTTP/1.1 are supported.",
)
_WRONG_TARGET = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="wrong-target",
    title="The request target must be a path that begins with a slash, or an http URI.",
)
_AMBIGUOUS_LENGTH = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="ambiguous-length",
    title="The length of the request body is ambiguous.",
)
_HEAD_TOO_LARGE = Problem(
    status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    kind="head-too-large",
    title=f"The request line and headers are larger than {LARGEST_HEAD_BYTES} bytes.",
)
BODY_TOO_LARGE = Problem(
    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    kind="body-too-large",
    title="The request body is too large.",
)
