"""Facts as they might be on a bad Sunday: every sort of mail, to look at and to test with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from alertbridge.mail.facts import AlertFacts, FleetFacts, HostFacts, Kind, Reader, ReportFacts, SendTestFacts
from alertbridge.mail.host_facts import HostState, LastDay, LastValues, ProcessFact
from alertbridge.mail.subject import title_of
from alertbridge.rendering.renderer import Facts
from alertbridge.rendering.samples.disks import sample_disks
from alertbridge.rendering.samples.fleet import sample_fleet_alerts
from alertbridge.rendering.samples.histories import busy_hour, flapping_hour
from alertbridge.rendering.samples.outages import sample_outages
from alertbridge.rendering.samples.summaries import sample_summaries
from alertbridge.rendering.samples.troubles import sample_troubles

_GIB = 1024.0**3
_DIED = datetime(2026, 11, 22, 13, 2, 15, tzinfo=UTC).timestamp()
_MORNING = datetime(2026, 11, 22, 6, 0, 1, tzinfo=UTC).timestamp()
_FIRED = _DIED + 80
_MAILED = _DIED + 95
_REBOOTED = _DIED + 810
_ENDED = _REBOOTED + 120
_FLEET_SIZE = 42
_STORM_NAMES = ("web-1", "web-2", "db-1", *(f"app-{number}" for number in range(1, 10)))

_ANN = Reader(
    name="ann",
    address="ann@example.org",
    timezone=timezone(timedelta(hours=1), "CET"),
    reason_for_mail="you watch web-*, db-* and app-* for critical alerts",
)
_BUSY = LastValues(cpu_ratio=0.97, memory_ratio=0.88, memory_total_bytes=15.6 * _GIB, load1=9.4, cpus=4)
_CALM = LastValues(cpu_ratio=0.12, memory_ratio=0.31, memory_total_bytes=15.6 * _GIB, load1=0.62, cpus=4)
_PROCESSES = (
    ProcessFact(pid="4242", name="java", cpu_ratio=0.71, memory_rss_bytes=9.8 * _GIB),
    ProcessFact(pid="1187", name="postgres", cpu_ratio=0.14, memory_rss_bytes=2.1 * _GIB),
    ProcessFact(pid="30518", name="gzip", cpu_ratio=0.09, memory_rss_bytes=0.002 * _GIB),
    ProcessFact(pid="911", name="nginx", cpu_ratio=0.02, memory_rss_bytes=0.15 * _GIB),
    ProcessFact(pid="774", name="marax-exporter", cpu_ratio=0.001, memory_rss_bytes=0.036 * _GIB),
)
_REFUSED = (
    'Get "http://web-1.example.org:9877/metrics": dial tcp 192.0.2.11:9877: connect: connection refused'
)
_TIMED_OUT = 'Get "http://db-1.example.org:9877/metrics": context deadline exceeded'

_WEB_1_DOWN = HostFacts(
    name="web-1",
    address="web-1.example.org:9877",
    is_over=False,
    alertname="HostDown",
    severity="critical",
    summary="web-1 does not answer its scrapes.",
    description="On call for it: the web team, extension 4711.",
    runbook_url="https://wiki.example.org/runbooks/host-down",
    graph_url="https://prometheus.example.org/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    fired_unix_seconds=_FIRED,
    labels=(("job", "marax"), ("site", "berlin")),
    since_unix_seconds=_DIED,
    reason=_REFUSED,
    last_values=_BUSY,
    top_processes=_PROCESSES,
    history=busy_hour(_MAILED, gone_unix_seconds=_DIED),
    last_day=LastDay(times_gone=3, answered_ratio=0.9934),
)
_WEB_1_UP = replace(
    _WEB_1_DOWN,
    is_over=True,
    ended_unix_seconds=_ENDED,
    back_unix_seconds=_REBOOTED,
    last_values=_CALM,
    top_processes=_PROCESSES[1:],
    has_rebooted=True,
    history=busy_hour(_ENDED + 15, gone_unix_seconds=_DIED, back_unix_seconds=_REBOOTED),
    last_day=LastDay(times_gone=3, answered_ratio=0.9846),
)
_WEB_1_UNWATCHED = replace(
    _WEB_1_DOWN,
    is_over=True,
    is_unwatched=True,
    watched_as="www-1",
    ended_unix_seconds=_ENDED,
    reason="",
    history=busy_hour(_ENDED + 15, gone_unix_seconds=_DIED),
)
_DB_1_DOWN = replace(
    _WEB_1_DOWN,
    name="db-1",
    address="db-1.example.org:9877",
    summary="",
    description="",
    runbook_url="",
    since_unix_seconds=None,
    reason=_TIMED_OUT,
    last_values=None,
    top_processes=(),
    history=None,
    last_day=None,
)
_WEB_1_BUSY = replace(
    _WEB_1_DOWN,
    alertname="HighCpu",
    severity="warning",
    summary="CPU above 90 % for 15 minutes.",
    description="A few processes keep it busy; the top ones are listed below.",
    runbook_url="https://wiki.example.org/runbooks/high-cpu",
    graph_url="https://prometheus.example.org/graph?g0.expr=marax%3Acpu+%3E+0.9",
    reason="",
    history=busy_hour(_FIRED + 30),
    last_day=None,
    means_down=False,
)
_NO_PROMETHEUS = (
    "Could not get the last known values and the rest of the fleet from Prometheus: no answer in time."
)


def samples() -> dict[str, Facts]:
    """Return facts of every sort of mail, by a name that can be a file's."""
    busy, memory, flapping = _WEB_1_BUSY, _host_short_of_memory(), _host_flapping()
    calm = replace(
        busy,
        is_over=True,
        ended_unix_seconds=_ENDED,
        last_values=_CALM,
        top_processes=(),
        history=busy_hour(_ENDED + 15, back_unix_seconds=_ENDED - 60),
    )
    mailed_late = _ENDED + 1500
    aged = busy_hour(mailed_late, gone_unix_seconds=_DIED, back_unix_seconds=_REBOOTED)
    late = _alert(Kind.UP, (replace(_WEB_1_UP, history=aged),), now_unix_seconds=mailed_late)
    back = tuple(_back_from_the_storm(name, number) for number, name in enumerate(_STORM_NAMES))
    return {
        "down-refused": _alert(Kind.DOWN, (_WEB_1_DOWN,)),
        "down-timeout": replace(_alert(Kind.DOWN, (_DB_1_DOWN,)), fleet=None, missing=(_NO_PROMETHEUS,)),
        "down-few": _alert(Kind.DOWN, (_WEB_1_DOWN, replace(_WEB_1_DOWN, name="web-2"))),
        "down-storm": _alert(Kind.DOWN, tuple(map(_down_in_the_storm, _STORM_NAMES))),
        "up": _alert(Kind.UP, (_WEB_1_UP,), now_unix_seconds=_ENDED + 15),
        "up-late": replace(late, due_unix_seconds=_ENDED),
        "up-storm": _alert(Kind.UP, back, now_unix_seconds=_ENDED + 75),
        "ended": _alert(Kind.ENDED, (_WEB_1_UNWATCHED,), now_unix_seconds=_ENDED + 15),
        "critical": _alert(Kind.CRITICAL, (memory,), now_unix_seconds=_FIRED + 30),
        "warn": _alert(Kind.WARN, (busy,), now_unix_seconds=_FIRED + 30),
        "info": _alert(Kind.INFO, (flapping,), now_unix_seconds=_FIRED + 30),
        "ok": _alert(Kind.OK, (calm,), now_unix_seconds=_ENDED + 15),
        "ok-reconciled": _alert(
            Kind.OK, (replace(calm, is_end_reconciled=True),), now_unix_seconds=_ENDED + 375
        ),
        **sample_disks(_alert(Kind.WARN, (busy,), now_unix_seconds=_FIRED + 30)),
        **sample_outages(
            _alert(Kind.DOWN, (_WEB_1_DOWN,)),
            _alert(Kind.UP, (_WEB_1_UP,), now_unix_seconds=_ENDED + 15),
        ),
        **sample_summaries(_ANN, busy, _MORNING),
        **sample_fleet_alerts(_ANN, _WEB_1_DOWN, _DIED),
        **sample_troubles(_ANN, _DIED),
        "report": _report(),
        "test": SendTestFacts(
            reader=_ANN,
            server="mon-1.example.org",
            config_file="/etc/marax/alertbridge.yml",
            now_unix_seconds=_MAILED,
        ),
    }


