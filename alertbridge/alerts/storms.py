"""Storms: many new episodes of one alert name make one incident."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.flapping import siblings


@dataclass(frozen=True, slots=True, kw_only=True)
class StormState:
    """What is stored of one alert name within the storm window.

    Attributes:
        recent_episodes: How many episodes of it opened.
        incident_id: The storm that began; None when none did.
    """

    recent_episodes: int = 0
    incident_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentGroup:
    """Episodes that open together in one incident.

    Attributes:
        incident_id: The storm that they join; None for a new incident.
        is_storm: Whether further episodes may join.
        episodes: At least one, all of one alert name.
        is_flapping: Whether it is damped from now on.
    """

    incident_id: str | None
    is_storm: bool
    episodes: tuple[Episode, ...]
    is_flapping: bool = False


def group_into_incidents(
    opened: Iterable[Episode], storms: Mapping[str, StormState], storm_hosts: int
) -> list[IncidentGroup]:
    """Return the incidents that newly *opened* episodes make or join, given the *storms* by alert name."""
    by_name = sorted(opened, key=_alertname)
    found = []
    for alertname, group in groupby(by_name, key=_alertname):
        episodes = tuple(group)
        storm = storms.get(alertname, StormState())
        if storm.incident_id or storm.recent_episodes + len(episodes) > storm_hosts:
            found.append(IncidentGroup(incident_id=storm.incident_id, is_storm=True, episodes=episodes))
        else:
            found += [
                IncidentGroup(incident_id=None, is_storm=False, episodes=one) for one in siblings(episodes)
            ]
    return found


def _alertname(episode: Episode) -> str:
    return episode.alert.labels.get("alertname", "")
