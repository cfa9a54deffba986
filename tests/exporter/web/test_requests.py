import gzip

import msgspec
import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from exporter.web.requests import read_body, read_optional_body
from exporter.web.responses import ProblemError


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""
    count: int = 0


def request(body: bytes, content_type: str = "application/json", **headers: str) -> Request:
    builder = EnvironBuilder(
        method="POST", data=body, content_type=content_type, headers=list(headers.items())
    )
    return Request(builder.get_environ())


def problem(body: bytes, content_type: str = "application/json", **headers: str) -> tuple[int, str]:
    with pytest.raises(ProblemError) as caught:
        read_body(request(body, content_type, **headers), Shape)
    return caught.value.problem.status, caught.value.problem.detail


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
def test_reads_json(content_type: str):
    assert read_body(request(b'{"name": "n\\u00e4", "count": 2}', content_type), Shape) == Shape("nä", 2)


def test_an_optional_body_may_be_missing():
    assert read_optional_body(request(b"", ""), Shape) == Shape()
    assert read_optional_body(request(b'{"count": 1}'), Shape) == Shape(count=1)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "The body is not valid JSON in UTF-8"),
        (b"{", "The body is not valid JSON in UTF-8"),
        (b"name=x", "The body is not valid JSON in UTF-8"),
        (b'{"name": "x"} {}', "The body is not valid JSON in UTF-8"),
        (b"\xef\xbb\xbf{}", "The body is not valid JSON in UTF-8"),
        ('{"name": "x"}'.encode("utf-16"), "The body is not valid JSON in UTF-8"),
        (b'{"name": "\xff"}', "The body is not valid JSON in UTF-8"),
        (b"[" * 60_000, "The body is not valid JSON in UTF-8"),
        (b'{"count": ' + b"1" * 60_000 + b"}", "The body is not valid JSON in UTF-8"),
        (b"[]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b'"name"', "Expected `object`, got `str`"),
        (b'{"nmae": "x"}', "Object contains unknown field `nmae`"),
        (b'{"name": "x", "name": "y"}', "Object contains the field `name` more than once"),
        (b'{"name": {"a": 1, "a": 2}}', "Object contains the field `a` more than once"),
        (b'{"name": ["x"]}', "Expected `str`, got `array` - at `$.name`"),
        (b'{"name": null}', "Expected `str`, got `null` - at `$.name`"),
        (b'{"name": {}}', "Expected `str`, got `object` - at `$.name`"),
        (b'{"count": "1"}', "Expected `int`, got `str` - at `$.count`"),
        (b'{"count": true}', "Expected `int`, got `bool` - at `$.count`"),
        (b'{"count": 1.5}', "Expected `int`, got `float` - at `$.count`"),
        (b'{"count": NaN}', "NaN is not JSON"),
        (b'{"count": -Infinity}', "-Infinity is not JSON"),
    ],
)
def test_names_what_is_wrong(body: bytes, detail: str):
    assert problem(body) == (400, detail)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"],
)
def test_takes_nothing_but_json(content_type: str):
    assert problem(b"{}", content_type)[0] == 415


def test_takes_nothing_compressed():
    assert problem(gzip.compress(b"{}"), **{"Content-Encoding": "gzip"})[0] == 415


def test_names_an_unknown_field_shortly():
    status, detail = problem(b'{"' + b"x" * 60_000 + b'": 1}')

    assert status == 400
    assert detail.startswith("Object contains unknown field `xxx")
    assert len(detail) <= 200


@given(st.binary(max_size=200))
def test_takes_or_refuses_any_bytes(body: bytes):
    try:
        read_body(request(body), Shape)
    except ProblemError as error:
        status = int(error.problem.status)
    else:
        status = 200
    assert status in (200, 400)
