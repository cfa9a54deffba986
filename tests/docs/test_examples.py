"""Every example of a settings file can be used."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from alertbridge.config.settings import BridgeSettings
from alertbridge.config.settings import read_config as read_bridge_config
from exporter.config import read_config as read_exporter_config
from marax.serving.web_config import read_web_config
from tests.docs.pages import ROOT, all_pages
from tests.docs.programs import settings_keys
from tests.marax.serving.certificates import make_certificates

EXAMPLE = ROOT / "deploy" / "alertbridge.yml"
BLOCKS = [(page.name, text) for page in all_pages() for text in page.blocks("yaml", "yml")]
READERS = {
    "alertbridge.yml": read_bridge_config,
    "exporter.yml": read_exporter_config,
    "web.yml": read_web_config,
    "prometheus.yml": lambda path: yaml.safe_load(path.read_text()),
    "alertmanager.yml": lambda path: yaml.safe_load(path.read_text()),
}
WITHOUT_WHICH_NOTHING = {
    "alertbridge.yml": "webhook: {token_file: webhook.token}\nusers: []\n",
}


def beside(folder: Path, text: str) -> None:
    """Write the certificates and the web config that *text* names into *folder*."""
    made = make_certificates(folder)
    for key, file in re.findall(r"(cert_file|key_file|client_ca_file): *([\w./-]+)", text):
        original = {"cert_file": "cert.pem", "key_file": "key.pem", "client_ca_file": "ca.pem"}[key]
        (folder / Path(file).name).write_bytes((made.folder / original).read_bytes())
        (folder / Path(file).name).chmod(0o600)
    (folder / "web.yml").touch()


def completed(name: str, text: str) -> str:
    """Return *text*, which may show a part of the file only, with the keys that the whole must have."""
    present = yaml.safe_load(text) or {}
    needed = yaml.safe_load(WITHOUT_WHICH_NOTHING.get(name, "")) or {}
    missing = {key: value for key, value in needed.items() if key not in present}
    return text + ("\n" + yaml.safe_dump(missing) if missing else "")


@pytest.mark.parametrize(("page", "text"), BLOCKS, ids=[page for page, _ in BLOCKS])
def test_every_example_can_be_used(tmp_path: Path, page: str, text: str):
    name = Path(text.partition("\n")[0].removeprefix("#").strip().partition(":")[0]).name
    assert name in READERS, f"{page}: name the file in the example's first line, as `# exporter.yml`"
    beside(tmp_path, text)
    path = tmp_path / name
    path.write_text(completed(name, text))

    READERS[name](path)


def test_the_annotated_settings_of_the_bridge_can_be_used():
    settings = read_bridge_config(EXAMPLE)

    assert [host.name for host in settings.hosts] == ["web-1", "db-1"]
    assert [(user.name, user.is_admin) for user in settings.users] == [("ann", False), ("ops", True)]


def test_the_annotated_settings_of_the_bridge_name_every_key():
    text = EXAMPLE.read_text()

    missing = [key for key in settings_keys(BridgeSettings) if f"{key.rpartition('.')[2]}:" not in text]

    assert missing == []


def test_the_annotated_settings_of_the_bridge_spell_out_the_defaults():
    settings = read_bridge_config(EXAMPLE)
    chosen = {"webhook", "mailgun", "prometheus", "hosts", "users"}

    defaults = BridgeSettings(webhook=settings.webhook, users=())

    for field in msgspec.structs.fields(BridgeSettings):
        if field.name not in chosen:
            assert getattr(settings, field.name) == getattr(defaults, field.name), field.name