def _alert(kind: Kind, hosts: tuple[HostFacts, ...], *, now_unix_seconds: float = _MAILED) -> AlertFacts:
    down = () if kind is not Kind.DOWN else tuple(host.name for host in hosts)
    what = "" if kind in {Kind.DOWN, Kind.UP, Kind.ENDED} else hosts[0].summary
    return AlertFacts(
        kind=kind,
        title=title_of([host.name for host in hosts], what),
        incident_id="k3f9q2",
        hosts=hosts,
        reader=_ANN,
        now_unix_seconds=now_unix_seconds,
        fleet=FleetFacts(up=_FLEET_SIZE - len(down), total=_FLEET_SIZE, down=down),
    )


def _down_in_the_storm(name: str) -> HostFacts:
    host = (
        _WEB_1_DOWN if name.startswith("web") else replace(_WEB_1_DOWN, reason=_TIMED_OUT, last_values=_CALM)
    )
    offset_seconds = float(_STORM_NAMES.index(name))
    return replace(
        host,
        name=name,
        address=f"{name}.example.org:9877",
        since_unix_seconds=_DIED + offset_seconds,
        top_processes=_PROCESSES[int(offset_seconds) % len(_PROCESSES) :],
    )


def _back_from_the_storm(name: str, number: int) -> HostFacts:
    return replace(
        _WEB_1_UP,
        name=name,
        address=f"{name}.example.org:9877",
        since_unix_seconds=_DIED + number,
        back_unix_seconds=_REBOOTED + 7 * number,
        has_rebooted=(True, False, None)[number % 3],
    )


