"""Facts of outages that were not seen from end to end, or were not the only one."""

from collections.abc import Mapping
from dataclasses import replace

from alertbridge.mail.facts import AlertFacts, HostFacts, Kind
from alertbridge.mail.host_facts import LastDay, OutageDetails
from alertbridge.mail.subject import title_of


def sample_outages(down: AlertFacts, up: AlertFacts) -> Mapping[str, AlertFacts]:
    """Return facts of each, like those of a host that is *down*, and of one that is *up* again."""
    (dead,), (back,) = down.hosts, up.hosts
    return {
        "down-gap": replace(down, hosts=(_lost_in_a_gap(dead),)),
        "down-never": replace(down, hosts=(_never_there(dead),)),
        "down-partly-up": _partly_up(down, dead),
        "down-corrected": replace(down, hosts=(replace(dead, is_correction=True),)),
        "up-gap": replace(up, hosts=(_back_in_a_gap(back),)),
        "up-gone-again": replace(up, hosts=(_gone_again(back, up.now_unix_seconds),)),
        "up-flapping": replace(up, hosts=(_flapping(back),)),
        "service-down": _about_service(down, Kind.CRITICAL, _mysqld(dead)),
        "service-up": _about_service(up, Kind.OK, _mysqld(back)),
    }


def _about_service(facts: AlertFacts, kind: Kind, service: HostFacts) -> AlertFacts:
    return replace(facts, kind=kind, title="mysqld on db-1: not answering", hosts=(service,), fleet=None)


def _mysqld(host: HostFacts) -> HostFacts:
    """Return a service that goes down and comes back with *host*; it is none of the hosts in the settings."""
    address = "db-1.example.org:9104"
    return replace(
        host,
        name="db-1",
        address=address,
        alertname="InstanceDown",
        summary=f"Instance {address} down",
        description=f"{address} of job mysqld has been down for more than a minute.",
        runbook_url="https://wiki.example.org/runbooks/mysqld",
        reason="" if host.is_over else host.reason.replace("9877", "9104"),
        means_down=False,
        is_in_hosts=False,
        is_other_target=True,
        service="mysqld",
        last_values=None,
        top_processes=(),
        history=None,
        has_rebooted=None,
        last_day=None,
    )


def _partly_up(down: AlertFacts, host: HostFacts) -> AlertFacts:
    hosts = (host, _up_again(host, "web-2"), _never_there(host, "web-9"))
    return replace(down, hosts=hosts, title=title_of([one.name for one in hosts], ""))


def _lost_in_a_gap(host: HostFacts) -> HostFacts:
    gone_by = host.fired_unix_seconds - 15
    since = host.fired_unix_seconds - 310
    details = OutageDetails(
        gone_by_unix_seconds=gone_by,
        unseen_seconds=gone_by - since,
        times_gone=1,
        longest_seconds=15,
        first_gone_unix_seconds=since,
    )
    return replace(host, since_unix_seconds=since, outage=details, history=None)


def _gone_again(host: HostFacts, now_unix_seconds: float) -> HostFacts:
    return replace(host, unanswered_unix_seconds=now_unix_seconds - 9)


def _never_there(host: HostFacts, name: str = "web-1") -> HostFacts:
    first = host.fired_unix_seconds - 75
    return replace(
        host,
        name=name,
        address=f"{name}.example.org:9877",
        since_unix_seconds=None,
        outage=OutageDetails(times_gone=1, longest_seconds=75, never_since_unix_seconds=first),
        last_values=None,
        top_processes=(),
        history=None,
        last_day=None,
    )


def _up_again(host: HostFacts, name: str) -> HostFacts:
    back = host.fired_unix_seconds + 5
    return replace(
        host,
        name=name,
        address=f"{name}.example.org:9877",
        is_over=True,
        ended_unix_seconds=back + 1,
        back_unix_seconds=back,
        reason="",
        history=None,
    )


def _back_in_a_gap(host: HostFacts) -> HostFacts:
    back = host.back_unix_seconds or 0.0
    details = OutageDetails(
        still_gone_unix_seconds=back - 400,
        unseen_seconds=415,
        times_gone=1,
        longest_seconds=back - 400 - host.fired_unix_seconds,
        first_gone_unix_seconds=host.since_unix_seconds,
    )
    return replace(host, outage=details, history=None)


def _flapping(host: HostFacts) -> HostFacts:
    details = OutageDetails(
        times_gone=10, longest_seconds=45, first_gone_unix_seconds=host.since_unix_seconds
    )
    day = LastDay(times_gone=12, answered_ratio=0.9906)
    return replace(host, outage=details, has_rebooted=False, last_day=day, history=None)
