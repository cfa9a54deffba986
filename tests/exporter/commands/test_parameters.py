import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.commands.parameters import Bounds, Choices, Parameter, Pattern

UNITS = Parameter(choice=Choices(("nginx.service", "-.mount")))
COUNT = Parameter(integer=Bounds((1, 100)))
WORD = Parameter(pattern=Pattern("[a-z]+"), max_length=8)
LINE = Parameter(pattern=Pattern(".*"))
NUMBER = Parameter(pattern=Pattern(r"\d+\w*"))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("parameter", "argument", "text"),
    [
        (UNITS, "nginx.service", "nginx.service"),
        (UNITS, "-.mount", "-.mount"),
        (COUNT, 1, "1"),
        (COUNT, 100, "100"),
        (WORD, "abcdefgh", "abcdefgh"),
        (LINE, "", ""),
        (LINE, "; id $(id) `id` | > * ~ ${IFS} && 'x' \"y\"", "; id $(id) `id` | > * ~ ${IFS} && 'x' \"y\""),
        (LINE, "naïve 漢字 🙂", "naïve 漢字 🙂"),
        (NUMBER, "42x", "42x"),
    ],
)
def test_passes_on_what_fits_unchanged(parameter: Parameter, argument: object, text: str):
    assert parameter.text_of(argument) == text


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        *(
            (COUNT, text)
            for text in ('"1"', "1e1", "1.0", "true", "0", "101", "-1", "9223372036854775808", "1e400")
        ),
        *((UNITS, text) for text in ('"Nginx.service"', '"nginx.service "', '["nginx.service"]', "0", '""')),
        *(
            (WORD, text)
            for text in ('"abcdefghi"', '"a\\n"', '"A"', '""', '"-rf"', "1", "null", "{}", '["a"]')
        ),
        *(
            (LINE, text)
            for text in ('"a\\u0000"', '"\\ud800"', '"\\u202e"', '"e\\u0301"', '"\\u001b[0m"', '"\\t"')
        ),
        (LINE, json.dumps("a" * 65)),
        (LINE, json.dumps("a" * 1_000_000)),
        (NUMBER, '"\\u0661"'),
        (NUMBER, '"1\\u00e9"'),
    ],
)
def test_takes_nothing_else(parameter: Parameter, text: str):
    assert parameter.text_of(json.loads(text)) is None


@given(JSON)
def test_takes_or_refuses_whatever_json_there_is(argument: object):
    for parameter in (UNITS, COUNT, WORD, LINE):
        text = parameter.text_of(argument)
        assert text is None or (text == str(argument) and text.isprintable())


def test_says_what_is_expected():
    assert UNITS.expected == "one of nginx.service, -.mount"
    assert COUNT.expected == "a whole number from 1 to 100"
    assert WORD.expected == "text of at most 8 characters that matches [a-z]+ as a whole"
