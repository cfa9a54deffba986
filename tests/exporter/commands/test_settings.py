from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from exporter.commands.settings import Command
from marax.settings.mistakes import SettingsError
from marax.settings.reader import read_settings, unique

WHOLE = """
commands:
  - name: restart-web
    about: Restart the web server
    argv: [/usr/bin/systemctl, restart, --, "{unit}"]
    parameters: {unit: {choice: [nginx.service, apache2.service]}}
    role: operator
    time_limit: 45s
    output_limit: 64KiB
    at_once: 2
    run_as: www-data
"""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    commands: Annotated[tuple[Command, ...], unique("name")] = ()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exporter.yml"


def read(path: Path, text: str) -> tuple[Command, ...]:
    path.write_text(text)
    return read_settings(path, Settings).commands


def entry(**changes: str) -> str:
    keys = {"name": "x", "argv": "[/bin/true]", **changes}
    return "commands: [{" + ", ".join(f"{key}: {value}" for key, value in keys.items()) + "}]"


def test_takes_up_what_the_file_says(path: Path):
    (command,) = read(path, WHOLE)

    assert (command.name, command.about, command.role) == (
        "restart-web",
        "Restart the web server",
        "operator",
    )
    assert command.argv == ("/usr/bin/systemctl", "restart", "--", "{unit}")
    assert command.parameters["unit"].choice == ("nginx.service", "apache2.service")
    assert (command.time_limit_seconds, command.output_limit_bytes) == (45, 65536)
    assert (command.at_once, command.run_as) == (2, "www-data")


def test_is_careful_by_default(path: Path):
    (command,) = read(path, entry())

    assert (command.role, command.time_limit_seconds, command.output_limit_bytes) == ("admin", 30, 262144)
    assert (command.at_once, command.run_as) == (1, None)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "Restart"}, "commands[0].name: found 'Restart', expected a name of at most 40"),
        ({"name": "../x"}, "commands[0].name: found '../x', expected a name"),
        (
            {"name": "a" * 41},
            "expected a name of at most 40 lower-case letters, digits, - and _, beginning with a letter",
        ),
        ({"argv": "/bin/true"}, "commands[0].argv: found '/bin/true', expected a list"),
        ({"argv": "[/bin/true, 5]"}, "commands[0].argv[1]: found 5, expected text; numbers in quotes"),
        ({"argv": "[/bin/true, 'a{x}']"}, "commands[0].argv[1]: found 'a{x}'"),
        ({"argv": "[/bin/true, '{x}{y}']"}, "expected a placeholder that fills the whole element, or"),
        ({"argv": '[/bin/true, "a\\0"]'}, "commands[0].argv[1]: found"),
        ({"role": "root"}, "commands[0].role: found 'root', expected one of operator, admin"),
        ({"role": "viewer"}, "commands[0].role: found 'viewer', expected one of operator, admin"),
        ({"time_limit": "2h"}, "commands[0].time_limit: found '2h', expected a duration from 100ms to 1h"),
        ({"time_limit": "30"}, "commands[0].time_limit: found 30, expected a duration from 100ms to 1h"),
        ({"output_limit": "1GiB"}, "commands[0].output_limit: found '1GiB', expected a size from 1KiB"),
        ({"output_limit": "100"}, "commands[0].output_limit: found 100, expected a size from 1KiB to 1MiB"),
        ({"output_limit": "-1KiB"}, "expected a size from 1KiB to 1MiB"),
        ({"at_once": "0"}, "commands[0].at_once: found 0, expected a whole number from 1 to 4"),
        ({"run_as": "a b"}, "commands[0].run_as: found 'a b', expected the name of a user"),
        ({"shell": "true"}, "commands[0].shell: found an unknown key"),
        ({"timelimit": "1s"}, "commands[0].timelimit: found an unknown key, expected 'time_limit', perhaps"),
        ({"parameters": "{x: {choise: [a]}}"}, "parameters.x.choise: found an unknown key"),
        ({"parameters": "{x: {choice: []}}"}, "parameters.x.choice: found a list"),
        ({"parameters": "{x: {choice: [a, a]}}"}, "parameters.x.choice: found a list"),
        ({"parameters": "{x: {choice: [80]}}"}, "expected a list of distinct texts, with numbers in quotes"),
        ({"parameters": "{x: {integer: [2, 1]}}"}, "parameters.x.integer: found a list, expected two"),
        ({"parameters": "{x: {integer: [true, 2]}}"}, "parameters.x.integer: found a list, expected two"),
        ({"parameters": "{x: {pattern: '[a'}}"}, "parameters.x.pattern: found '[a', expected a regular"),
        (
            {"parameters": "{x: {pattern: '(?P<a>.'}}"},
            "a regular expression (unexpected '?P<a>.' at character 2)",
        ),
        ({"parameters": "{x: {pattern: '(a)\\1'}}"}, "found '(a)\\\\1', expected a regular expression ("),
        ({"parameters": "{x: {pattern: a, max_length: 0}}"}, "max_length: found 0, expected a whole number"),
    ],
)  # fmt: skip
def test_says_what_is_wrong_where_and_what_was_expected(path: Path, changes: dict[str, str], complaint: str):
    with pytest.raises(SettingsError) as caught:
        read(path, entry(**changes))

    assert complaint in str(caught.value)


