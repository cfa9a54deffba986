"""What the documentation points at is there."""

import re
from pathlib import Path

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
        (str(file.relative_to(ROOT)), page)
        for file in _texts()
        for page in re.findall(r"(?<![\w/.])docs/[\w-]+\.md", file.read_text())
    }

    assert [f"{file} names {page}" for file, page in sorted(named) if not (ROOT / page).exists()] == []


def _texts() -> list[Path]:
    """Return the files that may name a page, of this checkout and not of what is fetched into it."""
    folders = ("alertbridge", "bench", "deploy", "docs", "exporter", "marax", "scripts", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    scripts = [file for file in files if not file.suffix and "scripts" in file.parts]
    return [*ROOT.glob("*.md"), *scripts, *(file for file in files if file.suffix in {".md", ".py", ".yml"})]
