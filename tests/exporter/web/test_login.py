"""`/login`, `/token` and `/logout`. Numbers are rows of docs/attacks.md."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.exporter.access.full_disk import files_end_at
from tests.exporter.access.kit import PASSWORD, USERS, Site, a_user, basic, bearer
from tests.exporter.web.problems import assert_problem

REFUSED = {
    "type": "urn:marax:problem:wrong-login",
    "title": "Wrong user name or password.",
    "status": 401,
}


def test_a_browser_is_asked_for_name_and_password(site: Site):
    answer = site.ask("GET", "/login")

    assert_problem(answer, 401, "no-login")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="marax-exporter", charset="UTF-8"'
    assert site.verify.checked == []


@pytest.mark.parametrize("path", ["/login", "/login/"])
def test_the_original_way_works_word_for_word(site: Site, path: str):
    login = site.ask("GET", path, headers=basic("ann", PASSWORD))
    token = (login.json or {})["token"]

    assert site.ask("GET", f"/stats/?token={token}").status_code == 200
    listed = site.ask("GET", f"/processlist/?token={token}&sort=cpu&count=10").json or {}
    assert len(listed["processes"]) == 10


@pytest.mark.parametrize("path", ["/login", "/login/"])
def test_a_program_logs_in_with_json(site: Site, path: str):
    answer = site.ask("POST", path, json={"username": "otto", "password": PASSWORD})

    body = answer.json or {}
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert set(body) == {"token", "expires_in_seconds", "role"}
    assert (body["expires_in_seconds"], body["role"]) == (300, "operator")
    assert answer.headers["Cache-Control"] == "no-store"
    assert site.status(body["token"]) == 200


def test_names_and_passwords_may_be_any_text(site: Site):
    site.users = (a_user("ann", password='pä:ss "wörd"\n'),)
    site.reload()

    assert site.ask("GET", "/login", headers=basic("ann", 'pä:ss "wörd"\n')).status_code == 200
    assert site.log_in("ann", 'pä:ss "wörd"\n').status_code == 200


@pytest.mark.attack(15, 16)
@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("ann", "wrong", id="15-wrong"),
        pytest.param("nobody", PASSWORD, id="15-unknown"),
        pytest.param("gone", PASSWORD, id="15-disabled"),
        pytest.param("ann", "", id="16-empty"),
        pytest.param("ann", "x" * 60_000, id="16-long"),
        pytest.param("x" * 60_000, "x", id="16-long-name"),
        pytest.param("ann", "\0", id="16-nul"),
        pytest.param("a:b\nc\u202e", "x", id="16-control"),
        pytest.param("ann", "\ud800", id="16-surrogate"),
    ],
)
def test_every_refusal_looks_the_same(site: Site, name: str, password: str):
    answer = site.log_in(name, password)

    assert_problem(answer, 401, "wrong-login")
    assert answer.json == REFUSED
    assert "Basic" not in answer.headers["WWW-Authenticate"]
    assert len(site.verify.checked) == (len(name + password) < 1000)


@pytest.mark.attack(17)
@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Basic", id="17-nothing"),
        pytest.param("Basic !!!", id="17-not-base64"),
        pytest.param("Basic YQ", id="17-padding"),
        pytest.param("Basic YW5u", id="17-no-colon"),
        pytest.param("Basic /////w==", id="17-not-utf8"),
        pytest.param("Digest username=ann", id="17-digest"),
        pytest.param("Bearer x", id="17-bearer"),
        pytest.param("Basic YTpi, Basic YTpi", id="17-two"),
        pytest.param("Basic " + "A" * 100_000, id="17-huge"),
    ],
)
def test_a_malformed_header_is_asked_again_without_a_check(site: Site, header: str):
    answer = site.ask("GET", "/login", headers={"Authorization": header})

    assert_problem(answer, 401, "no-login")
    assert site.verify.checked == []


@pytest.mark.attack(20, 24, 48)
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        pytest.param(
            b'{"username": ["ann"], "password": "x"}',
            "Expected `str`, got `array` - at `$.username`",
            id="20-list",
        ),
        pytest.param(
            b'{"username": 1, "password": "x"}', "Expected `str`, got `int` - at `$.username`", id="20-int"
        ),
        pytest.param(
            b'{"username": null, "password": "x"}',
            "Expected `str`, got `null` - at `$.username`",
            id="20-null",
        ),
        pytest.param(
            b'{"username": "a", "password": {"$ne": 1}}',
            "Expected `str`, got `object` - at `$.password`",
            id="20-nested",
        ),
        pytest.param(
            b'{"username": "a", "username": "b", "password": "x"}',
            "Object contains the field `username` more than once",
            id="20-twice",
        ),
        pytest.param(b'{"username": "ann"}', "Object missing required field `password`", id="20-missing"),
        pytest.param(
            b'{"username": "a", "password": "x", "admin": true}',
            "Object contains unknown field `admin`",
            id="24-unknown",
        ),
        pytest.param(b"", "The body is not valid JSON in UTF-8", id="48-empty"),
        pytest.param(b"{", "The body is not valid JSON in UTF-8", id="48-half"),
        pytest.param(b"[]", "Expected `object`, got `array`", id="48-list"),
        pytest.param(b"[" * 60_000, "The body is not valid JSON in UTF-8", id="48-deep"),
        pytest.param(
            '{"username": "a"}'.encode("utf-16"), "The body is not valid JSON in UTF-8", id="48-utf16"
        ),
    ],
)
def test_a_wrong_body_is_named_without_a_check(site: Site, body: bytes, detail: str):
    answer = site.ask("POST", "/login", data=body, content_type="application/json")

    assert_problem(answer, 400, "wrong-body")
    assert (answer.json or {})["detail"] == detail
    assert site.verify.checked == []


@pytest.mark.attack(57)
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
    ids="57-{}".format,
)
def test_what_a_foreign_page_could_send_is_not_taken(site: Site, content_type: str):
    body = json.dumps({"username": "ann", "password": PASSWORD})

    assert_problem(site.ask("POST", "/login", data=body, content_type=content_type), 415, "not-json")


@pytest.mark.attack(18)
@pytest.mark.parametrize(
    ("callers", "then"),
    [
        pytest.param(lambda _: ("ann", "192.0.2.1"), ("ann", "192.0.2.1"), id="18-one-pair"),
        pytest.param(lambda i: (f"user{i}", "192.0.2.1"), ("ann", "192.0.2.1"), id="18-one-address"),
        pytest.param(lambda i: ("ann", f"192.0.2.{i}"), ("ann", "203.0.113.1"), id="18-one-user"),
        pytest.param(lambda i: ("nobody", f"192.0.2.{i}"), ("nobody", "203.0.113.1"), id="18-nobody"),
    ],
)
def test_failures_are_throttled(site: Site, callers: Callable[[int], tuple[str, str]], then: tuple[str, str]):
    for i in range(20):
        name, address = callers(i)
        site.log_in(name, "wrong", address=address)

    answer = site.log_in(then[0], address=then[1])

    assert_problem(answer, 429, "too-many-failures")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.attack(2)
def test_the_throttle_goes_by_the_real_address(site: Site):
    for i in range(3):
        forwarded = {"X-Forwarded-For": f"198.51.100.{i}", "X-Real-IP": f"198.51.100.{i}"}
        answer = site.log_in("ann", "wrong", headers=forwarded)

    assert answer.status_code == 429


@pytest.mark.attack(18)
def test_an_owner_whose_address_is_known_gets_in_all_the_same(site: Site):
    site.token()
    for i in range(30):
        site.log_in("ann", "wrong", address=f"198.51.100.{i}")
        site.log_in(f"user{i}", "wrong")

    assert site.log_in().status_code == 200


@pytest.mark.parametrize("path", ["/token", "/token/"])
@pytest.mark.parametrize("body", [{}, {"data": b""}, {"json": {}}], ids=["none", "empty", "object"])
def test_a_token_is_exchanged_for_a_fresh_one(site: Site, path: str, body: dict[str, Any]):
    token = site.token()
    site.clock.advance(250)

    answer = site.ask("POST", path, headers=bearer(token), **body)

    fresh = answer.json or {}
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (fresh["expires_in_seconds"], fresh["role"]) == (300, "viewer")
    assert site.status(fresh["token"]) == 200
    assert_problem(site.ask("GET", "/stats", headers=bearer(token)), 401, "revoked-token")


@pytest.mark.attack(14)
def test_of_renewals_at_the_same_time_one_succeeds(site: Site):
    token = site.token()
    statuses: list[int] = []

    def renew() -> None:
        statuses.append(site.ask("POST", "/token", headers=bearer(token)).status_code)

    callers = [threading.Thread(target=renew) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert sorted(statuses) == [200] + [401] * 7


@pytest.mark.attack(14)
def test_no_token_outlives_its_session(site: Site):
    token = site.token()
    for _ in range(8 * 3600 // 240):
        site.clock.advance(240)
        answer = site.ask("POST", "/token", headers=bearer(token))
        if answer.status_code == 200:
            token = (answer.json or {})["token"]

    assert_problem(answer, 401, "expired-token")
    assert site.status(site.token()) == 200


@pytest.mark.attack(12)
@pytest.mark.parametrize("path", ["/logout", "/logout/"])
def test_a_logout_ends_this_token_and_no_other(site: Site, path: str):
    token, other = site.token(), site.token()

    answer = site.ask("POST", path, headers=bearer(token))

    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    for _ in range(2):
        assert (site.status(token), site.status(other)) == (401, 200)
        site.restart()


@pytest.mark.attack(12)
def test_a_logout_everywhere_ends_all_tokens_of_the_user(site: Site):
    tokens, other = [site.token(), site.token()], site.token("otto")

    answer = site.ask("POST", "/logout", headers=bearer(tokens[0]), json={"everywhere": True})

    assert answer.status_code == 204
    for _ in range(2):
        assert [site.status(token) for token in [*tokens, other]] == [401, 401, 200]
        site.restart()
    assert site.status(site.token()) == 200


@pytest.mark.attack(12)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param((a_user("ann", password="changed"),), id="12-password"),
        pytest.param(USERS[1:], id="12-disabled"),
    ],
)
def test_a_token_ends_when_its_user_changes(site: Site, change):
    token = site.token()
    site.users = change

    site.reload()

    assert_problem(site.ask("GET", "/stats", headers=bearer(token)), 401, "bad-token")


@pytest.mark.attack(13)
def test_a_logout_is_done_once(site: Site):
    token = site.token()
    site.ask("POST", "/logout", headers=bearer(token))

    assert_problem(site.ask("POST", "/logout", headers=bearer(token)), 401, "revoked-token")


@pytest.mark.attack(20)
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"everywhere": "yes"}', "Expected `bool`, got `str` - at `$.everywhere`"),
        (b'{"everywhere": 1}', "Expected `bool`, got `int` - at `$.everywhere`"),
        (b'{"evrywhere": true}', "Object contains unknown field `evrywhere`"),
        (
            b'{"everywhere": true, "everywhere": false}',
            "Object contains the field `everywhere` more than once",
        ),
        (b"true", "Expected `object`, got `bool`"),
    ],
    ids="20-{}".format,
)
def test_a_wrong_logout_logs_nobody_out(site: Site, body: bytes, detail: str):
    token = site.token()

    answer = site.ask("POST", "/logout", headers=bearer(token), data=body, content_type="application/json")

    assert_problem(answer, 400, "wrong-body")
    assert (answer.json or {})["detail"] == detail
    assert site.status(token) == 200


def test_a_token_is_renewed_without_anything_in_the_body(site: Site):
    answer = site.ask("POST", "/token", headers=bearer(site.token()), json={"role": "admin"})

    assert_problem(answer, 400, "wrong-body")


@pytest.mark.attack(65)
@pytest.mark.parametrize(
    ("path", "body"), [("/logout", {}), ("/logout", {"everywhere": True}), ("/token", {})], ids="65-{}".format
)
def test_what_cannot_be_written_is_never_said_to_be_done(site: Site, path: str, body: dict[str, bool]):
    token = site.token()

    with files_end_at(10):
        answer = site.ask("POST", path, headers=bearer(token), json=body)

    assert_problem(answer, 503, "not-stored")
    assert site.status(token) == 200
    assert site.ask("POST", path, headers=bearer(token), json=body).status_code in (200, 204)
    assert site.status(token) == 401


@pytest.mark.attack(64)
@pytest.mark.parametrize("step", [-3600, 3600], ids="64{:+}".format)
def test_a_clock_that_steps_opens_no_door(site: Site, step: int):
    token, revoked = site.token(), site.token()
    site.ask("POST", "/logout", headers=bearer(revoked))

    site.clock.jump(step)

    assert (site.status(token), site.status(revoked)) == (401, 401)
    assert site.status(site.token()) == 200


@pytest.mark.attack(53)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/login"),
        ("HEAD", "/logout"),
        ("GET", "/logout"),
        ("GET", "/token"),
        ("DELETE", "/login"),
        ("OPTIONS", "/login"),
    ],
    ids="53-{}".format,
)
def test_other_methods_are_not_known(site: Site, method: str, path: str):
    token = site.token()

    answer = site.ask(method, path, headers=bearer(token))

    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert set(answer.headers["Allow"].split(", ")) <= {"GET", "HEAD", "POST"}
    assert site.status(token) == 200


@pytest.mark.attack(14)
def test_a_token_of_another_host_opens_nothing_here(site: Site, tmp_path: Path):
    other = Site(tmp_path / "other")
    token = other.token()
    other.auth.close()

    assert_problem(site.ask("GET", "/stats", headers=bearer(token)), 401, "bad-token")


def test_one_login_serves_hosts_that_share_a_key(site: Site, tmp_path: Path):
    key_file = tmp_path / "shared.key"
    key_file.write_text("k" * 43)
    key_file.chmod(0o600)
    other = Site(tmp_path / "other")
    for host in (site, other):
        host.reload(key_file=key_file)

    assert other.status(site.token()) == 200
    other.auth.close()
