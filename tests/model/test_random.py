"""Scripts at random: hosts, Prometheis, Alertmanagers and the bridge die, stall, return and are cut off.

A script that breaks a rule is made short by hypothesis, and printed as a list that can be pasted into
`test_known_faults.py`. `MARAX_MODEL_SCRIPTS=5000` plays so many, new ones each time.
"""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.prometheus import TICK_SECONDS
from tests.model.script import (
    EVERYTHING,
    Away,
    Busy,
    Cut,
    Deed,
    DiesOnce,
    Fault,
    Killed,
    MailAway,
    Removed,
    Renamed,
    Site,
    Stalled,
    Stopped,
    Suspended,
)
from tests.model.world import played

_SCRIPTS = int(os.environ.get("MARAX_MODEL_SCRIPTS", "0"))

_LAST_BEGINNING_SECONDS = 1800
_LONGEST_SECONDS = 900


def ticks(least_seconds: int, most_seconds: int) -> st.SearchStrategy[int]:
    return st.integers(least_seconds // TICK_SECONDS, most_seconds // TICK_SECONDS).map(TICK_SECONDS.__mul__)


def scripts(site: Site) -> st.SearchStrategy[list[Fault]]:
    prometheis = [f"prometheus-{number + 1}" for number in range(site.prometheis)]
    alertmanagers = [f"alertmanager-{number + 1}" for number in range(site.alertmanagers)]
    hosts = st.sampled_from(site.host_names)
    parts = [*prometheis, *alertmanagers, "bridge"]
    links = [(one, other) for one in prometheis for other in (*alertmanagers, *site.host_names)]
    links += [(one, "bridge") for one in (*prometheis, *alertmanagers)]
    links += [("alertmanager-1", "alertmanager-2")] if site.alertmanagers > 1 else []
    when = {"at": ticks(0, _LAST_BEGINNING_SECONDS), "seconds": ticks(5, _LONGEST_SECONDS)}
    away = st.builds(Away, host=hosts, **when)
    return st.lists(
        st.one_of(
            away,
            away,
            st.builds(Killed, part=st.sampled_from([*parts, EVERYTHING]), **when),
            st.builds(Stalled, part=st.sampled_from(parts), **when),
            st.builds(Stopped, part=st.sampled_from(parts), **when),
            st.sampled_from(links).flatmap(
                lambda link: st.builds(Cut, one=st.just(link[0]), other=st.just(link[1]), **when)
            ),
            st.builds(Busy, host=hosts, **when),
            st.builds(Removed, host=hosts, **when),
            st.builds(Renamed, host=hosts, **when),
            st.builds(Suspended, **when),
            st.builds(DiesOnce, deed=st.sampled_from([str(deed) for deed in Deed]), **when),
            st.builds(MailAway, **when),
        ),
        min_size=1,
        max_size=12,
    )


def sites() -> st.SearchStrategy[Site]:
    return st.builds(
        Site, hosts=st.sampled_from([2, 5]), prometheis=st.integers(1, 2), alertmanagers=st.integers(1, 2)
    )


@pytest.mark.timeout(0 if _SCRIPTS else 900)  # making a script shorter takes minutes
@settings(max_examples=_SCRIPTS or 20, derandomize=not _SCRIPTS, database=None)
@given(data=sites().flatmap(lambda site: st.tuples(st.just(site), scripts(site))))
def test_no_mail_is_untrue_whatever_happens(data):
    site, script = data

    world = played(script, site)

    violations = "".join(f"\n{one}" for one in world.oracle.violations)
    assert not violations, f"{violations}\nat {site}, in\n{script}"
