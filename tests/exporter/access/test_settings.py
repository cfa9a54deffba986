from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.access.roles import Role
from exporter.access.settings import PasswordHash, TokenSettings
from exporter.config import ExporterSettings, read_config
from marax.settings.durations import Seconds
from marax.settings.mistakes import SettingsError
from tests.fakes.passwords import fake_hash_of

SALT, DIGEST = "c2FsdHNhbHRzYWx0c2FsdA", "ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGk"
GOOD = f"$argon2id$v=19$m=19456,t=2,p=1${SALT}${DIGEST}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exporter.yml"


def settings(path: Path, text: str) -> ExporterSettings:
    path.write_text(text)
    return read_config(path)


def mistakes(path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(path, text)
    return str(caught.value)


def test_reads_users(path: Path):
    (user,) = settings(path, f'users: [{{name: ann, role: operator, password_hash: "{GOOD}"}}]').users

    assert (user.name, user.role, user.password_hash.reveal()) == ("ann", Role.OPERATOR, GOOD)
    assert GOOD not in repr(user)


def test_there_are_no_users_unless_the_settings_name_them(path: Path):
    assert settings(path, "").users == ()


def test_roles_stand_in_order():
    assert Role.VIEWER < Role.OPERATOR < Role.ADMIN
    assert max(Role) is Role.ADMIN
    assert str(Role.VIEWER) == "viewer"


def test_reads_how_long_tokens_last(path: Path):
    tokens = settings(path, "tokens: {lifetime: 1m, max_session: 1h, in_query: false}").tokens

    assert (tokens.lifetime_seconds, tokens.max_session_seconds) == (Seconds(60), Seconds(3600))
    assert not tokens.in_query


def test_takes_the_usual_times_without_settings():
    assert TokenSettings().lifetime_seconds == Seconds(300)
    assert TokenSettings().max_session_seconds == Seconds(8 * 3600)


def test_finds_files_beside_the_settings(path: Path):
    found = settings(path, "state_dir: state\ntokens: {key_file: token.key}")

    assert found.state_dir == path.parent / "state"
    assert found.tokens.key_file == path.parent / "token.key"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "users: [{name: ann, role: root}]",
            "users[0].role: found 'root', expected one of viewer, operator, admin",
        ),
        ("users: [{name: ann}]", "users[0].password_hash: found nothing, expected "),
        ("users: [{name: 'a b'}]", "users[0].name: found 'a b', expected a name of letters, digits and ._@-"),
        ("users: [{name: ''}]", "users[0].name: found '', expected a name"),
        (f"users: [{{name: {'a' * 65}}}]", "expected a name of letters, digits and ._@-, at most 64"),
        ('users: [{name: "a\\nb"}]', "expected a name"),
        ("users: [{name: a, pasword_hash: x}]", "found an unknown key, expected 'password_hash', perhaps"),
        ("users: [{name: a, role: admin}, {name: a, role: admin}]", "users[1].name: found 'a' again"),
        ("users: ann", "users: found 'ann', expected a list"),
        ("tokens: {lifetime: 1s}", "tokens.lifetime: found '1s', expected a duration from 10s to 1h"),
        ("tokens: {max_session: 1y}", "tokens.max_session: found '1y', expected a duration from 1m to 30d"),
        ("tokens: {in_query: maybe}", "tokens.in_query: found 'maybe', expected true or false"),
    ],
)
def test_says_what_is_wrong(path: Path, text: str, complaint: str):
    assert complaint in mistakes(path, text)


