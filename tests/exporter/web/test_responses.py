import json

import msgspec
import pytest

from exporter.web.responses import json_of


class Value(msgspec.Struct):
    text: str


@pytest.mark.attack(46)
@pytest.mark.parametrize("text", ["plain", "\0\x1b\u2028", "naïve 🙂", 'quote " \\', "\udcff"])
def test_tells_any_text_as_it_is(text: str):
    answer = json_of(Value(text))

    assert (answer.mimetype, answer.data[-1:]) == ("application/json", b"\n")
    assert json.loads(answer.data) == {"text": text}
