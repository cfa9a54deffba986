"""The rows that a payload changes, given what is stored: one case a line, without a database."""

from dataclasses import replace
from itertools import count

import pytest

from alertbridge.alerts.episodes import Fold
from alertbridge.alerts.storms import StormState
from alertbridge.outbox.changes import Changes, IncidentRow, ThreadRow, changes_of
from alertbridge.outbox.scheduling import NoticeRow
from alertbridge.outbox.schema import State
from alertbridge.outbox.stored import StoredEpisode, StoredIncident, StoredNotice, StoredState
from alertbridge.routing.recipients import Priority
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_episode

NOW = T0 + 100
WINDOW = 120.0  # of a_routing

PENDING = StoredNotice(
    notice_id=7,
    sequence=3,
    priority=Priority.OTHER,
    state=State.PENDING,
    attempts=0,
    created_unix_seconds=NOW - 30,
    next_unix_seconds=NOW + 50,
    held_unix_seconds=None,
    is_content_fixed=False,
)
HELD = replace(PENDING, state=State.HELD, held_unix_seconds=NOW - 20, next_unix_seconds=NOW + 3600)
ACCEPTED = replace(PENDING, state=State.ACCEPTED, is_content_fixed=True)


def folded(*, opened=(), closed=(), lapsed=()):
    return Fold(opened=tuple(opened), closed=tuple(closed), lapsed=tuple(lapsed), verdicts=())


def stored(*latest, storms=(), **incidents):
    """Return a state in which the *latest* episodes are part of the first of the *incidents*."""
    first = next(iter(incidents), "none")
    return StoredState(
        latest={one.alert_id: StoredEpisode(one, first) for one in latest},
        storms=dict(storms),
        incidents=incidents,
    )


def changes(what, before=None, users=("ann",), storm_hosts=5):
    numbers = count(1)
    routing = a_routing(
        *(a_user(one) if isinstance(one, str) else one for one in users), storm_hosts=storm_hosts
    )
    return changes_of(what, before or stored(), routing, NOW, lambda: f"inc{next(numbers)}")


def a_notice_row(incident_id="inc1", user_name="ann", **values):
    usual = NoticeRow(
        incident_id=incident_id,
        user_name=user_name,
        sequence=0,
        priority=Priority.DOWN,
        state=State.PENDING,
        created_unix_seconds=NOW,
        next_unix_seconds=NOW,
    )
    return replace(usual, **values)


def an_end(last, *, others=0, others_ended=0):
    """Return the end of one episode of an incident of which ann has a thread with that *last* notice."""
    before = an_episode()
    incident = StoredIncident(episode_count=1 + others, ended_count=others_ended, last_notices={"ann": last})
    return folded(closed=[before.ended(NOW - 5, NOW)]), stored(before, k3f9=incident)


def test_nothing_new_changes_nothing():
    found = changes(folded())

    assert found == Changes(
        changed_episodes=(), incidents=(), episodes={}, threads=(), notices=(), updated_notices=()
    )
    assert found.notice_count == 0


def test_a_new_episode_makes_an_incident_a_thread_and_a_notice():
    opened = an_episode()

    found = changes(folded(opened=[opened]))

    incident = IncidentRow(incident_id="inc1", alertname="HostDown", is_storm=False, opened_unix_seconds=NOW)
    assert found == Changes(
        changed_episodes=(),
        incidents=(incident,),
        episodes={"inc1": (opened,)},
        threads=(ThreadRow(incident_id="inc1", user_name="ann", title="web-1"),),
        notices=(a_notice_row(),),
        updated_notices=(),
    )


def test_incidents_are_in_the_order_of_their_alert_names_and_notices_in_that_of_the_users():
    opened = [an_episode("web-2"), an_episode("web-1"), an_episode("web-1", alertname="Cpu")]

    found = changes(folded(opened=opened), users=("ann", "bob"))

    assert [(one.incident_id, one.alertname) for one in found.incidents] == [
        ("inc1", "Cpu"),
        ("inc2", "HostDown"),
        ("inc3", "HostDown"),
    ]
    assert [(one.incident_id, one.user_name) for one in found.notices] == [
        (incident_id, user) for incident_id in ("inc1", "inc2", "inc3") for user in ("ann", "bob")
    ]


def test_a_storm_is_one_incident_with_the_highest_priority_and_each_users_own_title():
    opened = [an_episode(f"web-{i}", severity="warning") for i in range(3)] + [an_episode("db-1")]
    users = (a_user("ann"), a_user("web", hosts=("web-*",)), a_user("mail", hosts=("mail-*",)))

    found = changes(folded(opened=opened), users=users, storm_hosts=2)

    assert [one.is_storm for one in found.incidents] == [True]
    assert [(one.user_name, one.priority) for one in found.notices] == [
        ("ann", Priority.DOWN),
        ("web", Priority.OTHER),
    ]
    assert [one.title[:7] for one in found.threads] == ["4 hosts", "3 hosts"]


