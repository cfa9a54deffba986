"""The attacks on `/run`; numbers are rows of docs/attacks.md. Whatever is refused has not run.

Cases with their own tests: 35 to 38 are in test_runner.py, 43 and 44 on real sockets in test_run_wire.py.
"""

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.exporter.commands.kit import SECRET, Host, bearing, token
from tests.exporter.commands.naps import new_nap, wait_until_gone
from tests.exporter.web.problems import assert_problem
from tests.waiting import PATIENCE_SECONDS, wait_until


def assert_refused(host: Host, answer: TestResponse, status: int, kind: str) -> None:
    assert_problem(answer, status, kind)
    assert host.marked() == []


def assert_audited(host: Host, reason: str) -> None:
    last = host.audited()[-1]
    assert (last["event"], last["reason"], last["user"]) == ("refused", reason, "ann")


def asked(command: str, **arguments: object) -> dict[str, object]:
    return {"command": command, "arguments": arguments}


def raw(command: str, argument: str, value: str) -> bytes:
    """Return a body in which *value* is JSON as it stands."""
    return b'{"command": "%s", "arguments": {"%s": %s}}' % (
        command.encode(),
        argument.encode(),
        value.encode("utf-8", "surrogatepass"),
    )


@pytest.mark.attack(21)
@pytest.mark.parametrize("command", ["plain", "reboot", "no-such"], ids="21-{}".format)
def test_a_role_without_commands_runs_none(host: Host, command: str):
    answer = host.run({"command": command}, role="viewer")

    assert_refused(host, answer, 403, "low-role")
    assert_audited(host, "forbidden")
    assert command not in answer.text


@pytest.mark.attack(22)
def test_what_is_hidden_is_like_what_is_not_there(host: Host):
    hidden, missing = host.run({"command": "reboot"}), host.run({"command": "no-such"})

    assert_refused(host, hidden, 404, "unknown-command")
    assert_audited(host, "unknown")
    assert (hidden.data, sorted(hidden.headers)) == (missing.data, sorted(missing.headers))


@pytest.mark.attack(23)
@pytest.mark.parametrize(
    "name",
    [
        "../plain",
        "%2e%2e",
        "a/b",
        "Plain",
        "plain ",
        "p" * 65,
        "plain\0",
        "",
        "plain\n",
        "{x}",
        "*",
        "/bin/sh",
    ],
    ids="23-{!r}".format,
)
def test_knows_commands_by_their_exact_names(host: Host, name: str):
    answer = host.run({"command": name})

    assert_refused(host, answer, 404, "unknown-command")
    assert_audited(host, "unknown")


@pytest.mark.attack(24)
@pytest.mark.parametrize(
    "member", ["cmd", "argv", "shell", "env", "cwd", "user", "run_as"], ids="24-{}".format
)
def test_takes_no_other_members(host: Host, member: str):
    answer = host.run({"command": "plain", member: SECRET})

    assert_refused(host, answer, 400, "wrong-body")
    assert_audited(host, "malformed")
    assert f"`{member}`" in (answer.json or {})["detail"]


META = [
    ";id",
    "$(id)",
    "`id`",
    "|id",
    "&& id",
    ">",
    "*",
    "~",
    "${IFS}",
    "{x}",
    "a b",
    "'",
    '"',
    "\\",
    "!!",
    "#",
]


@pytest.mark.attack(25)
@pytest.mark.parametrize("text", META, ids="25-{}".format)
def test_what_a_shell_would_heed_is_text_or_refused(host: Host, text: str):
    assert_refused(host, host.run(asked("name", name=text)), 422, "wrong-arguments")
    assert_audited(host, "arguments")

    answer = host.run(asked("any", text=text))

    assert answer.status_code == 200
    assert host.marked() == [text]


@pytest.mark.attack(26)
@pytest.mark.parametrize("command", ["name", "any"])
@pytest.mark.parametrize("text", ["-rf", "--help", "-o/etc/x", "-", "--"], ids="26-{}".format)
def test_a_free_text_is_no_option(host: Host, command: str, text: str):
    argument = "name" if command == "name" else "text"

    answer = host.run(asked(command, **{argument: text}))

    assert_refused(host, answer, 422, "wrong-arguments")
    assert_audited(host, "arguments")


@pytest.mark.attack(28)
def test_no_text_takes_long_whatever_the_pattern(host: Host):
    hopeless = asked("nested", text="a" * 500 + "!")

    answer = host.run(hopeless)  # one that tries again and again would take 2^500 steps

    assert_refused(host, answer, 422, "wrong-arguments")


@pytest.mark.attack(26)
def test_a_file_to_read_arguments_from_only_if_the_pattern_says_so(host: Host):
    assert_refused(host, host.run(asked("path", path="@file")), 422, "wrong-arguments")


