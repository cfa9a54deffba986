"""Facts of an alert about most hosts of a job, as it fires and as it ends."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from alertbridge.mail.facts import About, AlertFacts, FleetFacts, HostFacts, Kind, Reader
from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.mail.subject import title_of

_FIRED_AFTER_SECONDS = 52.0
_LASTED_SECONDS = 1140.0
_FLEET_SIZE = 12


class _Story(NamedTuple):
    """What happened to a host, in seconds from the first loss; it had more outages if *times* says so."""

    name: str
    answered: float | None
    back: float | None
    after: AfterOutage
    times: int
    down_seconds: float


_HOSTS = (
    _Story("db-1", 2.0, None, AfterOutage.DOWN, 1, 1192.0),
    _Story("app-4", 4.0, None, AfterOutage.UNWATCHED, 1, 0.0),
    _Story("db-2", None, 862.0, AfterOutage.UP, 1, 1800.0),
    _Story("app-2", 7.0, 868.0, AfterOutage.UP, 3, 640.0),
    _Story("web-1", 0.0, 810.0, AfterOutage.UP, 1, 810.0),
    _Story("web-2", 1.0, 811.0, AfterOutage.UP, 1, 810.0),
    _Story("app-1", 3.0, 813.0, AfterOutage.UP, 1, 810.0),
    _Story("app-3", 9.0, 804.0, AfterOutage.UP, 1, 795.0),
)
_MINUTES_BEFORE_SECONDS = 900.0


def sample_fleet_alerts(reader: Reader, like: HostFacts, went: float) -> Mapping[str, AlertFacts]:
    """Return facts of a mail for each; the alert is *like* that one in what does not matter here."""
    fired = went + _FIRED_AFTER_SECONDS
    alert = replace(
        like,
        name="FleetDown",
        address="",
        alertname="FleetDown",
        severity="critical",
        labels=(("job", "marax"),),
        summary="most hosts not answering",
        description=(
            "Only 25% of the hosts answer. Most likely the network around Prometheus is at fault; "
            "single hosts are not reported meanwhile."
        ),
        fired_unix_seconds=fired,
        since_unix_seconds=None,
        reason="",
        last_values=None,
        top_processes=(),
        history=None,
        last_day=None,
        means_down=False,
        about=About.FLEET,
    )
    firing = _facts(Kind.CRITICAL, alert, reader, _outage(went, fired + 15), fired + 15)
    ended = fired + _LASTED_SECONDS
    over = _facts(
        Kind.OK,
        replace(alert, is_over=True, ended_unix_seconds=ended),
        reader,
        _outage(went, ended),
        ended + 15,
    )
    return {
        "fleet-down": firing,
        "fleet-down-over": over,
        "fleet-down-unknown": replace(
            over,
            fleet=None,
            fleet_outages=(),
            missing=(
                "Could not get the rest of the fleet from Prometheus: no answer in time.",
                "Could not get which hosts did not answer from Prometheus: no answer in time.",
            ),
        ),
    }


def _facts(kind: Kind, alert: HostFacts, reader: Reader, outage: FleetOutage, now: float) -> AlertFacts:
    down = tuple(host.name for host in outage.hosts if host.after is AfterOutage.DOWN)
    return AlertFacts(
        kind=kind,
        title=title_of([alert.name], alert.summary),
        incident_id="k3f9q2",
        hosts=(alert,),
        reader=reader,
        now_unix_seconds=now,
        fleet=FleetFacts(up=outage.total - len(down), total=outage.total, down=down),
        fleet_outages=(outage,),
    )


def _outage(went: float, until: float) -> FleetOutage:
    order = (AfterOutage.DOWN, AfterOutage.UNWATCHED, AfterOutage.UP)
    hosts = sorted(
        (_host(one, went, until) for one in _HOSTS),
        key=lambda host: (order.index(host.after), -host.down_seconds),
    )
    down = sum(host.after is AfterOutage.DOWN for host in hosts)
    return FleetOutage(
        job="marax", up=_FLEET_SIZE - down, total=_FLEET_SIZE, until_unix_seconds=until, hosts=tuple(hosts)
    )


def _host(story: _Story, went: float, until: float) -> HostOutage:
    back = None if story.back is None or went + story.back >= until else went + story.back
    is_unwatched = story.after is AfterOutage.UNWATCHED and went + 600 < until
    still = AfterOutage.UNWATCHED if is_unwatched else AfterOutage.DOWN
    seen_down = went - _MINUTES_BEFORE_SECONDS if story.answered is None else went + story.answered
    return HostOutage(
        name=story.name,
        last_answered_unix_seconds=None if story.answered is None else went + story.answered,
        seen_down_unix_seconds=seen_down,
        back_unix_seconds=back,
        after=still if back is None else AfterOutage.UP,
        times=1 if back is None else story.times,
        down_seconds=until - seen_down if back is None else story.down_seconds,
    )