def _host_short_of_memory() -> HostFacts:
    return replace(
        _WEB_1_BUSY,
        alertname="HighMemory",
        severity="critical",
        summary="RAM above 85 %.",
        graph_url="https://prometheus.example.org/graph?g0.expr=marax%3Amem+%3E+0.85",
        description="It has grown for half an hour; without memory the kernel will kill processes.",
    )


def _host_flapping() -> HostFacts:
    return replace(
        _WEB_1_BUSY,
        alertname="HostFlapping",
        severity="info",
        summary="went down and came back 6 times in 30 minutes.",
        description="",
        runbook_url="",
        graph_url="",
        last_values=_CALM,
        top_processes=(),
        history=flapping_hour(_FIRED + 30),
    )


def _report() -> ReportFacts:
    return ReportFacts(hosts=tuple(map(_state, _STORM_NAMES)), reader=_ANN, now_unix_seconds=_MAILED)


def _state(name: str) -> HostState:
    number = _STORM_NAMES.index(name)
    is_up = name not in {"web-1", "db-1"}
    return HostState(
        name=name,
        address=f"{name}.example.org:9877",
        is_up=is_up,
        reason="" if is_up else "connection refused" if name == "web-1" else "no answer within 5 s",
        values=replace(_CALM, cpu_ratio=0.03 + 0.06 * number, load1=0.2 + 0.31 * number) if is_up else None,
        uptime_seconds=86_400.0 * 11.3 * number if is_up else None,
        answer_seconds=0.006 + 0.001 * number if is_up else 5.0,
    )