def test_refuses_two_commands_of_one_name(path: Path):
    text = "commands: [{name: x, argv: [/bin/true]}, {name: x, argv: [/bin/false]}]"

    with pytest.raises(SettingsError, match=r"commands\[1\].name: found 'x' again"):
        read(path, text)


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"argv": "[]"}, ("argv", "an empty list", "a program and its arguments")),
        ({"argv": "[ls]"}, ("argv[0]", "'ls'", "the absolute path of a program")),
        ({"argv": "['./ls']"}, ("argv[0]", "'./ls'", "the absolute path of a program")),
        ({"argv": "[/bin/ls, '{x}']"}, ("argv[1]", "{x}", "'x' among the parameters")),
        ({"argv": "[/bin/ls, '--a={x}']"}, ("argv[1]", "{x}", "'x' among the parameters")),
        (
            {"parameters": "{x: {choice: [a]}}"},
            ("parameters.x", "a parameter that argv does not use", "{x} in argv"),
        ),
        (
            {"parameters": "{x y: {choice: [a]}}"},
            (
                "parameters.x y",
                "this name",
                "at most 32 lower-case letters, digits and _, beginning with a letter",
            ),
        ),
        (
            {"argv": "[/bin/ls, '{x}']", "parameters": "{x: {}}"},
            ("parameters.x", "none of them", "one of choice, integer and pattern"),
        ),
        (
            {"argv": "[/bin/ls, '{x}']", "parameters": "{x: {choice: [a], integer: [1, 2]}}"},
            ("parameters.x", "choice and integer", "one of choice, integer and pattern"),
        ),
        (
            {"argv": "[/bin/ls, '{x}']", "parameters": "{x: {choice: [a], max_length: 3}}"},
            ("parameters.x.max_length", "3", "this key only with pattern"),
        ),
        (
            {"argv": "[/bin/ls, '{x}']", "parameters": "{x: {pattern: '(a?){999}', max_length: 132}}"},
            (
                "parameters.x.pattern",
                "a pattern that may take long",
                "a simpler one, or max_length: 131 or less",
            ),
        ),
    ],
)
def test_says_what_does_not_go_together(path: Path, changes: dict[str, str], mistake: tuple[str, str, str]):
    key, found, expected = mistake

    with pytest.raises(SettingsError) as caught:
        read(path, entry(**changes))

    assert str(caught.value) == f"{path}:1: commands[0].{key}: found {found}, expected {expected}"


def test_says_on_which_line_it_does_not_go_together(path: Path):
    with pytest.raises(SettingsError) as caught:
        read(
            path, WHOLE.replace("/usr/bin/systemctl", "systemctl").replace("{choice:", "{pattern: a, choice:")
        )

    assert [(mistake.line, mistake.key) for mistake in caught.value.mistakes] == [
        (6, "commands[0].parameters.unit"),
        (5, "commands[0].argv[0]"),
    ]


def test_a_program_is_never_a_parameter(path: Path):
    with pytest.raises(
        SettingsError, match=r"argv\[0\]: found '\{x\}', expected the absolute path of a program"
    ):
        read(path, entry(argv="['{x}']", parameters="{x: {choice: [/bin/ls]}}"))


@pytest.mark.parametrize("text", ["{print $1}", "a{1,2}", "{}", "{a b}", "$HOME", ""])
def test_other_braces_are_text(path: Path, text: str):
    commands = read(path, entry(argv=f"[/bin/echo, '{text}']"))

    assert commands[0].argv[1].placeholder is None
