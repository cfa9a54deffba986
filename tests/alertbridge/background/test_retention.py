import pytest

from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.outbox import open_outbox
from alertbridge.outbox.retention import KEPT_SECONDS, delete_expired
from tests.alertbridge.alert_builders import T0, a_routing, an_alert

ROUTING = a_routing()
LATER = T0 + KEPT_SECONDS + 3600


@pytest.fixture
def outbox(tmp_path):
    made = open_outbox(f"sqlite:///{tmp_path}/bridge.db", transport="mailgun")
    yield made
    made.close()


def tell(outbox, *alerts, now):
    """Take *alerts* in and send what they cause; return the incidents that were told."""
    outbox.intake.take(alerts, ROUTING, now)
    told = set()
    while claim := outbox.notices.claim(ROUTING, now):
        outbox.notices.accept(claim, "id", now, last_answered={})
        told.add(claim.incident_id)
    return told


def test_forgets_what_is_long_over_and_keeps_the_rest(outbox):
    (over,) = tell(outbox, an_alert("web-1"), now=T0)
    tell(outbox, an_alert("web-1", ends=T0 + 60), now=T0 + 60)
    (still_open,) = tell(outbox, an_alert("web-2"), now=T0)
    (recent,) = tell(outbox, an_alert("web-3", starts=LATER - 900), now=LATER - 900)
    tell(outbox, an_alert("web-3", starts=LATER - 900, ends=LATER - 800), now=LATER - 800)

    assert delete_expired(outbox.database, LATER) == 1

    inspection = Inspection(outbox.database)
    assert inspection.incident(over) is None
    assert inspection.incident(still_open) is not None
    assert inspection.incident(recent) is not None


def test_forgets_nothing_that_is_still_owed(outbox):
    outbox.intake.take([an_alert()], ROUTING, T0)
    outbox.intake.take([an_alert(ends=T0 + 1)], ROUTING, T0 + 1)

    assert delete_expired(outbox.database, LATER) == 0


def test_what_is_forgotten_can_happen_again(outbox):
    tell(outbox, an_alert(), now=T0)
    tell(outbox, an_alert(ends=T0 + 60), now=T0 + 60)
    delete_expired(outbox.database, LATER)

    assert len(tell(outbox, an_alert(starts=LATER), now=LATER)) == 1
