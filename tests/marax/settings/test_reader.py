"""Settings files in general; what the programs make of theirs is tested with their configs."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marax.settings.durations import Seconds
from marax.settings.mistakes import SettingsError
from marax.settings.reader import read_settings, unique
from marax.settings.secret import Secret


class Key(Secret):
    @classmethod
    def from_setting(cls, value: object) -> "Key":
        if value != "0123":
            raise ValueError("a key")
        return cls(str(value))


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str
    size: Annotated[int, msgspec.Meta(ge=1, le=9, description="a whole number from 1 to 9")] = 1

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        if (self.name, self.size) == ("a", 9):
            yield "size", "9", "at most eight for a"


class Outer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    flag: bool = True
    ratio: float = 0.5
    count: int = 3
    wait_seconds: Seconds = msgspec.field(name="wait", default=Seconds(15))
    mode: Literal["fast", "slow"] = "fast"
    folder: Path | None = None
    key: Key | None = None
    inner: Inner | None = None
    named: dict[str, int] = msgspec.field(default_factory=dict)
    several: Annotated[tuple[Inner, ...], unique("name")] = ()


@pytest.fixture
def read(tmp_path):
    def read_text(text: str) -> Outer:
        path = tmp_path / "settings.yml"
        path.write_text(text)
        return read_settings(path, Outer)

    return read_text


def test_an_empty_file_gives_the_defaults(read):
    assert read("") == Outer()
    assert read("# only a comment\n") == Outer()


def test_reads_every_shape(read):
    settings = read(
        "flag: false\nratio: 1\ncount: 7\nwait: 1m\nmode: slow\nfolder: /var\n"
        "inner: {name: a, size: 2}\nnamed: {x: 1}\nseveral: [{name: a}, {name: b}]\n"
    )

    assert settings == Outer(
        flag=False,
        ratio=1.0,
        count=7,
        wait_seconds=Seconds(60),
        mode="slow",
        folder=Path("/var"),
        inner=Inner(name="a", size=2),
        named={"x": 1},
        several=(Inner(name="a"), Inner(name="b")),
    )


def test_takes_aliases_and_null_for_what_may_be_missing(read):
    settings = read("inner: &one {name: a}\nseveral: [*one]\nfolder: null\n")

    assert settings.several == (Inner(name="a"),)
    assert settings.folder is None


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("flag: 1", "1: flag: found 1, expected true or false"),
        ("flag: 'yes'", "1: flag: found 'yes', expected true or false"),
        ("count: 1.5", "1: count: found 1.5, expected a whole number"),
        ("count: true", "1: count: found true, expected a whole number"),
        ("ratio: much", "1: ratio: found 'much', expected a number"),
        ("\nwait: 15", "2: wait: found 15, expected a duration such as 500ms, 15s, 5m or 1h30m"),
        ("wait:", "1: wait: found nothing, expected a duration such as 500ms, 15s, 5m or 1h30m"),
        ("mode: Fast", "1: mode: found 'Fast', expected one of fast, slow"),
        ("folder: 7", "1: folder: found 7, expected a path"),
        ("inner: a", "1: inner: found 'a', expected keys with values"),
        ("inner: {}", "1: inner.name: found nothing, expected text"),
        ("inner: {name: 7}", "1: inner.name: found 7, expected text"),
        ("inner: {name: a, size: 10}", "1: inner.size: found 10, expected a whole number from 1 to 9"),
        ("named: {x: y}", "1: named.x: found 'y', expected a whole number"),
        ("named: [x]", "1: named: found a list, expected keys with values"),
        ("several: {}", "1: several: found keys with values, expected a list"),
        ("several: [a]", "1: several[0]: found 'a', expected keys with values"),
        (
            "several: [{name: a, zise: 1}]",
            "1: several[0].zise: found an unknown key, expected 'size', perhaps",
        ),
        ("flags: true", "1: flags: found an unknown key, expected 'flag', perhaps"),
        (
            "xyzzy: 1",
            "1: xyzzy: found an unknown key, expected one of flag, ratio, count, wait, mode, folder,",
        ),
        ("flag: true\nflag: true", "2: flag: found this key a second time, expected each key once"),
        ("mode: " + "x" * 100, "1: mode: found '" + "x" * 57 + "...', expected one of"),
        ("a: 'b", "1: found broken YAML (found unexpected end of stream), expected valid YAML"),
        ("mode: http://ann:hunter2@example.org", "1: mode: found 'http://***@example.org', expected one of"),
        ("a: !!python/object:os.system {}", "1: a: found an unknown key"),
        ("count: !!python/name:os.system x", "1: count: found x, expected a whole number"),
        ("count: !!int x", "1: count: found x, expected a whole number"),
        ("count: !!int ''", "1: count: found , expected a whole number"),
        ("flag: !!bool x", "1: flag: found x, expected true or false"),
        ("mode: !!timestamp x", "1: mode: found x, expected one of fast, slow"),
        ("mode: 2001-99-99", "1: mode: found 2001-99-99, expected one of fast, slow"),
        ("count: " + "9" * 5000, "1: count: found 99999"),
        ("key: hunter2", "1: key: found something that is not shown, expected a key"),
        ("key: [hunter2]", "1: key: found something that is not shown, expected a key"),
        ("key: !hunter2 {}", "1: key: found something that is not shown, expected a key"),
        ("key: *hunter2", "1: found broken YAML (found undefined alias), expected valid YAML"),
        ("key: !hunter2!x", "1: found broken YAML (found undefined tag handle), expected valid YAML"),
        ('mode: "\\ud800"', r"1: mode: found '\ud800', expected text of whole characters"),
        ('flag: true\nmode: "\\U00110000"', "2: found broken YAML (an escape or a number beyond all bounds)"),
        ('mode: "\\UFFFFFFFF"', "1: found broken YAML (an escape or a number beyond all bounds)"),
        ("%YAML 1." + "9" * 5000, "1: found broken YAML (an escape or a number beyond all bounds)"),
        ("flag: true\n\tcount: 1", "2: found a tab, expected spaces: YAML does not take tabs there"),
        ("inner:\n\tname: a", "2: found a tab, expected spaces: YAML does not take tabs there"),
        ("inner:\n  name: a\n  \tsize: 1", "3: found a tab, expected spaces: YAML does not take tabs there"),
        ("flag:\ttrue", "1: found a tab, expected spaces: YAML does not take tabs there"),
        ("a: \x01", " found broken YAML (special characters are not allowed), expected valid YAML"),
        ("hunter$2: 1", "1: (a key that is not shown): found an unknown key"),
        ("mode: a$2b$12$" + "x" * 53, "1: mode: found 'a$2b$12$***', expected one of"),
        ("\ninner: {name: a, size: 9}", "2: inner.size: found 9, expected at most eight for a"),
    ],
)
def test_says_where_what_was_found_and_what_was_expected(read, text, mistake):
    with pytest.raises(SettingsError) as caught:
        read(text)

    assert len(caught.value.mistakes) == 1
    assert f"settings.yml:{mistake}" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_says_which_element_repeats_another(read):
    with pytest.raises(SettingsError, match=r"3: several\[1\].name: found 'a' again \(first on line 2\)"):
        read("several:\n- {name: a}\n- {name: a}\n")


def test_says_all_mistakes_at_once(read):
    with pytest.raises(SettingsError) as caught:
        read("flag: 1\ncount: x\nseveral: [{size: 0}]\nunknown: 1\n")

    assert len(str(caught.value).splitlines()) == 5


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("several: [" + "{size: 1}, " * 50 + "]", ()),
        ("several: [" + "{size: 1}, " * 51 + "]", ("and 1 more mistake",)),
        ("several: [" + "{name: a, zise: 1}, " * 1200 + "]", ("and 2,349 more mistakes",)),
    ],
    ids=["as many as are told", "one more", "thousands"],
)
def test_tells_the_first_fifty_of_many_mistakes_and_counts_the_others(read, text, more):
    with pytest.raises(SettingsError) as caught:
        read(text)

    assert len(caught.value.mistakes) == 50
    assert caught.value.lines[50:] == more
    assert str(caught.value).splitlines() == list(caught.value.lines)


def test_refuses_a_file_that_is_too_large_instead_of_cutting_it(tmp_path):
    path = tmp_path / "settings.yml"
    path.write_text("flag: true\n" + "#" * 16 * 1024 * 1024 + "\ncount: 1\n")

    with pytest.raises(SettingsError, match=r"settings\.yml: found more than 16 MiB, expected a YAML file"):
        read_settings(path, Outer)


def test_says_where_bytes_are_not_utf_8(tmp_path):
    path = tmp_path / "settings.yml"
    path.write_bytes(b"flag: true\nmode: \xff\n")

    with pytest.raises(SettingsError, match=r"settings\.yml:2: found bytes that are not UTF-8"):
        read_settings(path, Outer)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_any_text_gives_settings_or_mistakes(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "settings.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(SettingsError):
        assert isinstance(read_settings(path, Outer), Outer)
