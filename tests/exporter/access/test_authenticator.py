"""Logging in and out. Numbers are rows of docs/attacks.md."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exporter.access.authenticator import Authenticator, Throttled
from exporter.access.roles import Role
from exporter.access.session import Refusal, Session
from exporter.access.tokens import Token
from tests.exporter.access.kit import PASSWORD, USERS, Site, a_user
from tests.fakes.passwords import HeldVerify, fake_hash_of

ADDRESS = "192.0.2.1"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.auth.close()


def access_of(site: Site) -> Authenticator:
    access = site.auth.access()
    assert access is not None
    return access


def logged_in(site: Site, name: str = "ann", address: str = ADDRESS) -> Token:
    token = access_of(site).log_in(name, PASSWORD, address=address)
    assert isinstance(token, Token)
    return token


def session_of(site: Site, token: Token) -> Session:
    session = access_of(site).admit(token.text)
    assert isinstance(session, Session)
    return session


def test_gives_a_session_for_a_password(site: Site):
    session = session_of(site, logged_in(site, "otto"))

    assert (session.user, session.role) == ("otto", Role.OPERATOR)
    assert session.expires_unix_seconds - session.began_unix_seconds == 300


@pytest.mark.attack(15, 16)
@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("nobody", PASSWORD, id="15-unknown"),
        pytest.param("ann", "wrong", id="15-wrong"),
        pytest.param("Ann", PASSWORD, id="15-case"),
        pytest.param("ann", "", id="16-empty"),
        pytest.param("", "", id="16-nothing"),
        pytest.param("ann", PASSWORD + "\0", id="16-nul"),
        pytest.param("ann", "\udcff", id="16-surrogate"),
        pytest.param("a\nb\u202e:\x1b[31m", PASSWORD, id="16-control"),
        pytest.param("ann", "x" * 1024, id="16-longest"),
    ],
)
def test_a_refused_login_takes_exactly_one_check(site: Site, name: str, password: str):
    assert access_of(site).log_in(name, password, address=ADDRESS) is Refusal.WRONG_LOGIN
    assert len(site.verify.checked) == 1


@pytest.mark.attack(16)
@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("ann", "x" * 1025, id="16-password"),
        pytest.param("ann", "ü" * 513, id="16-bytes"),
        pytest.param("ann", "x" * 1_000_000, id="16-1MB"),
        pytest.param("a" * 65, PASSWORD, id="16-name"),
        pytest.param("a" * 1_000_000, PASSWORD, id="16-name-1MB"),
    ],
)
def test_what_is_too_long_is_refused_without_a_check(site: Site, name: str, password: str):
    assert access_of(site).log_in(name, password, address=ADDRESS) is Refusal.WRONG_LOGIN
    assert site.verify.checked == []


@pytest.mark.attack(15)
def test_an_unknown_user_costs_as_much_as_the_dearest_hash(site: Site):
    dear = a_user("dear")
    dear_hash = fake_hash_of(b"x", parameters="m=65536,t=3,p=4")
    site.users = (*USERS, type(dear)(name="dear", role=Role.VIEWER, password_hash=dear_hash))
    site.reload()

    access_of(site).log_in("nobody", PASSWORD, address=ADDRESS)

    assert [checked.cost for checked in site.verify.checked] == [dear_hash.cost]


@pytest.mark.attack(18)
def test_failures_are_throttled_without_a_check(site: Site):
    outcomes = [access_of(site).log_in("ann", "wrong", address=ADDRESS) for _ in range(1000)]

    assert outcomes[0] is Refusal.WRONG_LOGIN
    assert outcomes[1:] == [Throttled(1.0)] * 999
    assert len(site.verify.checked) == 1


@pytest.mark.attack(18)
@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_what_is_throttled_does_not_tell_who_exists(site: Site, name: str):
    access_of(site).log_in(name, "wrong", address=ADDRESS)

    assert access_of(site).log_in(name, PASSWORD, address=ADDRESS) == Throttled(1.0)


@pytest.mark.attack(18)
def test_who_logged_in_before_gets_in_whatever_others_do(site: Site):
    logged_in(site)

    for i in range(1000):
        access_of(site).log_in(f"user{i}", "wrong", address=ADDRESS)
        access_of(site).log_in("ann", "wrong", address=f"198.51.{i // 250}.{i % 250}")

    logged_in(site)
    assert isinstance(access_of(site).log_in("ann", PASSWORD, address="203.0.113.1"), Throttled)


@pytest.mark.attack(19)
def test_of_32_logins_at_once_five_are_checked_one_by_one(tmp_path: Path):
    held = HeldVerify()
    site = Site(tmp_path, verify=held)
    outcomes: list[object] = []

    def log_in(i: int) -> Callable[[], None]:
        return lambda: outcomes.append(access_of(site).log_in(f"user{i}", "wrong", address=f"192.0.2.{i}"))

    callers = [threading.Thread(target=log_in(i)) for i in range(32)]
    for caller in callers:
        caller.start()
    held.started.wait()
    threading.Timer(0.2, held.release).start()
    for caller in callers:
        caller.join()

    assert outcomes.count(Refusal.WRONG_LOGIN) + outcomes.count(Refusal.BUSY) == 32
    assert held.most_at_once == 1
    assert site.auth.counts.refusals[Refusal.BUSY] == outcomes.count(Refusal.BUSY) >= 20
    site.auth.close()


@pytest.mark.attack(12)
def test_a_token_ends_with_the_password(site: Site):
    token = logged_in(site)
    site.users = (a_user("ann", password="another"), *USERS[1:])
    site.reload()

    assert access_of(site).admit(token.text) is Refusal.BAD_TOKEN


@pytest.mark.attack(12)
def test_a_token_ends_with_its_user(site: Site):
    token = logged_in(site)
    site.users = USERS[1:]
    site.reload()

    assert access_of(site).admit(token.text) is Refusal.BAD_TOKEN


def test_a_role_that_was_lowered_holds_at_once(site: Site):
    token = logged_in(site, "ada")
    site.users = (a_user("ada", Role.VIEWER),)
    site.reload()

    assert session_of(site, token).role is Role.VIEWER


def test_a_role_that_was_raised_holds_from_the_next_login(site: Site):
    token = logged_in(site, "ann")
    site.users = (a_user("ann", Role.ADMIN),)
    site.reload()

    renewed = access_of(site).renew(session_of(site, token))

    assert isinstance(renewed, Token)
    assert session_of(site, renewed).role is Role.VIEWER
    assert session_of(site, logged_in(site)).role is Role.ADMIN


def test_a_renewed_token_belongs_to_the_same_session(site: Site):
    first = session_of(site, logged_in(site))
    site.clock.advance(200)

    renewed = access_of(site).renew(first)

    assert isinstance(renewed, Token)
    second = session_of(site, renewed)
    assert second.began_unix_seconds == first.began_unix_seconds
    assert second.expires_unix_seconds == first.expires_unix_seconds + 200
    assert second.token_id != first.token_id


@pytest.mark.attack(14)
def test_a_token_is_renewed_once(site: Site):
    token = logged_in(site)
    session = session_of(site, token)

    assert isinstance(access_of(site).renew(session), Token)
    assert access_of(site).renew(session) is Refusal.REVOKED_TOKEN
    assert access_of(site).admit(token.text) is Refusal.REVOKED_TOKEN


@pytest.mark.attack(14)
def test_renewal_ends_with_the_session(site: Site):
    token = logged_in(site)
    renewals = 0
    while isinstance(session := access_of(site).admit(token.text), Session):
        site.clock.advance(240)
        renewed = access_of(site).renew(session)
        assert isinstance(renewed, Token)
        token = renewed
        renewals += 1

    assert session is Refusal.EXPIRED_TOKEN
    assert renewals == 8 * 3600 / 240


@pytest.mark.attack(13)
def test_a_login_at_the_moment_of_a_logout_everywhere_is_good(site: Site):
    access_of(site).log_out_everywhere(session_of(site, logged_in(site)))

    session_of(site, logged_in(site))


@pytest.mark.attack(59)
@pytest.mark.parametrize(
    "typed", ["hunter2", "a\nlevel=error msg=forged", "\u202e\x1b[31m"], ids="59-{!r}".format
)
def test_logs_no_name_that_is_not_a_users(site: Site, typed: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    access_of(site).log_in(typed, PASSWORD, address=ADDRESS)

    (record,) = caplog.records
    assert (record.message, record.__dict__["user"]) == ("login failed", "(unknown)")
    assert PASSWORD not in str(record.__dict__)


def test_logs_who_logged_in_from_where_and_not_how(site: Site, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    token = logged_in(site)

    (record,) = caplog.records
    assert (record.message, record.__dict__["user"], record.__dict__["address"]) == ("login", "ann", ADDRESS)
    assert token.text not in str(record.__dict__)


def test_counts_what_happens(site: Site):
    token = logged_in(site)
    access_of(site).log_in("ann", "wrong", address=ADDRESS)
    access_of(site).log_in("ann", "wrong", address=ADDRESS)
    access_of(site).log_out(session_of(site, token))

    counts = site.auth.counts
    assert (counts.logins, counts.revoked) == (1, 1)
    assert {refusal: n for refusal, n in counts.refusals.items() if n} == {
        Refusal.WRONG_LOGIN: 1,
        Refusal.THROTTLED: 1,
    }
