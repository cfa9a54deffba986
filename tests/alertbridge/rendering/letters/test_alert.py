"""What stands in every mail about alerts, whatever they are about."""

from alertbridge.mail.facts import Kind
from alertbridge.rendering.renderer import Renderer
from tests.alertbridge.rendering.reading import read
from tests.builders import alert_facts, host_facts

RENDERER = Renderer()


def test_shows_remarks_below_the_state_each_as_a_line():
    remarks = ("The labels of this alert keep changing (value).", "No user's filters match.")

    rendered = RENDERER.render(alert_facts(Kind.WARN, hosts=(host_facts(),), remarks=remarks))

    head = rendered.text.partition("\n\n")[0]
    assert head.endswith("The labels of this alert keep changing (value).\nNo user's filters match.")
    assert {*remarks} <= {*read(rendered.html).words}


def test_shows_five_remarks_at_most():
    remarks = tuple(f"Remark {number}." for number in range(9))

    text = RENDERER.render(alert_facts(remarks=remarks)).text

    assert text.count("Remark ") == 5
