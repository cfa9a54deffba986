"""What is stored of all that a payload is about, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.flapping import Key, Rejoined
from alertbridge.alerts.storms import StormState
from alertbridge.outbox.schema import State


@dataclass(frozen=True, slots=True)
class StoredEpisode:
    """An episode, and the incident that it is part of."""

    episode: Episode
    incident_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotice:
    """The last notice of a thread.

    Attributes:
        is_content_fixed: Whether it reports only what it did at an earlier attempt, and nothing newer.
    """

    notice_id: int
    sequence: int
    priority: int
    state: State
    attempts: int
    created_unix_seconds: float
    next_unix_seconds: float
    held_unix_seconds: float | None
    is_content_fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIncident:
    """An incident before the payload.

    Attributes:
        episode_count: How many episodes it has.
        ended_count: How many of them have ended.
        last_notices: The last notice of each thread, by user name; None for a thread without any.
        is_storm: Whether further episodes of its alert name may join.
        is_flapping: Whether its mails are damped.
    """

    episode_count: int = 0
    ended_count: int = 0
    last_notices: Mapping[str, StoredNotice | None] = field(default_factory=dict)
    is_storm: bool = True
    is_flapping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """What is stored of all that a payload is about.

    Attributes:
        latest: The latest episode of each alert, by alert id.
        storms: By alert name, for each that opens an episode.
        incidents: By incident id, those which may have news.
        rejoined: Which new episodes join an incident as they flap, or differ by their severity only.
    """

    latest: Mapping[str, StoredEpisode]
    storms: Mapping[str, StormState]
    incidents: Mapping[str, StoredIncident]
    rejoined: Mapping[Key, Rejoined] = field(default_factory=dict)
