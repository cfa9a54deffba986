import json
import re
import threading
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from exporter.commands.audit import FileAudit
from marax.clock import SystemClock
from tests.exporter.commands.kit import Host, bearing, host_in
from tests.exporter.commands.naps import new_nap, wait_for_nap, wait_until_gone
from tests.waiting import PATIENCE_SECONDS


def script(text: str) -> dict[str, object]:
    return {"command": "sh", "arguments": {"script": text}}


def events(body: str) -> list[tuple[str, dict[str, object]]]:
    """Return the events of a stream, without signs of life."""
    found = []
    for block in body.split("\n\n"):
        if block.startswith("event: "):
            kind, data = block.split("\n")
            found.append((kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def told(answer: TestResponse) -> str:
    """Return the output, however it was told."""
    if answer.mimetype == "application/json":
        return str((answer.json or {})["output"])
    return "".join(str(data["text"]) for kind, data in events(answer.text) if kind == "output")


def test_answers_with_what_came_of_it(host: Host):
    answer = host.run(script("echo hello; exit 3"))

    assert (answer.status_code, answer.content_type) == (200, "application/json")
    body = answer.json or {}
    assert 0 < body.pop("duration_seconds") < 20
    assert body == {
        "outcome": "failed",
        "exit_code": 3,
        "signal": None,
        "timed_out": False,
        "truncated": False,
        "output_bytes": 6,
        "output": "hello\n",
    }
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.attack(34)
@pytest.mark.parametrize(
    ("text", "outcome", "exit_code", "signal"),
    [
        ("true", "succeeded", 0, None),
        ("exit 255", "failed", 255, None),
        ("kill -KILL $$", "failed", None, "SIGKILL"),
        ("kill -40 $$", "failed", None, "SIG40"),
    ],
)
def test_tells_exit_codes_and_signals_apart(
    host: Host, text: str, outcome: str, exit_code: int | None, signal: str | None
):
    answer = host.run(script(text)).json

    assert answer is not None
    assert (answer["outcome"], answer["exit_code"], answer["signal"]) == (outcome, exit_code, signal)


def test_runs_with_and_without_a_trailing_slash(host: Host):
    answer = host.app.test_client().post("/run/", json={"command": "plain"}, headers=bearing("operator"))

    assert answer.status_code == 200
    assert host.marked() == ["plain"]


def test_passes_on_the_output_as_events(host: Host):
    answer = host.run(script("printf 'a\\nb'; sleep 0.2; echo c >&2; exit 1"), query_string="stream")

    assert answer.content_type == "text/event-stream; charset=utf-8"
    kind, end = events(answer.text)[-1]
    assert told(answer) == "a\nbc\n"
    assert kind == "end"
    assert (end["exit_code"], end["output_bytes"], "output" in end) == (1, 5, False)


@pytest.mark.parametrize(
    ("accept", "is_stream"),
    [
        ("text/event-stream", True),
        ("text/event-stream, application/json;q=0.5", True),
        ("application/json, text/event-stream;q=0.5", False),
        ("*/*", False),
        ("text/html", False),
    ],
)
def test_streams_to_those_who_like_it_better(host: Host, accept: str, is_stream):
    answer = host.run({"command": "plain"}, headers={"Accept": accept})

    assert (answer.mimetype == "text/event-stream") == is_stream


@pytest.mark.attack(36)
@pytest.mark.parametrize("query", ["", "stream"])
def test_cuts_the_output_at_its_limit_and_tells_its_length(host: Host, query: str):
    answer = host.run({"command": "yes"}, query_string=query)

    end = events(answer.text)[-1][1] if query else answer.json or {}
    head, left_out, tail = re.split(r"\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n", told(answer))
    assert (end["timed_out"], end["truncated"], end["signal"]) == (True, True, "SIGTERM")
    assert (len(head), len(tail)) == (3072, 1024)
    assert end["output_bytes"] == int(left_out) + 4096 > 1_000_000


@pytest.mark.attack(36, 58)
@pytest.mark.parametrize("query", ["", "stream"])
@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (r"\303\251", "é"),
        (r"\377\303", "\ufffd\ufffd"),
        (r"\000\033[31m", "\0\033[31m"),
        (r"</script><b>", "</script><b>"),
        (r"\n\ndata: x\n\nevent: end\n\n", "\n\ndata: x\n\nevent: end\n\n"),
        (r"\342\200\250", "\u2028"),
    ],
)
def test_any_output_stays_text(host: Host, query: str, printed: str, text: str):
    answer = host.run(script(f"printf '{printed}'"), query_string=query)

    assert told(answer) == text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_admin_may_use_the_shell_once_it_is_switched_on(tmp_path: Path):
    host = host_in(tmp_path, has_shell=True)

    answer = host.run({"shell": "echo a b | wc -w"}, role="admin")

    assert (answer.json or {})["output"] == "2\n"
    assert [line["command"] for line in host.audited()] == ["(shell)", "(shell)"]
    assert host.counts.runs() == {("(shell)", "succeeded"): 1}


