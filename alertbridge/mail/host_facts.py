"""What a mail says about a host: values, processes and its last hour."""

from dataclasses import dataclass

MOST_CHARTS = 3  # in one mail, each of a host; a mail about more hosts has none


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFact:
    """One of the top processes at the host's last answered scrape; CPU as a share of the whole host."""

    pid: str
    name: str
    cpu_ratio: float | None
    memory_rss_bytes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastValues:
    """The last known values of a host; None where they are not known."""

    cpu_ratio: float | None = None
    memory_ratio: float | None = None
    memory_total_bytes: float | None = None
    load1: float | None = None
    cpus: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How busy a host said it was, at one scrape; None where it did not say."""

    unix_seconds: float
    cpu_ratio: float | None
    memory_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How busy a host was within a stretch of time.

    Attributes:
        start_unix_seconds: Where it begins.
        end_unix_seconds: Where it ends.
        first_scrape_unix_seconds: The first scrape in it, answered or not: earlier, nobody asked.
        usages: What the host said; where it did not answer, there are none.
    """

    start_unix_seconds: float
    end_unix_seconds: float
    first_scrape_unix_seconds: float
    usages: tuple[Usage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """How well a host answered its scrapes in the last 24 hours.

    Attributes:
        times_gone: How often it answered no longer.
        answered_ratio: The share of its scrapes that it answered.
    """

    times_gone: int
    answered_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageDetails:
    """What the scrapes of a host say of an outage beyond its first and its last moment.

    Attributes:
        gone_by_unix_seconds: The first scrape that was not answered, where none was made for long before it;
            else None.
        still_gone_unix_seconds: The last scrape that was not answered, where none was made for long
            after it; else None.
        unseen_seconds: For how much of the outage nobody knows whether the host was down; 0 where it was
            scraped all the time.
        is_rough: Whether the scrapes of a part of the outage are not known here. A host whose last answer is
            not known then may have answered for a moment while its alert fired.
        times_gone: How often it stopped answering between its first loss and its last return; 0 where that is
            not known, more than 1 where it came and went.
        longest_seconds: How long it did not answer the longest of these times; None where that is not known.
        first_gone_unix_seconds: The last scrape that it answered before the first of these times; None where
            that is not known.
        never_since_unix_seconds: The first scrape that Prometheus has stored, where none until the end of the
            outage was answered; else None.
    """

    gone_by_unix_seconds: float | None = None
    still_gone_unix_seconds: float | None = None
    unseen_seconds: float = 0.0
    is_rough: bool = False
    times_gone: int = 0
    longest_seconds: float | None = None
    first_gone_unix_seconds: float | None = None
    never_since_unix_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """One row of a report: what a host answered when it was asked directly.

    Attributes:
        name: As in the settings.
        address: Where it was asked.
        is_up: Whether it answered as a marax-exporter does, or asked for a login or a client certificate.
        reason: Why not, or why it said no more than that; else empty.
        values: What it said of itself; None when it is down.
        uptime_seconds: Since its boot; None when not known.
        answer_seconds: How long it took.
    """

    name: str
    address: str
    is_up: bool
    reason: str
    values: LastValues | None
    uptime_seconds: float | None
    answer_seconds: float
