import json
import math
import re

from hypothesis import given
from hypothesis import strategies as st

from alertbridge.prometheus.answers import (
    NotKnown,
    Sample,
    Series,
    Target,
    matcher,
    quoted,
    read_series,
    read_targets,
)


def test_a_matcher_takes_each_of_its_values():
    assert matcher("instance", ["b:1", "a.b:1", "b:1"]) == r'instance=~"a\\.b:1|b:1"'


@given(st.lists(st.text(), min_size=1), st.text())
def test_a_matcher_takes_exactly_its_values(values, other):
    literal = matcher("job", values).removeprefix("job=~")

    pattern = json.loads(literal)
    assert all(re.fullmatch(pattern, value) for value in values)
    assert bool(re.fullmatch(pattern, other)) == (other in values)


@given(st.text())
def test_a_string_literal_is_one_line_and_ends_where_it_should(text):
    literal = quoted(text)

    assert "\n" not in literal
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', literal, re.DOTALL)


def test_reads_a_matrix():
    body = b'{"status":"success","data":{"result":[{"metric":{"a":"b"},"values":[[1.5,"1"],[2,"+Inf"]]}]}}'

    assert read_series(body) == (
        Series(labels={"a": "b"}, samples=(Sample(1.5, 1.0), Sample(2.0, math.inf))),
    )


def test_reads_a_vector():
    body = b'{"status":"success","data":{"result":[{"metric":{},"value":[1.5,"0.5"]}]}}'

    assert read_series(body) == (Series(labels={}, samples=(Sample(1.5, 0.5),)),)


def test_reads_targets():
    body = b'{"data":{"activeTargets":[{"labels":{"job":"a"},"lastError":"refused","health":"down"}]}}'

    assert read_targets(body) == (Target(labels={"job": "a"}, last_error="refused"),)


@given(
    st.binary()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_garbage_is_said_to_be_garbage(body):
    assert isinstance(read_series(body), NotKnown)
    assert isinstance(read_targets(body), NotKnown)
