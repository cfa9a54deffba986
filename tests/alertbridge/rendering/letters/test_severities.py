"""What a mail says of severities that marax does not know."""

import pytest

from alertbridge.mail.facts import Kind
from alertbridge.rendering.renderer import Renderer
from tests.builders import alert_facts, host_facts

RENDERER = Renderer()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(
            ["funky"], 'The severity "funky" is unknown to marax and counts as a warning.', id="one"
        ),
        pytest.param(
            ["funky", "", "odd", "odd"],
            'The severities "funky", "odd" are unknown to marax and count as warnings.',
            id="several",
        ),
    ],
)
def test_an_unknown_severity_is_said_to_count_as_a_warning(words, said):
    hosts = tuple(
        host_facts(f"web-{number}", means_down=False, severity="warning", unknown_severity=word)
        for number, word in enumerate(words)
    )

    text = RENDERER.render(alert_facts(Kind.WARN, hosts=hosts)).text

    assert said in " ".join(text.split())


def test_a_known_severity_is_not_remarked_on():
    assert "unknown" not in RENDERER.render(alert_facts(Kind.DOWN)).text
