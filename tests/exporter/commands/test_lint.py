from pathlib import Path

import pytest

from exporter.commands.lint import dangers_in
from exporter.commands.parameters import Bounds, Choices, Parameter, Pattern
from exporter.commands.settings import Command, Element, TimeLimit


def dangers(*argv: str, **parameters: Parameter) -> list[str]:
    """Return the dangers of a command of *argv*."""
    command = Command(
        name="x",
        argv=tuple(map(Element, argv)),
        parameters=parameters,
        time_limit=TimeLimit(1),
        run_as="root",
    )
    return list(map(str, dangers_in([command])))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir(mode=0o755)
    program = folder / "program"
    program.touch()
    program.chmod(0o755)
    return program


def test_finds_nothing_in_a_careful_entry(program: Path):
    unit, free = Parameter(choice=Choices(("-a", "b"))), Parameter(pattern=Pattern(".*"))
    below_zero = Parameter(integer=Bounds((-5, 5)))

    found = dangers(
        str(program), "{unit}", "--x={free}", "--y={number}", "--", "{free}", "{number}",
        unit=unit, free=free, number=below_zero,
    )  # fmt: skip

    assert found == []


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("missing", "does not exist"),
        ("folder", "is not an executable file"),
        ("text", "is not an executable file"),
    ],
)
def test_finds_what_cannot_be_run(program: Path, kind: str, complaint: str):
    path = {"missing": program / "x", "folder": program.parent, "text": program}[kind]
    program.chmod(0o644)
    if kind == "missing":
        path = program.with_name("missing")

    assert dangers(str(path)) == [f"commands[0].argv[0]: {path} {complaint}"]


def test_finds_scripts_that_others_may_change(program: Path):
    assert dangers("/bin/sh", str(program), "/no/such/file") == []

    program.chmod(0o777)

    assert dangers("/bin/sh", str(program)) == [
        f"commands[0].argv[1]: other users can modify {program}: if it is a script, they decide what runs"
    ]


@pytest.mark.parametrize(
    ("argv", "place", "interpreter"),
    [
        (("/bin/sh", "-c", "ls | wc"), 0, "sh"),
        (("/bin/bash", "-ec", "ls"), 0, "bash"),
        (("/bin/bash", "-e", "-c", "ls"), 0, "bash"),
        (("/usr/bin/env", "sh", "-c", "{x}"), 1, "sh"),
        (("/usr/bin/env", "python3.11", "-c", "print(1)"), 1, "python3.11"),
        (("/usr/bin/env", "perl", "-e", "print 1"), 1, "perl"),
    ],
)
def test_finds_code_given_to_an_interpreter(argv: tuple[str, ...], place: int, interpreter: str):
    parameters = {"x": Parameter(choice=Choices(("ls",)))} if "{x}" in argv else {}

    expected = f"passes code to {interpreter}: run a program that does one thing instead"
    assert dangers(*argv, **parameters) == [f"commands[0].argv[{place}]: {expected}"]


@pytest.mark.parametrize(
    "argv", [("/bin/sh", "/opt/x.sh", "-c"), ("/bin/bash", "-e", "/opt/x.sh"), ("/bin/ls", "-c")]
)
def test_leaves_other_options_alone(argv: tuple[str, ...]):
    assert dangers(*argv) == []


@pytest.mark.parametrize(
    "pattern", [".*", ".+", "[^/]+", r"\S+", r"[\w.-]+", "-?[a-z]+", "--[a-z]{3}", "[-a]{12}"]
)
def test_finds_texts_that_may_begin_like_an_option(pattern: str):
    free = Parameter(pattern=Pattern(pattern))

    assert dangers("/bin/ls", "{x}", "--", x=free) == [
        "commands[0].parameters.x: may match a value that begins with '-', which is refused: "
        "put `--` before it in argv, or write `--option={x}`"
    ]
    assert dangers("/bin/ls", "--", "{x}", x=free) == []


@pytest.mark.parametrize("pattern", [r"\w+", "[a-z][a-z-]*", "/srv/.*"])
def test_leaves_alone_those_that_may_not(pattern: str):
    assert dangers("/bin/ls", "{x}", x=Parameter(pattern=Pattern(pattern))) == []


def test_finds_numbers_that_may_be_taken_for_options():
    (found,) = dangers("/bin/ls", "{x}", x=Parameter(integer=Bounds((-1, 5))))

    assert "may be negative and be taken for an option" in found


def test_finds_a_missing_time_limit_and_a_missing_user():
    command = Command(name="x", argv=(Element("/bin/ls"),), run_as="no_such_user")

    assert list(map(str, dangers_in([command]))) == [
        "commands[0]: has no time_limit, so the default of 30s applies: set one",
        "commands[0].run_as: there is no such user on this host, so the command cannot be run",
    ]
