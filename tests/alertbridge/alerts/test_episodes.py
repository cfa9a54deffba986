from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode, Fold, Verdict, fold
from alertbridge.alerts.internal import blind_alert
from tests.alertbridge.alert_builders import T0, an_alert


def confirmed(alert: Alert) -> Alert:
    return replace(alert, is_proven=True)


class Story:
    """Feeds payloads to `fold` one after the other, keeping the state between them."""

    def __init__(self) -> None:
        self.latest: dict[str, Episode] = {}
        self.opened = self.closed = 0

    def tell(self, *alerts: Alert, now: float) -> Sequence[Verdict]:
        folded: Fold = fold(self.latest, alerts, now)
        for episode in folded.opened + folded.closed + folded.reopened:
            self.latest[episode.alert_id] = episode
        self.opened += len(folded.opened)
        self.closed += len(folded.closed)
        return folded.verdicts


@pytest.fixture
def story():
    return Story()


def test_a_first_firing_opens_an_episode(story):
    assert story.tell(an_alert(), now=T0 + 1) == (Verdict.OPENED,)

    (episode,) = story.latest.values()
    assert (episode.number, episode.is_open, episode.opened_unix_seconds) == (1, True, T0 + 1)


def test_a_retry_a_reminder_and_a_twin_change_nothing(story):
    story.tell(an_alert(), now=T0 + 1)

    assert story.tell(an_alert(), now=T0 + 2) == (Verdict.REPEATED,)
    assert story.tell(an_alert(starts=T0 - 5), now=T0 + 15) == (Verdict.REPEATED,)
    assert story.tell(an_alert(), now=T0 + 14_400) == (Verdict.REPEATED,)


def test_its_end_closes_it_once(story):
    story.tell(an_alert(), now=T0 + 1)

    assert story.tell(an_alert(ends=T0 + 60), now=T0 + 61) == (Verdict.CLOSED,)
    assert story.tell(an_alert(ends=T0 + 60), now=T0 + 62) == (Verdict.REPEATED,)
    (episode,) = story.latest.values()
    assert (episode.ended_unix_seconds, episode.closed_unix_seconds) == (T0 + 60, T0 + 61)


def test_an_end_of_an_unknown_episode_is_no_news(story):
    assert story.tell(an_alert(ends=T0 + 60), now=T0 + 61) == (Verdict.NEVER_TOLD,)


def test_a_firing_after_the_end_is_the_next_episode(story):
    story.tell(an_alert(), now=T0 + 1)
    story.tell(an_alert(ends=T0 + 60), now=T0 + 61)

    assert story.tell(an_alert(starts=T0 + 90), now=T0 + 91) == (Verdict.OPENED,)
    assert [episode.number for episode in story.latest.values()] == [2]


@pytest.mark.parametrize("now", [T0 + 60.9, T0 + 65, T0 + 14_400], ids=["dated before", "late", "much later"])
def test_a_post_from_before_the_end_makes_no_ghost_and_is_disputed(story, now):
    """A post takes its time, and then waits for the database, in which the end may overtake it."""
    story.tell(an_alert(), now=T0 + 1)
    story.tell(an_alert(ends=T0 + 60), now=T0 + 61)

    folded = fold(story.latest, [an_alert()], now)

    assert folded.verdicts == (Verdict.DISPUTED,)
    (disputed,) = folded.disputed
    assert (disputed.episode.number, disputed.episode.is_open) == (1, False)
    assert folded.opened == folded.reopened == ()


def test_an_alert_that_is_proven_to_go_on_opens_its_episode_again(story):
    """Alertmanager ends an alert that Prometheus could not renew; it comes back with its old start."""
    story.tell(an_alert(), now=T0 + 1)
    story.tell(an_alert(ends=T0 + 60), now=T0 + 61)

    assert story.tell(confirmed(an_alert()), now=T0 + 400) == (Verdict.REOPENED,)
    (episode,) = story.latest.values()
    assert (episode.number, episode.is_open, episode.reopened_unix_seconds) == (1, True, T0 + 400)

    assert story.tell(an_alert(ends=T0 + 500), now=T0 + 501) == (Verdict.CLOSED,)
    (episode,) = story.latest.values()
    assert (episode.ended_unix_seconds, episode.reopened_unix_seconds) == (T0 + 500, T0 + 400)


