import pytest

from exporter.access.roles import Role
from exporter.commands.catalogue import Catalogue, Job, Reason, Refused
from exporter.commands.parameters import Bounds, Choices, Parameter, Pattern
from exporter.commands.settings import Command, Element


def command(name: str, *argv: str, role: str = "operator", **parameters: Parameter) -> Command:
    return Command(
        name=name,
        argv=tuple(map(Element, argv)),
        role=role,  # type: ignore[arg-type] # as the settings have checked
        parameters=parameters,
    )


UNIT = Parameter(choice=Choices(("nginx.service", "-v")))
COUNT = Parameter(integer=Bounds((-5, 5)))
WORD = Parameter(pattern=Pattern("[a-z@/-]+"), max_length=20)

CATALOGUE = Catalogue(
    [
        command("restart", "/bin/systemctl", "restart", "--", "{unit}", unit=UNIT),
        command("look", "/bin/ls", "{word}", "--size={count}", "{count}", word=WORD, count=COUNT),
        command("list", "/bin/ls", "--color={word}", "--", "{word}", word=WORD),
        command("reboot", "/sbin/reboot", role="admin"),
    ]
)


def resolve(name: str, role: Role = Role.OPERATOR, /, **arguments: object) -> Job | Refused:
    return CATALOGUE.resolve(name, arguments, role)


def argv(outcome: Job | Refused) -> tuple[str, ...]:
    assert isinstance(outcome, Job)
    return outcome.argv


def test_fills_each_place_with_the_whole_argument():
    assert argv(resolve("restart", unit="nginx.service")) == (
        "/bin/systemctl",
        "restart",
        "--",
        "nginx.service",
    )
    assert argv(resolve("look", word="a", count=-5)) == ("/bin/ls", "a", "--size=-5", "-5")


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.VIEWER, []),
        (Role.OPERATOR, ["restart", "look", "list"]),
        (Role.ADMIN, ["restart", "look", "list", "reboot"]),
    ],
)
def test_shows_each_role_what_it_may_run(role: Role, names: list[str]):
    open_to = [command.name for command in CATALOGUE.open_to(role)]

    assert [name for name in open_to if role >= Role.OPERATOR] == names


def test_a_viewer_runs_nothing():
    for name in ("restart", "reboot", "no-such"):
        outcome = resolve(name, Role.VIEWER, unit="nginx.service")

        assert isinstance(outcome, Refused)
        assert outcome.reason is Reason.FORBIDDEN


def test_what_is_hidden_is_refused_like_what_is_not_there():
    assert resolve("reboot") == resolve("no-such") == Refused(reason=Reason.UNKNOWN)
    assert argv(resolve("reboot", Role.ADMIN)) == ("/sbin/reboot",)


@pytest.mark.parametrize(
    "name", ["../restart", "%2e%2e", "a/b", "Restart", "restart ", "x" * 65, "\0", "", "\ud800"]
)
def test_knows_commands_by_their_exact_names(name: str):
    assert resolve(name) == Refused(reason=Reason.UNKNOWN)


@pytest.mark.parametrize("word", ["-rf", "--help", "-", "-o/etc/x", "--"])
def test_a_free_text_is_no_option(word: str):
    outcome = resolve("look", word=word, count=1)

    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.ARGUMENTS
    assert outcome.detail == (
        "/arguments/word: expected text of at most 20 characters that matches [a-z@/-]+ as a whole, "
        "and does not begin with '-'"
    )


def test_may_begin_like_an_option_where_none_is_expected():
    assert argv(resolve("list", word="-rf")) == ("/bin/ls", "--color=-rf", "--", "-rf")
    assert argv(resolve("restart", unit="-v"))[-1] == "-v"


@pytest.mark.parametrize(
    ("arguments", "detail"),
    [
        ({}, "/arguments/unit: expected one of nginx.service, -v"),
        ({"unit": None}, "/arguments/unit: expected one of nginx.service, -v"),
        ({"unit": "secret"}, "/arguments/unit: expected one of nginx.service, -v"),
        ({"unit": "-v", "secret": 1}, "/arguments: expected no other members than unit"),
        (
            {"secret": 1},
            "/arguments/unit: expected one of nginx.service, -v; "
            "/arguments: expected no other members than unit",
        ),
    ],
)
def test_says_what_is_wrong_without_repeating_it(arguments: dict[str, object], detail: str):
    assert CATALOGUE.resolve("restart", arguments, Role.OPERATOR) == Refused(
        reason=Reason.ARGUMENTS, detail=detail
    )


def test_the_shell_is_for_admins_and_off_by_default():
    on = Catalogue((), has_shell=True)

    assert argv(on.resolve_shell("id | wc", Role.ADMIN)) == ("/bin/sh", "-c", "id | wc")
    for catalogue, role in ((on, Role.OPERATOR), (CATALOGUE, Role.ADMIN)):
        refused = catalogue.resolve_shell("id", role)
        assert isinstance(refused, Refused)
        assert refused.reason is Reason.FORBIDDEN


@pytest.mark.parametrize("script", ["", " \n", "a\0b", "\ud800", "x" * 16385])
def test_a_script_is_text(script: str):
    refused = Catalogue((), has_shell=True).resolve_shell(script, Role.ADMIN)

    assert isinstance(refused, Refused)
    assert refused.reason is Reason.ARGUMENTS