REFUSED_JSON: list[tuple[str, str, Sequence[str]]] = [
    (
        "27",
        "count.number",
        (
            "1e1",
            "1.0",
            "101",
            "0",
            "-1",
            '"1"',
            '"0x1"',
            '" 1"',
            '"1_0"',
            r'"\u0661"',
            "true",
            str(2**63),
            "9" * 4000,
        ),
    ),
    (
        "28",
        "any.text",
        (
            r'"\u0000"',
            r'"\ud800"',
            r'"e\u0301"',
            r'"\u202e"',
            r'"a\n"',
            r'"\u200b"',
            '"' + "a" * 1_000_000 + '"',
        ),
    ),
    ("28", "name.name", (r'"a\n"', r'"a\u0000"', '"' + "a" * 13 + '"', '"é"')),
    ("29", "choose.unit", ('"Nginx.service"', '"nginx.service "', '["nginx.service"]', "80", '"nginx"')),
    (
        "30",
        "path.path",
        ('"/srv/../etc"', '"/srv/a/../../etc"', '"srv/a"', '"/proc/self/environ"', '"/srv/"', '"/srv/a/"'),
    ),
    ("31", "count.number", ("null", "[]", "{}", '""')),
]


@pytest.mark.attack(27, 28, 29, 30, 31)
@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(place, value, id=f"{row}-{place}-{value[:20]}")
        for row, place, values in REFUSED_JSON
        for value in values
    ],
)
def test_takes_arguments_of_their_exact_type(host: Host, place: str, value: str):
    command, argument = place.split(".")

    answer = host.run(raw(command, argument, value))

    assert_refused(host, answer, 422, "wrong-arguments")
    assert_audited(host, "arguments")
    assert (answer.json or {})["detail"].startswith(f"/arguments/{argument}: expected ")


@pytest.mark.attack(31)
@pytest.mark.parametrize(
    "arguments",
    [{}, {"number": 1, "other": 1}, {"Number": 1}],
    ids=["31-missing", "31-unknown", "31-misspelt"],
)
def test_takes_the_arguments_it_has(host: Host, arguments: dict[str, object]):
    answer = host.run({"command": "count", "arguments": arguments})

    assert_refused(host, answer, 422, "wrong-arguments")


@pytest.mark.attack(23, 27, 31, 48)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"command": "plain", "arguments": []}', id="31-list"),
        pytest.param(b'{"command": "plain", "arguments": "x"}', id="31-text"),
        pytest.param(b'{"command": "plain", "arguments": null}', id="31-null"),
        pytest.param(b'{"command": ["plain"]}', id="23-list"),
        pytest.param(b'{"command": null}', id="23-null"),
        pytest.param(raw("count", "number", "NaN"), id="27-NaN"),
        pytest.param(raw("count", "number", "Infinity"), id="27-Infinity"),
        pytest.param(raw("count", "number", "9" * 5000), id="27-5000-digits"),
        pytest.param(b'{"command": "no-such", "command": "plain"}', id="48-twice"),
        pytest.param(
            b'{"command": "count", "arguments": {"number": 0, "number": 1}}', id="48-argument-twice"
        ),
        pytest.param(b"", id="48-empty"),
        pytest.param(b"{", id="48-cut"),
        pytest.param(b"[]", id="48-list"),
        pytest.param(b"null", id="48-null"),
        pytest.param(b"[" * 30_000, id="48-deep"),
        pytest.param(json.dumps({"command": "plain"}).encode("utf-16"), id="48-utf-16"),
        pytest.param(raw("any", "text", '"\ud800"'), id="48-not-utf-8"),
    ],
)
def test_takes_json_of_one_meaning_only(host: Host, body: bytes):
    answer = host.run(body)

    assert_refused(host, answer, 400, "wrong-body")
    assert_audited(host, "malformed")


@pytest.mark.attack(48, 57)
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Type": "text/plain"}, id="57-text"),
        pytest.param({"Content-Type": "application/x-www-form-urlencoded"}, id="57-form"),
        pytest.param({"Content-Type": ""}, id="57-nothing"),
        pytest.param({"Content-Encoding": "gzip"}, id="48-gzip"),
    ],
)
def test_takes_no_other_media_type(host: Host, headers: dict[str, str]):
    answer = host.run({"command": "plain"}, headers=headers)

    assert_refused(host, answer, 415, "not-json")
    assert_audited(host, "malformed")


