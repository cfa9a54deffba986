"""Every key of both settings files is documented, and every documented key is there."""

import re

import pytest

from tests.docs.pages import documented
from tests.docs.programs import PROGRAMS, Documented, settings_keys


def pattern_of(written: str) -> re.Pattern[str]:
    """Return what finds the key that is *written*, and the keys in it; a part in capitals stands for any."""
    any_name = re.sub(r"\b[A-Z]+\b", "[A-Za-z_]+", re.escape(written))
    return re.compile(rf"{any_name}(?=$|[.\[])")


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_every_setting_is_documented(program: Documented):
    written = [pattern_of(one) for one in documented("key", program.pages)]

    left_out = [
        key for key in settings_keys(program.settings) if not any(one.fullmatch(key) for one in written)
    ]

    assert left_out == [], f"document them in a table headed `key` in one of {program.page_names}"


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_every_documented_setting_is_there(program: Documented):
    keys = list(settings_keys(program.settings))

    assert [
        one for one in documented("key", program.pages) if not any(map(pattern_of(one).match, keys))
    ] == []
