"""docs/deploy.md and docs/runbook.md, held against the files that they speak of."""

import re

import pytest

from tests.deploy import shipped

DEPLOY_PAGE = (shipped.ROOT / "docs/deploy.md").read_text()
RUNBOOK = (shipped.ROOT / "docs/runbook.md").read_text()


def test_the_runbook_has_one_section_for_each_alert():
    titles = re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)

    assert sorted(titles) == sorted(shipped.rules())


@pytest.mark.parametrize("path", sorted(set(re.findall(r"(?<![\w/])deploy/[\w./*-]*\w", DEPLOY_PAGE))))
def test_what_the_page_installs_is_there(path):
    assert [*shipped.ROOT.glob(path)]


@pytest.mark.parametrize("unit", sorted((shipped.DEPLOY / "systemd").iterdir()), ids=lambda unit: unit.name)
def test_the_page_installs_each_unit(unit):
    assert f"install -D -m 0644 deploy/systemd/{unit.name} /etc/" in DEPLOY_PAGE


def test_rules_lead_to_the_runbook_where_the_page_puts_it():
    folder = "/usr/share/doc/marax"
    urls = {rule["annotations"]["runbook_url"] for rule in shipped.rules().values()}

    assert f"-t {folder} docs/*.md" in DEPLOY_PAGE
    assert {url.partition("#")[0] for url in urls} == {f"file://{folder}/runbook.md"}
