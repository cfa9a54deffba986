from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.access.passwords import PasswordChecks
from exporter.access.service import AuthService
from exporter.access.settings import TokenSettings
from marax.settings.mistakes import SettingsError
from tests.exporter.access.kit import USERS
from tests.fakes.clock import FakeClock
from tests.fakes.passwords import FakeVerify


def entrance_to(state_dir: Path) -> AuthService:
    return AuthService(state_dir, checks=lambda: PasswordChecks(FakeVerify()), clock=FakeClock())


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "marax"


@pytest.fixture
def auth(state_dir: Path) -> Iterator[AuthService]:
    auth = entrance_to(state_dir)
    yield auth
    auth.close()


def test_without_users_it_is_closed_and_nothing_is_written(auth: AuthService, state_dir: Path):
    auth.open_to((), TokenSettings())

    assert auth.access() is None
    assert not state_dir.parent.exists()


def test_opens_when_users_come_and_closes_when_they_go(auth: AuthService, state_dir: Path):
    auth.open_to(USERS, TokenSettings())
    assert auth.access() is not None
    assert {path.name for path in state_dir.iterdir()} == {"token.key", "revocations.jsonl"}

    auth.open_to((), TokenSettings())
    assert auth.access() is None


def test_makes_no_key_of_its_own_where_there_is_a_key_file(
    auth: AuthService, state_dir: Path, tmp_path: Path
):
    key_file = tmp_path / "shared.key"
    key_file.write_text("k" * 43)
    key_file.chmod(0o600)

    auth.open_to(USERS, TokenSettings(key_file=key_file))

    assert {path.name for path in state_dir.iterdir()} == {"revocations.jsonl"}


def test_a_key_file_that_cannot_be_used_leaves_all_as_it_was(auth: AuthService, tmp_path: Path):
    auth.open_to(USERS, TokenSettings())
    before = auth.access()

    with pytest.raises(SettingsError, match="no usable file"):
        auth.open_to(USERS[:1], TokenSettings(key_file=tmp_path / "nowhere"))

    assert auth.access() is before


def test_says_that_the_folder_belongs_to_another_exporter(auth: AuthService, state_dir: Path):
    auth.open_to(USERS, TokenSettings())

    with pytest.raises(SettingsError, match="found a folder that another exporter uses"):
        entrance_to(state_dir).open_to(USERS, TokenSettings())


def test_says_that_the_folder_cannot_be_used(auth: AuthService, state_dir: Path):
    state_dir.parent.mkdir()
    state_dir.touch()

    with pytest.raises(SettingsError, match=r"state_dir:. in the settings"):
        auth.open_to(USERS, TokenSettings())
    assert auth.access() is None


def test_leaves_the_folder_to_others_when_closed(auth: AuthService, state_dir: Path):
    auth.open_to(USERS, TokenSettings())

    auth.close()

    other = entrance_to(state_dir)
    other.open_to(USERS, TokenSettings())
    other.close()
    assert auth.access() is None