@pytest.mark.parametrize(
    "written",
    [
        "hunter2",
        "12345",
        "[hunter2]",
        "{hunter2: x}",
        "!hunter2",
        "!!int hunter2",
        "!!timestamp hunter2",
        f"!{GOOD.replace(',', ';')}",
        f"!x '{GOOD}'",
        f"!!python/name:{'os.system'} '{GOOD}'",
        f"!!binary '{GOOD}'",
        f"[{GOOD}]",
        f"|\n    {GOOD}\n",
        *(
            f'"{text}"'
            for text in (
                "",
                GOOD.replace("argon2id", "argon2i"),
                GOOD.replace("v=19", "v=16"),
                GOOD[:-1],
                GOOD + "=",
                GOOD.replace(SALT, SALT + "AAA"),
                f"{GOOD}\\n",
                "$2y$12$abcdefghijklmnopqrstuuKoKoKoKoKoKoKoKoKoKoKoKoKoKoK",
            )
        ),
    ],
)
def test_never_shows_what_stands_where_a_password_hash_should(path: Path, written: str):
    said = mistakes(path, f"users:\n- name: ann\n  role: viewer\n  password_hash: {written}")

    expected = "an argon2id hash, as `marax-exporter hash-password` prints it"
    assert said == (
        f"{path}:4: users[0].password_hash: found something that is not shown, expected {expected}"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"users: {GOOD}",
        f"users: [{GOOD}]",
        f"users: [{{name: ann, role: viewer, password_hash: {GOOD}}}]",
        f"users: [{{name: '{GOOD}', role: viewer, password_hash: x}}]",
        f"users: [{{'{GOOD}', role: viewer}}]",
        f"users: [{{'{GOOD}': 1, '{GOOD}': 2}}]",
        f"users: [{{? ['{GOOD}'] : 1}}]",
        f"users: [{{name: '{GOOD}'}}, {{name: '{GOOD}'}}]",
        f"listen: {GOOD}",
        f"'{GOOD}': x",
        f"users: [{{password_hash: *{DIGEST}}}]",
        f"users: [{{password_hash: !{DIGEST}!x}}]",
        f"users: [{{password_hash: &{DIGEST} a, name: &{DIGEST} b}}]",
        f'users: [{{password_hash: "{GOOD}\\q"}}]',
        f"commands: [{{name: x, argv: ['{GOOD}']}}]",
        f"commands: [{{name: x, argv: [/bin/ls], parameters: {{'{GOOD}': {{choice: [a]}}}}}}]",
        f"{GOOD}: {{",
        f"users: {GOOD}: {GOOD}",
    ],
)
def test_shows_a_password_hash_nowhere_else_either(path: Path, text: str):
    said = mistakes(path, text)

    assert SALT not in said
    assert DIGEST not in said


def read_or_mistakes(path: Path, text: str) -> str:
    try:
        return repr(settings(path, text))
    except SettingsError as error:
        return str(error)


@given(st.text("$[]{}!&*:,'\"#-? \n\\|>", max_size=6), st.text("$[]{}!&*:,'\"#-? \n\\|>", max_size=6))
def test_shows_no_password_hash_whatever_stands_around_it(tmp_path_factory, before: str, after: str):
    path = tmp_path_factory.mktemp("any") / "exporter.yml"
    for text in (f"users: [{{name: ann, password_hash: {before}{GOOD}{after}}}]", f"{before}{GOOD}{after}"):
        assert DIGEST not in read_or_mistakes(path, text)


@pytest.mark.parametrize(
    "text", ["m=19456,t=2,p=1", "m=47104,t=1,p=1", "m=7168,t=5,p=1", "m=65536,t=3,p=4", "m=262144,t=4,p=8"]
)
def test_takes_hashes_that_are_strong_enough(text: str):
    written = fake_hash_of(b"x", parameters=text).reveal()

    assert PasswordHash.from_setting(written).reveal() == written


@pytest.mark.parametrize(
    "text",
    [
        "m=8,t=1,p=1",
        "m=19456,t=1,p=1",
        "m=4096,t=10,p=1",
        "m=4194304,t=1,p=1",
        "m=262144,t=5,p=1",
        "m=19456,t=2,p=0",
    ],
)
def test_refuses_hashes_that_are_weak_or_unbearable(text: str):
    with pytest.raises(ValueError, match="an argon2id hash of about m=19456,t=2,p=1"):
        PasswordHash.from_setting(fake_hash_of(b"x", parameters=text).reveal())
