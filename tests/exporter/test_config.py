from pathlib import Path

import msgspec
import pytest

from exporter.access.settings import TokenSettings
from exporter.collectors.settings import CollectorSwitches
from exporter.config import ExporterSettings, read_config
from exporter.processes.settings import ProcessSettings
from marax.settings.addresses import ListenAddress
from marax.settings.durations import Seconds
from marax.settings.mistakes import SettingsError

EXAMPLE = Path(__file__).parents[2] / "deploy" / "exporter.yml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exporter.yml"


def test_the_example_spells_out_the_defaults():
    assert read_config(EXAMPLE) == ExporterSettings()


def test_the_example_names_every_setting():
    text = EXAMPLE.read_text()

    for shape in (ExporterSettings, CollectorSwitches, ProcessSettings, TokenSettings):
        for field in msgspec.structs.fields(shape):
            assert f"{field.encode_name}:" in text


def test_an_empty_file_means_the_defaults(path: Path):
    path.write_text("")

    assert read_config(path) == ExporterSettings()


def test_listens_on_loopback_unless_told_otherwise():
    assert ExporterSettings().listen == ListenAddress("127.0.0.1", 9877)


def test_takes_up_what_the_file_says(path: Path):
    path.write_text(
        "listen: '[::]:0'\ncollectors: {pressure: false, cpu_per_core: true}\nprocesses: {window: 1m}\n"
    )

    settings = read_config(path)

    assert settings.listen == ListenAddress("::", 0)
    assert not settings.collectors.is_on("pressure")
    assert settings.collectors.is_on("cpu_per_core")
    assert settings.processes.window_seconds == Seconds(60)


def test_needs_no_processes_when_nobody_speaks_of_them(path: Path):
    path.write_text("collectors: {processes: false, groups: false, top: false}\n")

    assert not read_config(path).collectors.needs_processes


def test_finds_the_web_config_beside_the_settings(path: Path):
    path.write_text("web_config_file: web.yml\n")
    path.with_name("web.yml").write_text("http_server_config: {http2: false}\n")

    assert read_config(path).web_config_file == path.with_name("web.yml")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("listen: 9877", "listen: found 9877, expected an address to listen on, such as 127.0.0.1:9877"),
        ("listen: localhost", "listen: found 'localhost', expected an address to listen on"),
        ("listen: localhost:99999", "listen: found 'localhost:99999', expected an address to listen on"),
        ("listne: 127.0.0.1:1", "listne: found an unknown key, expected 'listen', perhaps"),
        (
            "xyz: []",
            "xyz: found an unknown key, expected one of listen, web_config_file, collectors, processes",
        ),
        (
            "collectors: {presure: false}",
            "collectors.presure: found an unknown key, expected 'pressure', perhaps",
        ),
        ("collectors: {cpu: 1}", "collectors.cpu: found 1, expected true or false"),
        ("collectors: [cpu]", "collectors: found a list, expected keys with values"),
        ("processes: {top: -1}", "processes.top: found -1, expected a whole number from"),
        ("processes: {window: 15}", "processes.window: found 15, expected a duration from 2s to 10m"),
        ("processes: {group_by: user}", "processes.group_by: found 'user', expected one of comm, unit"),
        ("web_config_file: nowhere.yml", "nowhere.yml: found no usable file"),
        ("listen: [", "found broken YAML"),
        ("- a", "found a list, expected keys with values"),
    ],
)
def test_says_what_is_wrong_where_and_what_was_expected(path: Path, text: str, complaint: str):
    path.write_text(text)

    with pytest.raises(SettingsError) as caught:
        read_config(path)

    assert str(path.parent) in str(caught.value)
    assert complaint in str(caught.value)


def test_tells_all_mistakes_at_once(path: Path):
    path.write_text("listen: here\ncolectors: {}\nprocesses: {top: x, groups: 0}\n")

    with pytest.raises(SettingsError) as caught:
        read_config(path)

    assert [mistake.key for mistake in caught.value.mistakes] == [
        "listen",
        "colectors",
        "processes.top",
        "processes.groups",
    ]
