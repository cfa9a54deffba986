"""Storms: many new episodes of one alert name are told together."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from alertbridge.alerts.episodes import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class StormState:
    """What the store knows of one alert name within the storm window.

    Attributes:
        recent_episodes: How many episodes of it opened.
        incident_id: The storm that is open already; None when there is none.
    """

    recent_episodes: int = 0
    incident_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Episodes that are told together.

    Attributes:
        incident_id: The storm that they join; None for a new incident.
        is_storm: Whether further episodes may join.
        episodes: At least one, all of one alert name.
    """

    incident_id: str | None
    is_storm: bool
    episodes: tuple[Episode, ...]


def openings(opened: Iterable[Episode], storms: dict[str, StormState], storm_hosts: int) -> list[Opening]:
    """Return the incidents that newly *opened* episodes make or join, given the *storms* by alert name."""
    by_name = sorted(opened, key=_alertname)
    found = []
    for alertname, group in groupby(by_name, key=_alertname):
        episodes = tuple(group)
        storm = storms.get(alertname, StormState())
        if storm.incident_id or storm.recent_episodes + len(episodes) > storm_hosts:
            found.append(Opening(incident_id=storm.incident_id, is_storm=True, episodes=episodes))
        else:
            found += [Opening(incident_id=None, is_storm=False, episodes=(one,)) for one in episodes]
    return found


def due_unix_seconds(
    last_notice_unix_seconds: float | None, now_unix_seconds: float, window_seconds: float
) -> float:
    """Return when the next notice of a storm that goes on may leave: once per window, the first at once."""
    if last_notice_unix_seconds is None:
        return now_unix_seconds
    # The clock may have been set back since the last one
    return max(now_unix_seconds, min(last_notice_unix_seconds, now_unix_seconds) + window_seconds)


def _alertname(episode: Episode) -> str:
    return episode.alert.labels.get("alertname", "")
