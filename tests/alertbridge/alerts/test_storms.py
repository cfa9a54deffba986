from alertbridge.alerts.storms import StormState, group_into_incidents
from tests.alertbridge.alert_builders import an_episode


def test_up_to_the_limit_each_episode_is_an_incident_of_its_own():
    found = group_into_incidents([an_episode(f"web-{i}") for i in range(5)], {}, storm_hosts=5)

    assert [(one.is_storm, len(one.episodes)) for one in found] == [(False, 1)] * 5


def test_more_than_the_limit_are_one_storm():
    found = group_into_incidents([an_episode(f"web-{i}") for i in range(6)], {}, storm_hosts=5)

    assert [(one.is_storm, len(one.episodes)) for one in found] == [(True, 6)]


def test_episodes_that_opened_within_the_window_count():
    storms = {"HostDown": StormState(recent_episodes=5)}

    (found,) = group_into_incidents([an_episode()], storms, storm_hosts=5)

    assert found.is_storm


def test_later_episodes_join_the_open_storm():
    storms = {"HostDown": StormState(recent_episodes=6, incident_id="k3f9")}

    (found,) = group_into_incidents([an_episode()], storms, storm_hosts=5)

    assert found.incident_id == "k3f9"


def test_alerts_of_different_names_make_no_storm():
    episodes = [an_episode(f"web-{i}", alertname=name) for i in range(3) for name in ("HostDown", "HighCpu")]

    assert not any(one.is_storm for one in group_into_incidents(episodes, {}, storm_hosts=5))
