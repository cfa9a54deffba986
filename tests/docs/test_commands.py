"""Every command, option and exit code is documented, and every command line in the pages can be typed."""

import re

import click
import pytest

from tests.docs.pages import ROOT, all_pages, code_in, documented
from tests.docs.programs import (
    EVERYWHERE,
    PROGRAMS,
    Documented,
    commands,
    invocations,
    own_options,
    parse,
)

STEP = re.compile(r"^ {5}(\S.*)$", re.MULTILINE)
EXPLANATION = re.compile(r" {2,}.*")
PLACEHOLDER = re.compile(r"\b[A-Z]{1,10}\b")


def described(program: Documented) -> dict[str, str]:
    """Return what the tables say of each command, by its name."""
    rows = [row for page in program.pages for row in page.rows("command")]
    names = [name for name, _ in walked(program)]
    said = {}
    for row in rows:
        (line, *_) = code_in(row[0])
        fitting = [name for name in names if f"{line} ".startswith(f"{name} ")]
        said[max(fitting, key=len, default=line)] = " | ".join(row)
    return said


def walked(program: Documented) -> list[tuple[str, click.Command]]:
    return list(commands(program.command_line, program.name))


def texts() -> dict[str, list[str]]:
    """Return what may be typed into a shell, by who says so: a page, a file of deploy/, a mail, `--help`."""
    found = {page.name: [*page.blocks("sh", "console"), *page.code()] for page in all_pages()}
    for program in PROGRAMS:
        found[f"{program.name} --help"] = [
            EXPLANATION.sub("", getattr(command, "examples", ""))
            for command in (program.command_line, *(command for _, command in walked(program)))
        ]
    for path in (ROOT / "tests/data/mails").glob("*.txt"):
        found[path.name] = STEP.findall(path.read_text())
    for path in [*(ROOT / "deploy").rglob("*.yml"), *(ROOT / "deploy").rglob("*.service")]:
        found[str(path.relative_to(ROOT))] = code_in(path.read_text())
    return found


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_every_command_is_documented_and_every_documented_one_is_there(program: Documented):
    assert sorted(described(program)) == sorted(name for name, _ in walked(program))


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_every_option_is_documented_with_its_command(program: Documented):
    said = described(program)

    left_out = {
        name: sorted(option for option in own_options(command) if option not in said[name])
        for name, command in walked(program)
    }

    assert {name: options for name, options in left_out.items() if options} == {}


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_the_options_of_the_whole_program_are_documented(program: Documented):
    said = " ".join(code for page in program.pages for code in page.code())

    assert [one for one in (*own_options(program.command_line), *EVERYWHERE) if one not in said] == []


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_every_exit_code_is_documented(program: Documented):
    codes = {row[0] for page in program.pages for row in page.rows("exit code")}

    assert codes == program.exit_codes()


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_the_help_of_every_command_begins_with_an_example_of_it(program: Documented):
    helps = {name: command.get_help(click.Context(command)) for name, command in walked(program)}

    assert [name for name, text in helps.items() if not text.startswith(f"Examples:\n  {name}")] == []


@pytest.mark.parametrize("where", sorted(texts()))
def test_every_command_line_can_be_typed(where: str):
    wrong = []
    for text in texts()[where]:
        for program, arguments in invocations(text):
            typed = [PLACEHOLDER.sub("1", argument) for argument in arguments]
            try:
                parse(program.command_line, typed)
            except click.UsageError as error:
                wrong.append(f"{program.name} {' '.join(arguments)}: {error.format_message()}")
            except click.exceptions.Exit:
                pass  # --help and --version end right away

    assert wrong == []


def test_there_is_something_to_type():
    lines = [line for text in texts()["docs/alertbridge.md"] for line in invocations(text)]

    assert len(lines) > len(documented("command", all_pages()))
