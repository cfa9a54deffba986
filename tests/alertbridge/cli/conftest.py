"""Settings for the installed command, and a Mailgun to send through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alertbridge.installed import KEY, Served, Settings
from tests.standin.mailgun import MailgunStandIn


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


@pytest.fixture
def served(settings: Settings) -> Iterator[Served]:
    bridge = Served(settings)
    yield bridge
    bridge.kill()


@pytest.fixture
def mailgun() -> Iterator[MailgunStandIn]:
    with MailgunStandIn(api_key=KEY) as standin:
        yield standin
