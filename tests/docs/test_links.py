"""What the documentation points at is there."""

import re
import subprocess

import pytest

from tests.docs.pages import DOCS, ROOT, Page, all_pages

PAGES = (*all_pages(), Page(ROOT / "CONTRIBUTING.md"), Page(ROOT / "CHANGELOG.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_leads_somewhere(page: Page):
    astray = []
    for link in page.links():
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.path.parent / file).resolve() if file else page.path
        if not target.exists() or (anchor and anchor not in Page(target).anchors()):
            astray.append(link)

    assert astray == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_script_that_is_named_can_be_run(page: Page):
    named = {word for code in page.code() for word in code.split() if word.startswith("scripts/")}

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_index_names_every_page():
    named = {link.partition("#")[0] for link in Page(DOCS / "README.md").links() if "/" not in link}

    assert named == {path.name for path in DOCS.glob("*.md")} - {"README.md"}


def test_every_page_that_a_file_names_is_there():
    named = {
        (file, page)
        for file in _tracked_text()
        for page in re.findall(r"(?<![\w/.])docs/[\w-]+\.md", (ROOT / file).read_text())
    }

    assert [f"{file} names {page}" for file, page in sorted(named) if not (ROOT / page).exists()] == []


def _tracked_text() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "*.md", "*.py", "*.yml", "scripts"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
