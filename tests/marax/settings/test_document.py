"""The lines of a settings file."""

import pytest

from marax.settings.document import Lines

TEXT = """\
one: 1
several:
  - name: a
    size: 2
  - {name: b}
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("one", 1),
        ("several", 3),
        ("several[0].size", 4),
        ("several[1].name", 5),
        ("several[1].size", 5),
        ("several[7]", 3),
        ("nowhere", 0),
        ("", 0),
    ],
)
def test_knows_the_line_of_a_key_or_of_what_it_is_missing_in(tmp_path, key, line):
    (tmp_path / "settings.yml").write_text(TEXT)

    assert Lines(tmp_path / "settings.yml").of(key) == line


def test_knows_no_line_of_a_file_that_is_gone(tmp_path):
    assert Lines(tmp_path / "settings.yml").of("one") == 0
