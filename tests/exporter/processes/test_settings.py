from pathlib import Path

import pytest

from exporter.processes.settings import ProcessSettings
from marax.settings.mistakes import SettingsError
from marax.settings.reader import read_settings


def read(tmp_path: Path, text: str) -> ProcessSettings:
    path = tmp_path / "processes.yml"
    path.write_text(text)
    return read_settings(path, ProcessSettings)


def test_has_a_default_for_every_key(tmp_path: Path):
    assert read(tmp_path, "") == read(
        tmp_path,
        "{top: 5, groups: 30, group_by: comm, window: 15s, interval: 5s, new_per_hour: 240, "
        "show_cmdline: false}",
    )


def test_takes_every_key(tmp_path: Path):
    settings = read(
        tmp_path,
        "{top: 20, groups: 200, group_by: unit, window: 10m, interval: 1s, new_per_hour: 60, "
        "show_cmdline: true}",
    )

    assert (settings.top, settings.groups, settings.group_by) == (20, 200, "unit")
    assert settings.new_per_hour == 60
    assert [settings.window_seconds, settings.interval_seconds] == [600.0, 1.0]
    assert settings.show_cmdline


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("top: 0", "top: found 0, expected a whole number from 1 to 20"),
        ("top: 21", "top: found 21, expected a whole number from 1 to 20"),
        ("groups: 0", "groups: found 0, expected a whole number from 1 to 200"),
        ("groups: many", "groups: found 'many', expected a whole number from 1 to 200"),
        ("group_by: user", "group_by: found 'user', expected one of comm, unit"),
        ("window: 1s", "window: found '1s', expected a duration from 2s to 10m"),
        ("window: 15", "window: found 15, expected a duration from 2s to 10m"),
        ("interval: 500ms", "interval: found '500ms', expected a duration from 1s to 1m"),
        ("new_per_hour: 59", "new_per_hour: found 59, expected a whole number from 60 to 3600"),
        ("new_per_hour: 3601", "new_per_hour: found 3601, expected a whole number from 60 to 3600"),
        ("show_cmdline: maybe", "show_cmdline: found 'maybe', expected true or false"),
        ("intervall: 5s", "intervall: found an unknown key, expected 'interval', perhaps"),
    ],
)
def test_says_what_was_expected(tmp_path: Path, text: str, message: str):
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)

    assert message in str(caught.value)
