"""What is stored of the alert names and hosts of new episodes, to tell flaps from new problems."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from alertbridge.alerts.episodes import Episode, Fold
from alertbridge.alerts.flapping import EarlierEpisode, Key, Subject, Subjects, may_flap
from alertbridge.outbox.schema import end_claims, episodes
from alertbridge.routing.recipients import Routing

# More of one name, or of one name and host, that open at once are a storm
_HOSTS_AT_MOST = 20
_EPISODES_AT_MOST = 50
_SUBJECTS_AT_MOST = 200
_EARLIER_AT_MOST = 20

_EARLIER = (
    select(
        episodes.c.alert_id,
        episodes.c.number,
        episodes.c.incident_id,
        episodes.c.labels,
        episodes.c.opened_unix_seconds,
        func.coalesce(episodes.c.ended_unix_seconds, end_claims.c.ends_unix_seconds).label("ended"),
    )
    .outerjoin(
        end_claims,
        (end_claims.c.alert_id == episodes.c.alert_id) & (end_claims.c.number == episodes.c.number),
    )
    .where(episodes.c.alertname == bindparam("its_alertname"), episodes.c.host == bindparam("its_host"))
    .order_by(episodes.c.opened_unix_seconds.desc())
    .limit(_EARLIER_AT_MOST)
)


def read_subjects(connection: Connection, folded: Fold, routing: Routing) -> Subjects:
    """Return the alert names and hosts that *folded* opens episodes of, and the latest before of each."""
    opened = _opened(folded.opened, routing)
    if not opened:
        return Subjects()
    ends = dict(_ends(folded))
    earlier = {}
    for alertname, host in opened:
        rows = connection.execute(_EARLIER, {"its_alertname": alertname, "its_host": host})
        earlier[alertname, host] = [_earlier(row, ends) for row in rows]
    return Subjects(opened=opened, earlier=earlier)


def _opened(opened: Iterable[Episode], routing: Routing) -> dict[Subject, list[Episode]]:
    by_name: defaultdict[str, defaultdict[str, list[Episode]]] = defaultdict(lambda: defaultdict(list))
    for episode in opened:
        if may_flap(episode.alert):
            name = episode.alert.labels.get("alertname", "")
            by_name[name][routing.host_of(episode.alert)].append(episode)
    found = {
        (name, host): episodes_of_host
        for name, by_host in by_name.items()
        if len(by_host) <= _HOSTS_AT_MOST
        for host, episodes_of_host in by_host.items()
        if len(episodes_of_host) <= _EPISODES_AT_MOST
    }
    return dict(list(found.items())[:_SUBJECTS_AT_MOST])


def _ends(folded: Fold) -> Iterable[tuple[Key, float | None]]:
    """Yield when the episodes that a payload ends, or says to have ended, did; None for one that goes on."""
    for episode in (*folded.closed, *folded.lapsed, *folded.reopened):
        yield (episode.alert_id, episode.number), episode.ended_unix_seconds
    for claimed in folded.claimed:
        yield (claimed.episode.alert_id, claimed.episode.number), claimed.ends_unix_seconds


def _earlier(row: Row[*tuple[Any, ...]], ends: Mapping[Key, float | None]) -> EarlierEpisode:
    return EarlierEpisode(
        alert_id=row.alert_id,
        problem=frozenset(one for one in row.labels.items() if one[0] != "severity"),
        incident_id=row.incident_id,
        opened_unix_seconds=row.opened_unix_seconds,
        ended_unix_seconds=ends.get((row.alert_id, row.number), row.ended),
    )