@pytest.mark.attack(1, 2, 3, 5, 57)
@pytest.mark.parametrize(
    ("headers", "query"),
    [
        pytest.param({"Authorization": ""}, "", id="1-nothing"),
        pytest.param({"Authorization": "", "Cookie": f"token={token('operator')}"}, "", id="57-cookie"),
        pytest.param(
            {"Authorization": "Basic YTpi", "Content-Type": "text/plain", "Origin": "https://evil.example"},
            "",
            id="57-a-form-of-another-site-in-a-browser-that-logged-in",
        ),
        pytest.param({"Authorization": ""}, "source=internal", id="2-internal"),
        pytest.param({"Authorization": "", "X-Forwarded-For": "127.0.0.1"}, "", id="2-forwarded"),
        pytest.param({"Authorization": "Basic YTpi"}, "", id="3-basic"),
        pytest.param({"Authorization": f"Bearer  {SECRET}"}, "", id="3-blank"),
        pytest.param({"Authorization": ""}, f"token={token('operator')}", id="5-in-the-url"),
    ],
)
def test_runs_nothing_without_a_token_in_the_header(host: Host, headers: dict[str, str], query: str):
    answer = host.run({"command": "plain"}, headers=headers, query_string=query)

    bears_one = headers["Authorization"].startswith("Bearer")
    assert_refused(host, answer, 401, "bad-token" if bears_one else "no-token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert not host.audit.exists()


@pytest.mark.attack(4)
def test_runs_nothing_with_two_tokens(host: Host):
    answer = host.run({"command": "plain"}, query_string=f"token={token('operator')}")

    assert_refused(host, answer, 400, "two-tokens")


@pytest.mark.attack(53, 54)
@pytest.mark.parametrize(
    "method", ["GET", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD"], ids="53-{}".format
)
def test_runs_by_post_only(host: Host, method: str):
    headers = bearing("operator") | {"X-HTTP-Method-Override": "POST"}

    answer = host.app.test_client().open("/run", method=method, headers=headers, json={"command": "plain"})

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert method == "HEAD" or (answer.json or {})["type"] == "urn:marax:problem:http-405"
    assert host.marked() == []


@pytest.mark.attack(40)
def test_says_that_a_second_request_is_not_the_first(host: Host):
    answer = host.run({"command": "plain"}, headers={"Idempotency-Key": SECRET})

    assert_refused(host, answer, 400, "not-idempotent")
    assert_audited(host, "malformed")


@pytest.mark.attack(41, 42)
@pytest.mark.parametrize(
    "path", ["/runs", "/runs/1", "/run/1", "/run/1/output?offset=-1"], ids="42-{}".format
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_no_run_can_be_asked_for_or_cancelled_by_its_number(host: Host, method: str, path: str):
    answer = host.app.test_client().open(path, method=method, headers=bearing("admin"))

    assert_refused(host, answer, 404, "http-404")


@pytest.mark.attack(55)
@pytest.mark.parametrize(
    "path", ["//run", "/./run", "/run%00", "/RUN", "/run;x", "/%2frun"], ids="55-{}".format
)
def test_no_other_spelling_of_the_path_is_open(host: Host, path: str):
    answer = host.app.test_client().post(path, json={"command": "plain"})

    # The test client, not the server, takes leading slashes away.
    assert_refused(host, answer, *((401, "no-token") if answer.status_code == 401 else (404, "http-404")))


@pytest.mark.attack(32)
def test_says_that_a_program_is_missing_and_not_which(host: Host, caplog: pytest.LogCaptureFixture):
    answer = host.run({"command": "gone"})

    assert_refused(host, answer, 500, "command-unavailable")
    assert_audited(host, "unavailable")
    assert "/no/such" not in answer.text
    assert [r.__dict__["cause"] for r in caplog.records] == ["/no/such/program: No such file or directory"]


@pytest.mark.attack(32)
@pytest.mark.parametrize("changeable", ["mark", "."], ids=["32-program", "32-folder"])
def test_does_not_run_what_others_may_have_replaced(
    host: Host, tmp_path: Path, caplog: pytest.LogCaptureFixture, changeable: str
):
    place = tmp_path / changeable
    place.chmod(place.stat().st_mode | 0o002)

    answer = host.run({"command": "plain"})

    assert_refused(host, answer, 500, "command-unavailable")
    assert_audited(host, "unavailable")
    assert str(tmp_path) not in answer.text
    assert f"other users can modify {place}" in caplog.records[-1].__dict__["cause"]


@pytest.mark.attack(37)
def test_shows_a_command_nothing_of_ours(host: Host, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MALLOC_ARENA_MAX", SECRET)

    answer = host.run({"command": "env"})

    assert {line.split("=")[0] for line in (answer.json or {})["output"].splitlines()} == {
        "PATH",
        "LANG",
        "HOME",
    }


@pytest.mark.attack(39)
def test_of_a_hundred_at_once_as_many_run_as_may(host: Host):
    nap, answers = new_nap(), []
    threads = [
        threading.Thread(target=lambda: answers.append(host.run(asked("nap", seconds=nap))))
        for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: sum(thread.is_alive() for thread in threads) <= 1, "all but one are turned away")

    host.runner.end_all()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert sorted(answer.status_code for answer in answers) == [200] + [429] * 99
    assert {answer.headers["Retry-After"] for answer in answers if answer.status_code == 429} == {"1"}
    wait_until_gone(nap)


@pytest.mark.attack(59)
@pytest.mark.parametrize(
    "text", ['x"}\n{"event": "started"}', "\r\n\x1b[2K", "\u2028\u202e"], ids="59-{!r}".format
)
def test_nothing_sent_forges_a_line_of_the_audit_log(host: Host, text: str):
    host.run({"command": text, "arguments": {text: text}})

    (line,) = host.audited()
    assert (line["event"], line["command"]) == ("refused", text)
    assert host.audit.read_bytes().isascii()
