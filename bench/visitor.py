"""A person who uses everything that the exporter has behind its login."""

import base64
import http.client
import json
from collections.abc import Mapping
from pathlib import Path

from bench.child import BenchError
from exporter.access.passwords import hash_of

_NAME, _PASSWORD = "ann", "correct horse battery staple"
_LONGEST_SECONDS = 30.0
_PAGES = ("/stats", "/processlist?sort=cpu&count=500", "/processlist?sort=mem", "/commands", "/openapi.json")


def settings_for_visitor(folder: Path) -> Mapping[str, object]:
    """Return settings that let the visitor in, and allow a command."""
    return {
        "state_dir": str(folder / "state"),
        "audit_log": str(folder / "audit.jsonl"),
        "users": [
            {
                "name": _NAME,
                "role": "operator",
                "password_hash": hash_of(_PASSWORD.encode()).reveal(),
            }
        ],
        "commands": [
            {
                "name": "list",
                "argv": ["/bin/ls", "-l", "--", "{folder}"],
                "parameters": {"folder": {"choice": ["/etc", "/usr/bin"]}},
                "role": "operator",
            }
        ],
    }


def visit(address: str) -> None:
    """Log in at *address*, look at every page, and run the command with and without a stream.

    Raises:
        BenchError: Something is not answered with 200.
    """
    login = base64.b64encode(f"{_NAME}:{_PASSWORD}".encode()).decode()
    answer = json.loads(_asked(address, "GET", "/login", {"Authorization": f"Basic {login}"}))
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    for page in _PAGES:
        _asked(address, "GET", page, bearer)
    run = json.dumps({"command": "list", "arguments": {"folder": "/usr/bin"}})
    for query in ("", "?stream"):
        _asked(address, "POST", f"/run{query}", bearer | {"Content-Type": "application/json"}, run)


def _asked(
    address: str, method: str, target: str, headers: Mapping[str, str], body: str | None = None
) -> bytes:
    connection = http.client.HTTPConnection(address, timeout=_LONGEST_SECONDS)
    try:
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        told = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchError(f"{target} is not answered: {error!r}") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise BenchError(f"{target} is answered with {answer.status}: {told[:200]!r}")
    return told
