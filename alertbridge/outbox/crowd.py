"""The alerts of one name that are too many to be kept one by one: beyond 10,000 that fire, they are counted.

Of a counted alert nothing but its identity is kept. It is kept as any other once there is room and
Alertmanager sends it again.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import is_internal
from alertbridge.outbox.schema import counted_alerts, episodes
from alertbridge.outbox.stored import StoredEpisode

KEPT_AT_MOST = 10_000
_COUNTED_SECONDS = 6 * 3600.0  # Alertmanager repeats what fires every four hours, if not sooner

_ASKED = func.json_each(bindparam("asked")).table_valued("value")
_ANY = select(counted_alerts.c.alert_id).limit(1)
_OPEN = select(func.count()).where(
    episodes.c.alertname == bindparam("its_alertname"), episodes.c.ended_unix_seconds.is_(None)
)
_FORGET = counted_alerts.delete().where(counted_alerts.c.alert_id.in_(select(_ASKED.c.value)))
_COUNTS = (
    select(counted_alerts.c.alertname, func.count())
    .where(counted_alerts.c.alertname.in_(select(_ASKED.c.value)))
    .group_by(counted_alerts.c.alertname)
)


def count_excess(
    connection: Connection, alerts: Sequence[Alert], latest: Mapping[str, StoredEpisode], now: float
) -> list[Alert]:
    """Count those of *alerts* that are too many of their name to be kept, given the *latest* episodes.

    Return the others.
    """
    excess = set(_excess(connection, alerts, latest))
    if connection.execute(_ANY).first() is not None:
        gone = [one.alert_id for one in alerts if one.alert_id not in excess]
        connection.execute(_FORGET, {"asked": json.dumps(gone)})
    if not excess:
        return list(alerts)
    rows = [
        {"alert_id": one.alert_id, "alertname": _name(one), "counted_unix_seconds": now}
        for one in alerts
        if one.alert_id in excess
    ]
    connection.execute(insert(counted_alerts).on_conflict_do_nothing(), rows)
    return [one for one in alerts if one.alert_id not in excess]


def counted(connection: Connection, alertnames: Collection[str]) -> dict[str, int]:
    """Return how many alerts of these names fire that are not kept one by one; of most names, none."""
    if connection.execute(_ANY).first() is None:
        return {}
    rows: Iterable[Any] = connection.execute(_COUNTS, {"asked": json.dumps(list(alertnames))})
    return {row[0]: row[1] for row in rows}


def forget_counted(connection: Connection, now: float) -> None:
    """Forget what was counted long ago: whatever still fires has been sent again since."""
    is_old = counted_alerts.c.counted_unix_seconds < now - _COUNTED_SECONDS
    connection.execute(counted_alerts.delete().where(is_old))


def _excess(
    connection: Connection, alerts: Iterable[Alert], latest: Mapping[str, StoredEpisode]
) -> Iterable[str]:
    new: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for alert in alerts:
        before = latest.get(alert.alert_id)
        if alert.is_firing and (before is None or not before.episode.is_open) and not is_internal(alert):
            new[_name(alert)][alert.alert_id] = None
    for name, alert_ids in new.items():
        room = max(0, KEPT_AT_MOST - (connection.scalar(_OPEN, {"its_alertname": name}) or 0))
        yield from list(alert_ids)[room:]


def _name(alert: Alert) -> str:
    return alert.labels.get("alertname", "")
