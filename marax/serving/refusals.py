"""What a connection answers by itself, past uvicorn, before it closes."""

from http import HTTPStatus

from marax.problems import MEDIA_TYPE, Problem
from marax.serving.phases import REQUEST_SECONDS

MALFORMED = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="malformed-request",
    title="This is not a valid HTTP/1.1 request.",
)
TIMED_OUT = Problem(
    status=HTTPStatus.REQUEST_TIMEOUT,
    kind="request-timeout",
    title=f"The request was not complete after {REQUEST_SECONDS} seconds.",
)
WANTS_TLS = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="wants-tls",
    title="This port accepts HTTPS only.",
)


def response_of(problem: Problem) -> bytes:
    """Return the whole response that says *problem*, as it goes over the wire."""
    body = problem.to_json()
    head = (
        f"HTTP/1.1 {int(problem.status)} {problem.status.phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
