from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.access.passwords import PasswordChecks
from exporter.access.service import Entrance
from exporter.access.settings import TokenSettings
from marax.settings.reader import SettingsError
from tests.exporter.access.kit import USERS
from tests.fakes.clock import FakeClock
from tests.fakes.passwords import FakeVerify


def entrance_to(state_dir: Path) -> Entrance:
    return Entrance(state_dir, checks=lambda: PasswordChecks(FakeVerify()), clock=FakeClock())


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "marax"


@pytest.fixture
def entrance(state_dir: Path) -> Iterator[Entrance]:
    entrance = entrance_to(state_dir)
    yield entrance
    entrance.close()


def test_without_users_it_is_closed_and_nothing_is_written(entrance: Entrance, state_dir: Path):
    entrance.open_to((), TokenSettings())

    assert entrance.access() is None
    assert not state_dir.parent.exists()


def test_opens_when_users_come_and_closes_when_they_go(entrance: Entrance, state_dir: Path):
    entrance.open_to(USERS, TokenSettings())
    assert entrance.access() is not None
    assert {path.name for path in state_dir.iterdir()} == {"token.key", "revocations.jsonl"}

    entrance.open_to((), TokenSettings())
    assert entrance.access() is None


def test_makes_no_key_of_its_own_where_there_is_a_key_file(
    entrance: Entrance, state_dir: Path, tmp_path: Path
):
    key_file = tmp_path / "shared.key"
    key_file.write_text("k" * 43)
    key_file.chmod(0o600)

    entrance.open_to(USERS, TokenSettings(key_file=key_file))

    assert {path.name for path in state_dir.iterdir()} == {"revocations.jsonl"}


def test_a_key_file_that_cannot_be_used_leaves_all_as_it_was(entrance: Entrance, tmp_path: Path):
    entrance.open_to(USERS, TokenSettings())
    before = entrance.access()

    with pytest.raises(SettingsError, match="no usable file"):
        entrance.open_to(USERS[:1], TokenSettings(key_file=tmp_path / "nowhere"))

    assert entrance.access() is before


def test_says_that_the_folder_belongs_to_another_exporter(entrance: Entrance, state_dir: Path):
    entrance.open_to(USERS, TokenSettings())

    with pytest.raises(SettingsError, match="found a folder that another exporter uses"):
        entrance_to(state_dir).open_to(USERS, TokenSettings())


def test_says_that_the_folder_cannot_be_used(entrance: Entrance, state_dir: Path):
    state_dir.parent.mkdir()
    state_dir.touch()

    with pytest.raises(SettingsError, match=r"state_dir:. in the settings"):
        entrance.open_to(USERS, TokenSettings())
    assert entrance.access() is None


def test_leaves_the_folder_to_others_when_closed(entrance: Entrance, state_dir: Path):
    entrance.open_to(USERS, TokenSettings())

    entrance.close()

    other = entrance_to(state_dir)
    other.open_to(USERS, TokenSettings())
    other.close()
    assert entrance.access() is None
