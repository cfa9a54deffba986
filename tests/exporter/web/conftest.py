"""Parts of an exporter, one at a time; after every test here the log is read for secrets."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exporter.access.kit import Site
from tests.exporter.commands.kit import SECRET, Host, host_in
from tests.exporter.web.problems import assert_logs_are_clean


@pytest.fixture(autouse=True)
def _clean_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert_logs_are_clean(caplog)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A host with users, and no commands."""
    site = Site(tmp_path)
    yield site
    site.auth.close()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host with commands, and a token for each role."""
    host = host_in(tmp_path)
    yield host
    host.runner.end_all()
    assert not host.audit.exists() or SECRET not in host.audit.read_text()