def test_a_later_episode_joins_the_storm_without_a_new_incident_or_thread():
    storm = StoredIncident(episode_count=6, last_notices={"ann": ACCEPTED})
    before = stored(storms={"HostDown": StormState(recent_episodes=6, incident_id="k3f9")}, k3f9=storm)
    opened = an_episode("web-7")

    found = changes(folded(opened=[opened]), before, users=("ann", "newcomer"))

    assert (found.incidents, found.episodes) == ((), {"k3f9": (opened,)})
    assert [one.user_name for one in found.threads] == ["newcomer"]
    assert found.notices == (
        a_notice_row("k3f9", sequence=4, next_unix_seconds=NOW - 30 + WINDOW),
        a_notice_row("k3f9", user_name="newcomer"),
    )


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(
            PENDING,
            replace(PENDING, priority=Priority.CRITICAL_OVER, next_unix_seconds=NOW),
            id="one that waits reports it too, at once",
        ),
        pytest.param(
            replace(PENDING, priority=Priority.CRITICAL, next_unix_seconds=NOW - 9),
            replace(PENDING, priority=Priority.CRITICAL, next_unix_seconds=NOW - 9),
            id="one that is due already is not deferred, nor its priority lowered",
        ),
        pytest.param(
            replace(PENDING, attempts=2),
            replace(PENDING, attempts=2, priority=Priority.CRITICAL_OVER),
            id="a retry keeps its time",
        ),
        pytest.param(
            HELD,
            replace(
                PENDING,
                priority=Priority.CRITICAL_OVER,
                created_unix_seconds=NOW,
                next_unix_seconds=NOW,
            ),
            id="one that is held is judged anew",
        ),
    ],
)
def test_news_joins_the_last_notice_of_the_thread(last, expected):
    found = changes(*an_end(last))

    assert (found.notices, found.updated_notices, found.notice_count) == ((), (expected,), 1)


@pytest.mark.parametrize(
    ("last", "sequence"),
    [
        pytest.param(ACCEPTED, 4, id="accepted"),
        pytest.param(replace(ACCEPTED, state=State.DEAD), 4, id="dead"),
        pytest.param(replace(ACCEPTED, state=State.SENDING), 4, id="being sent"),
        pytest.param(replace(PENDING, is_content_fixed=True), 4, id="may have been sent"),
        pytest.param(replace(PENDING, state=State.SUPERSEDED), 4, id="superseded"),
        pytest.param(replace(HELD, state=State.DIGESTED), 4, id="in a digest"),
        pytest.param(None, 0, id="none"),
    ],
)
def test_news_makes_a_new_notice_when_the_last_one_can_report_no_more(last, sequence):
    found = changes(*an_end(last))

    assert found.updated_notices == ()
    assert found.notices == (a_notice_row("k3f9", sequence=sequence, priority=Priority.CRITICAL_OVER),)


@pytest.mark.parametrize(
    ("last", "others", "others_ended", "due"),
    [
        pytest.param(ACCEPTED, 7, 0, NOW - 30 + WINDOW, id="a storm that goes on: once a window"),
        pytest.param(ACCEPTED, 7, 7, NOW, id="the last end of a storm: at once"),
        pytest.param(ACCEPTED, 0, 0, NOW, id="a single episode: at once"),
        pytest.param(None, 7, 0, NOW, id="a thread without a notice: at once"),
        pytest.param(HELD, 7, 0, NOW, id="held: at once"),
        pytest.param(
            replace(ACCEPTED, created_unix_seconds=NOW - WINDOW), 7, 0, NOW, id="the window is over"
        ),
        pytest.param(
            replace(ACCEPTED, created_unix_seconds=NOW + 86_400),
            7,
            0,
            NOW + WINDOW,
            id="the clock was set back",
        ),
    ],
)
def test_a_storm_is_paced(last, others, others_ended, due):
    found = changes(*an_end(last, others=others, others_ended=others_ended))

    assert [one.next_unix_seconds for one in (*found.notices, *found.updated_notices)] == [due]


def test_an_end_reaches_only_who_has_a_thread():
    end, before = an_end(ACCEPTED)

    found = changes(end, before, users=("ann", "newcomer"))

    assert found.changed_episodes == end.closed
    assert ([one.user_name for one in found.notices], found.threads) == (["ann"], ())


def test_what_lapsed_ends_without_a_notice_of_its_end():
    before = an_episode()
    again = an_episode(number=2, starts=T0 + 50)
    incident = StoredIncident(episode_count=1, last_notices={"ann": ACCEPTED})
    lapsed = before.ended(T0 + 50, NOW)

    found = changes(folded(opened=[again], lapsed=[lapsed]), stored(before, k3f9=incident))

    assert found.changed_episodes == (lapsed,)
    assert found.episodes == {"inc1": (again,)}
    assert [one.incident_id for one in found.notices] == ["inc1"]


def test_what_lapsed_counts_as_ended_in_its_storm():
    first, second = an_episode("web-1"), an_episode("web-2")
    storm = StoredIncident(episode_count=2, last_notices={"ann": ACCEPTED})
    what = folded(closed=[first.ended(NOW, NOW)], lapsed=[second.ended(T0 + 50, NOW)])

    found = changes(what, stored(first, second, k3f9=storm))

    assert [one.next_unix_seconds for one in found.notices] == [NOW]


def test_an_episode_that_opened_and_ended_in_one_payload_is_reported_as_over():
    over = an_episode(ends=T0 + 60)

    found = changes(folded(opened=[over]))

    assert (found.changed_episodes, found.episodes) == ((), {"inc1": (over,)})
    assert [one.priority for one in found.notices] == [Priority.CRITICAL_OVER]