@pytest.mark.attack(24)
@pytest.mark.parametrize(
    ("has_shell", "role", "body"),
    [
        (False, "admin", {"shell": "id"}),
        (True, "operator", {"shell": "id"}),
        (True, "admin", {"shell": "id", "command": "plain"}),
        (True, "admin", {"shell": "id", "arguments": {}}),
        (True, "admin", {}),
    ],
)
def test_takes_no_script_otherwise(tmp_path: Path, has_shell, role: str, body: object):
    host = host_in(tmp_path, has_shell=has_shell)

    answer = host.run(body, role=role)

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert host.audited()[-1]["reason"] == "malformed"


@pytest.mark.parametrize("query", ["cmd=id", "token=", "stream&stream", "Stream"])
def test_takes_no_other_parameters(host: Host, query: str):
    answer = host.run({"command": "plain"}, query_string=query)

    assert (answer.status_code, host.marked()) == (400, [])


def test_audits_who_ran_what_from_where_and_what_came_of_it(host: Host):
    host.run({"command": "count", "arguments": {"number": 7}}, environ_base={"REMOTE_ADDR": "192.0.2.9"})

    started, ended = host.audited()
    about = {
        "user": "ann",
        "role": "operator",
        "address": "192.0.2.9",
        "command": "count",
        "arguments": {"number": 7},
    }
    assert started == {"time": started["time"], "event": "started", "run": started["run"], **about}
    assert ended == {
        "time": ended["time"],
        "event": "ended",
        "run": started["run"],
        **about,
        "outcome": "succeeded",
        "exit_code": 0,
        "duration_seconds": ended["duration_seconds"],
        "output_bytes": 0,
    }


def test_the_audit_log_knows_before_anything_runs(host: Host):
    host.run(script(f"cat {host.audit}"))

    assert [line["event"] for line in host.audited()] == ["started", "ended"]


def test_what_is_audited_is_there_while_it_runs(host: Host):
    answer = host.run(script(f"cat {host.audit}"))

    assert json.loads((answer.json or {})["output"])["event"] == "started"


def test_runs_nothing_that_cannot_be_audited(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    host = host_in(tmp_path, audit=FileAudit(Path("/dev/full"), SystemClock()))

    answer = host.run({"command": "plain"})

    assert answer.status_code == 503
    assert (answer.json or {})["type"] == "urn:marax:problem:not-audited"
    assert host.marked() == []
    assert host.runner.running() == {}
    assert [record.__dict__["cause"] for record in caplog.records] == ["/dev/full: No space left on device"]


def test_a_stream_that_is_closed_ends_its_run(host: Host):
    nap = new_nap()
    answer = host.run(
        {"command": "nap", "arguments": {"seconds": nap}}, query_string="stream", buffered=False
    )
    next(iter(answer.response))
    wait_for_nap(nap)

    answer.close()

    wait_until_gone(nap)
    assert host.audited()[-1]["outcome"] == "aborted"
    assert host.runner.running() == {}


def test_a_stream_that_nobody_reads_ends_its_run(host: Host):
    nap = new_nap()
    answer = host.run(
        {"command": "nap", "arguments": {"seconds": nap}}, query_string="stream", buffered=False
    )

    answer.close()

    wait_until_gone(nap)
    assert host.runner.running() == {}


def test_counts_what_came_of_attempts(host: Host):
    for name in ("plain", "count", "reboot", "gone"):
        host.run({"command": name})
    host.run([])

    assert host.counts.runs() == {
        ("plain", "succeeded"): 1,
        ("count", "arguments"): 1,
        ("(unknown)", "unknown"): 1,
        ("gone", "unavailable"): 1,
        ("(unknown)", "malformed"): 1,
    }
    assert list(host.counts.seconds()) == [("plain",)]


def test_says_when_as_many_run_as_may(host: Host):
    nap = new_nap()
    body: dict[str, object] = {"command": "nap", "arguments": {"seconds": nap}}
    running = threading.Thread(target=host.run, args=(body,))
    running.start()
    wait_for_nap(nap)

    refused, other = host.run(body), host.run({"command": "plain"})

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert (refused.json or {})["type"] == "urn:marax:problem:too-many-runs"
    assert other.status_code == 200
    host.runner.end_all()
    running.join(PATIENCE_SECONDS)
    wait_until_gone(nap)
