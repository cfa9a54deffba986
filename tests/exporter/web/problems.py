"""What every refusal looks like, and what no answer and no log line may bear."""

import pytest
from werkzeug.test import TestResponse

from marax.logs import KeyValueFormatter
from tests.exporter.access.kit import PASSWORD
from tests.exporter.commands.kit import SECRET

BEGINNING_OF_A_TOKEN = "eyJ"
SECRETS = (PASSWORD, SECRET, BEGINNING_OF_A_TOKEN)


def assert_problem(answer: TestResponse, status: int, kind: str) -> None:
    problem = answer.json or {}
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert problem["type"] == f"urn:marax:problem:{kind}"
    assert problem["status"] == status
    assert {"type", "title", "status"} <= set(problem) <= {"type", "title", "status", "detail"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert not [secret for secret in SECRETS if secret in answer.text + str(answer.headers)]


def assert_logs_are_clean(caplog: pytest.LogCaptureFixture) -> None:
    """Hold that each record is one line, and that none bears a secret."""
    for record in caplog.get_records("call"):
        line = KeyValueFormatter().format(record)
        assert "\n" not in line
        assert not [secret for secret in SECRETS if secret in line]