def test_firing_end_and_firing_within_one_payload_are_two_episodes(story):
    verdicts = story.tell(an_alert(), an_alert(ends=T0 + 5), an_alert(starts=T0 + 7), now=T0 + 8)

    assert verdicts == (Verdict.OPENED, Verdict.CLOSED, Verdict.OPENED)
    (episode,) = story.latest.values()
    assert (episode.number, episode.is_open) == (2, True)


def test_a_firing_that_began_later_than_the_open_episode_is_disputed(story):
    """Prometheus was restarted, or Alertmanager has sent no end of what was muted or inhibited."""
    story.tell(an_alert(), now=T0 + 1)

    folded = fold(story.latest, [an_alert(starts=T0 + 3600)], T0 + 3601)

    assert (folded.verdicts, folded.opened, folded.lapsed) == ((Verdict.DISPUTED,), (), ())
    assert [one.alert.starts_unix_seconds for one in folded.disputed] == [T0 + 3600]


def test_one_that_is_proven_to_be_another_ends_the_episode_that_was_never_resolved(story):
    story.tell(an_alert(), now=T0 + 1)

    folded = fold(story.latest, [confirmed(an_alert(starts=T0 + 3600))], T0 + 3601)

    assert folded.verdicts == (Verdict.OPENED,)
    assert [episode.number for episode in folded.opened] == [2]
    (lapsed,) = folded.lapsed
    assert (lapsed.number, lapsed.ended_unix_seconds) == (1, T0 + 3600)
    assert folded.closed == ()


def test_an_end_is_claimed_until_it_is_proven_and_a_firing_withdraws_the_claim(story):
    story.tell(an_alert(), now=T0 + 1)
    end = replace(an_alert(ends=T0 + 60), is_proven=False)

    claimed = fold(story.latest, [end], T0 + 61)
    renewed = fold(story.latest, [end, an_alert()], T0 + 62)

    assert (claimed.verdicts, claimed.closed) == ((Verdict.CLAIMED,), ())
    assert [one.ends_unix_seconds for one in claimed.claimed] == [T0 + 60]
    assert (renewed.claimed, [one.number for one in renewed.renewed]) == ((), [1])


def test_a_later_start_of_an_internal_alert_is_another_one(story):
    story.tell(blind_alert(T0, "", ends_unix_seconds=None), now=T0 + 1)

    assert story.tell(blind_alert(T0 + 60, "", ends_unix_seconds=None), now=T0 + 61) == (Verdict.OPENED,)


def test_a_late_end_of_an_earlier_episode_does_not_close_the_present_one(story):
    story.tell(an_alert(), now=T0 + 1)
    story.tell(an_alert(ends=T0 + 60), now=T0 + 61)
    story.tell(an_alert(starts=T0 + 90), now=T0 + 91)

    assert story.tell(an_alert(ends=T0 + 60), now=T0 + 95) == (Verdict.STALE,)


def test_firing_and_end_within_one_payload_are_one_episode_that_is_over(story):
    verdicts = story.tell(an_alert(), an_alert(ends=T0 + 5), now=T0 + 6)

    assert verdicts == (Verdict.OPENED, Verdict.CLOSED)
    assert (story.opened, story.closed) == (1, 0)
    (episode,) = story.latest.values()
    assert not episode.is_open


HOSTS = st.sampled_from(["web-1", "web-2", "db-1"])
STEPS = st.lists(st.tuples(HOSTS, st.booleans()), max_size=30)


@given(STEPS, st.integers(min_value=1, max_value=3))
def test_however_often_each_post_is_repeated_only_changes_of_state_are_news(steps, repeats):
    story, now = Story(), T0
    firing_since: dict[str, float] = {}
    changes = 0
    for host, fires in steps:
        now += 10
        if fires:
            changes += host not in firing_since
            alert = an_alert(host, starts=firing_since.setdefault(host, now))
        elif host in firing_since:
            changes += 1
            alert = an_alert(host, starts=firing_since.pop(host), ends=now)
        else:
            continue
        for _ in range(repeats):
            story.tell(alert, now=now + 1)

    assert story.opened + story.closed == changes
    still_open = {one.alert.labels["host"] for one in story.latest.values() if one.is_open}
    assert still_open == set(firing_since)
