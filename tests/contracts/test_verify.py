"""What a check of passwords promises: of argon2id, and of what stands in for it in other tests."""

from collections.abc import Callable

import pytest

from exporter.access.passwords import USUAL_COST, Verify, hash_of, verify
from exporter.access.settings import PasswordHash
from tests.fakes.passwords import FakeVerify, fake_hash_of

Scheme = tuple[Callable[[bytes], PasswordHash], Verify]


@pytest.fixture(params=["argon2id", "fake"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return (hash_of, verify) if request.param == "argon2id" else (fake_hash_of, FakeVerify())


@pytest.mark.parametrize("password", [b"x", b"correct horse", b"\0", "naïve".encode(), b"\xff" * 1024, b""])
def test_knows_the_password(scheme: Scheme, password: bytes):
    make, check = scheme

    assert check(make(password), password)


@pytest.mark.parametrize("other", [b"", b"Correct horse", b"correct horse\0", b"correct horse "])
def test_knows_no_other(scheme: Scheme, other: bytes):
    make, check = scheme

    assert not check(make(b"correct horse"), other)


def test_makes_hashes_of_the_usual_cost_that_settings_take(scheme: Scheme):
    make, _ = scheme

    assert PasswordHash.from_setting(make(b"x").reveal()).cost == USUAL_COST
