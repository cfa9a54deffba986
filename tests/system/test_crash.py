"""What was answered 200 is told, however the bridge ends and whatever Mailgun does."""

import pytest

from tests.system.crashing import CrashRun

pytestmark = pytest.mark.system

HOSTILE = "429-seconds=5,420-body=3,500=4,500-accepted=4,reset=3,reset-accepted=4,partial-accepted=2"


@pytest.mark.timeout(240)
def test_nothing_taken_is_lost_and_nothing_is_doubled_unmarked(tmp_path):
    run = CrashRun(tmp_path, kills=6, faults=HOSTILE, may_look_up=False)

    found = run.run(drain_seconds=150)

    assert found.told > 20
    assert found.lost == []
    assert found.unmarked == []
    assert found.integrity == "ok"


@pytest.mark.timeout(240)
def test_nothing_at_all_is_doubled_where_mailgun_can_be_asked(tmp_path):
    found = CrashRun(tmp_path, kills=5, faults=HOSTILE, seed=1).run(drain_seconds=150)

    assert found.told > 20
    assert (found.lost, found.doubled) == ([], 0)
    assert found.integrity == "ok"
