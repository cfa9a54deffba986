"""Builders: a sensible value of each sort, and whatever a test wants to differ."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from alertbridge.mail.facts import AlertFacts, HostFacts, Kind, Reader, ReportFacts
from alertbridge.mail.host_facts import History, HostState, Usage

FIRED_UNIX_SECONDS = 1_795_352_535.0
END = FIRED_UNIX_SECONDS  # of an hour


def host_facts(name: str = "web-1", **changes: Any) -> HostFacts:
    """Return a host that has gone, of which nothing more is known than its alert."""
    host = HostFacts(
        name=name,
        address=f"{name}.example.org:9877",
        is_over=False,
        alertname="HostDown",
        severity="critical",
        summary="",
        description="",
        runbook_url="",
        fired_unix_seconds=FIRED_UNIX_SECONDS,
    )
    return replace(host, **changes)


def history(ratios: Mapping[int, tuple[float | None, float | None]], *, new_at: float = -3600) -> History:
    """Return the hour before `END`, with CPU and RAM by seconds from its end; first scraped at *new_at*."""
    usages = (
        Usage(unix_seconds=END + seconds, cpu_ratio=cpu, memory_ratio=memory)
        for seconds, (cpu, memory) in ratios.items()
    )
    return History(
        start_unix_seconds=END - 3600,
        end_unix_seconds=END,
        first_scrape_unix_seconds=END + new_at,
        usages=tuple(usages),
    )


def reader(**changes: Any) -> Reader:
    """Return a reader who lives by UTC."""
    ann = Reader(name="ann", address="ann@example.org", timezone=UTC, reason_for_mail="you watch every host")
    return replace(ann, **changes)


def alert_facts(kind: Kind = Kind.DOWN, **changes: Any) -> AlertFacts:
    """Return an alert about one host, told 15 s after it fired."""
    facts = AlertFacts(
        kind=kind,
        title="web-1",
        incident_id="k3f9q2",
        hosts=(host_facts(is_over=kind in {Kind.UP, Kind.OK}),),
        reader=reader(),
        now_unix_seconds=FIRED_UNIX_SECONDS + 15,
    )
    return replace(facts, **changes)


def host_state(name: str = "web-1", **changes: Any) -> HostState:
    """Return one row of a report: a host that answered, and said nothing of itself."""
    answer = HostState(
        name=name,
        address=f"{name}.example.org:9877",
        is_up=True,
        reason="",
        values=None,
        uptime_seconds=None,
        answer_seconds=0.012,
    )
    return replace(answer, **changes)


def report_facts(*hosts: HostState) -> ReportFacts:
    """Return a report of *hosts*."""
    return ReportFacts(hosts=hosts, reader=reader(), now_unix_seconds=FIRED_UNIX_SECONDS)
