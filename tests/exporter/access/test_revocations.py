"""Revocations. Numbers are rows of docs/attacks.md."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from exporter.access.revocations import NotStoredError, Revocations
from exporter.access.roles import Role
from exporter.access.tokens import Claims
from tests.exporter.access.full_disk import files_end_at
from tests.fakes.clock import FakeClock

NOW = 1_790_000_000


def claims(number: str = "1", *, user: str = "ann", issued: int = NOW) -> Claims:
    return Claims(
        sub=user,
        role=Role.VIEWER,
        iat=issued,
        nbf=issued,
        exp=issued + 300,
        auth_time=issued,
        jti=number.rjust(22, "0"),
        cred="x",
    )


class Shop:
    """Revocations in a folder, which may be closed and opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock(NOW)
        self.now = Revocations(folder, self.clock)

    @property
    def path(self) -> Path:
        return self.folder / "revocations.jsonl"

    def reopen(self) -> Revocations:
        self.now.close()
        self.now = Revocations(self.folder, self.clock)
        return self.now

    def revoke(self, token: Claims) -> bool:
        return self.now.revoke(token.sub, token.jti, expires=token.exp)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.now.close()


def test_covers_nothing_at_first(shop: Shop):
    assert not shop.now.cover(claims())


@pytest.mark.attack(12)
def test_covers_a_token_that_was_revoked_and_no_other(shop: Shop):
    shop.revoke(claims("1"))

    assert shop.now.cover(claims("1"))
    assert not shop.now.cover(claims("2"))


@pytest.mark.attack(12)
def test_covers_it_after_a_restart(shop: Shop):
    shop.revoke(claims("1"))

    assert shop.reopen().cover(claims("1"))
    assert shop.reopen().cover(claims("1"))
    assert not shop.now.cover(claims("2"))


@pytest.mark.attack(13)
def test_revokes_a_token_once(shop: Shop):
    assert shop.revoke(claims())
    assert not shop.revoke(claims())


@pytest.mark.attack(14)
def test_of_callers_at_the_same_time_only_one_revokes(shop: Shop):
    outcomes: list[bool] = []
    callers = [threading.Thread(target=lambda: outcomes.append(shop.revoke(claims()))) for _ in range(8)]

    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert sorted(outcomes) == [False] * 7 + [True]


@pytest.mark.attack(12)
def test_covers_all_tokens_of_a_user_that_were_issued_so_far(shop: Shop):
    shop.now.revoke_all("ann")

    for revocations in (shop.now, shop.reopen()):
        assert revocations.cover(claims("1"))
        assert revocations.cover(claims("2", issued=NOW - 100))
        assert not revocations.cover(claims("3", issued=revocations.not_before("ann")))
        assert not revocations.cover(claims("4", user="otto"))


@pytest.mark.attack(12)
def test_remembers_single_tokens_that_were_revoked_after_all(shop: Shop):
    shop.now.revoke_all("ann")
    later = claims("5", issued=shop.now.not_before("ann"))
    shop.revoke(later)

    assert shop.now.cover(later)
    assert shop.reopen().cover(later)


@pytest.mark.attack(64)
@pytest.mark.parametrize("step", [-3600, 3600], ids="64{:+}".format)
def test_holds_when_the_clock_steps(shop: Shop, step: int):
    shop.revoke(claims("1"))
    shop.now.revoke_all("otto")

    shop.clock.jump(step)

    for revocations in (shop.now, shop.reopen()):
        assert revocations.cover(claims("1"))
        assert revocations.cover(claims("2", user="otto"))


@pytest.mark.attack(64)
def test_holds_when_the_clock_steps_back_after_the_end_of_the_token(shop: Shop):
    shop.revoke(claims("1"))
    shop.clock.jump(301)
    shop.reopen()

    shop.clock.jump(-200)

    assert shop.reopen().cover(claims("1"))


def test_forgets_what_ended_long_ago(shop: Shop):
    shop.revoke(claims("1"))
    shop.now.revoke_all("ann")
    shop.clock.jump(3 * 3600)

    shop.reopen()

    assert shop.path.read_bytes() == b""


def test_writes_no_more_lines_than_twice_those_in_force(shop: Shop):
    for i in range(1500):
        shop.clock.advance(10)
        shop.revoke(claims(str(i), issued=NOW + 10 * i))

    assert shop.path.read_bytes().count(b"\n") < 1100


def test_a_user_with_very_many_revocations_loses_all_tokens_instead(shop: Shop):
    for i in range(4100):
        assert shop.revoke(claims(str(i)))

    assert shop.now.cover(claims("another"))
    assert shop.path.stat().st_size < 1024 * 1024
    assert shop.reopen().cover(claims("another"))


@pytest.mark.attack(65)
def test_what_cannot_be_written_is_not_revoked(shop: Shop):
    with files_end_at(10):
        with pytest.raises(NotStoredError, match="a revocation cannot be written: No space left on device"):
            shop.revoke(claims("1"))
        with pytest.raises(NotStoredError):
            shop.now.revoke_all("ann")
    assert not shop.now.cover(claims("1"))

    assert shop.revoke(claims("1"))
    assert shop.reopen().cover(claims("1"))


@pytest.mark.attack(65)
@pytest.mark.parametrize("cut", [1, 10, 60])
def test_drops_a_last_line_that_was_cut_short_with_a_warning(
    shop: Shop, cut: int, caplog: pytest.LogCaptureFixture
):
    shop.revoke(claims("1"))
    shop.revoke(claims("2"))
    shop.path.write_bytes(shop.path.read_bytes()[:-cut])

    shop.reopen()

    assert "dropped a truncated revocation" in caplog.text
    assert shop.now.cover(claims("1"))
    assert not shop.now.cover(claims("2"))
    assert shop.revoke(claims("2"))
    assert shop.reopen().cover(claims("2"))


@pytest.mark.attack(65)
@pytest.mark.parametrize(
    "rubbish",
    [
        b"{",
        b"",
        b"\0" * 50,
        b"null",
        b'{"user": 1, "until": 2}',
        b'{"user": "ann", "until": 1, "x": 2}',
        b"\xff",
    ],
)
def test_an_unreadable_line_revokes_all_tokens_issued_so_far(
    shop: Shop, rubbish: bytes, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    shop.revoke(claims("1"))
    shop.path.write_bytes(rubbish + b"\n" + shop.path.read_bytes())

    for _ in range(2):
        shop.reopen()
        assert shop.now.cover(claims("1"))
        assert shop.now.cover(claims("2", user="otto"))
        assert not shop.now.cover(claims("3", issued=shop.now.not_before("otto")))
    assert caplog.text.count("unreadable revocation, revoking all tokens") == 1


def test_a_line_is_json_that_a_person_can_read(shop: Shop):
    shop.revoke(claims("1"))
    shop.now.revoke_all("otto")

    assert [msgspec.json.decode(line) for line in shop.path.read_bytes().splitlines()] == [
        {"user": "ann", "until": NOW + 3900, "token": "1".rjust(22, "0")},
        {"user": "otto", "until": NOW + 7201, "not_before": NOW + 1},
    ]
