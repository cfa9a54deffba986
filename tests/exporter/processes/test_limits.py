import pytest

from exporter.processes.groups import GroupLedger, program_names
from exporter.processes.limits import SeriesLimits, series_limits
from exporter.processes.settings import ProcessSettings
from tests.fakes.snapshots import a_process, a_snapshot


@pytest.mark.parametrize(
    ("settings", "limits"),
    [
        (ProcessSettings(), SeriesLimits(at_once=127, new_per_hour=1680)),
        (ProcessSettings(top=1, groups=1, new_per_hour=60), SeriesLimits(at_once=16, new_per_hour=420)),
        (ProcessSettings(top=20, groups=200), SeriesLimits(at_once=727, new_per_hour=2160)),
        (ProcessSettings(new_per_hour=3600), SeriesLimits(at_once=127, new_per_hour=25_200)),
    ],
    ids=["the defaults", "the least", "the most at once", "the most new ones"],
)
def test_follow_from_the_settings(settings: ProcessSettings, limits: SeriesLimits):
    assert series_limits(settings) == limits


def test_are_reached_by_groups_when_there_are_more_programs_than_places():
    ledger = GroupLedger(limit=30, new_per_hour=240, naming=program_names)

    ledger.follow((a_snapshot(a_process(pid, name=f"program-{pid}") for pid in range(1, 100)),))

    totals = ledger.totals
    assert totals is not None
    groups = len(totals.cpu_seconds) + len(totals.rss_bytes) + len(totals.processes)
    assert groups == series_limits(ProcessSettings(top=5, groups=30)).at_once - 2 * 5 * 3
