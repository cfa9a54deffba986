"""Facts as an enemy would write them, who owns a label, a process name or a whole Prometheus."""

from datetime import timedelta, timezone

from hypothesis import strategies as st

from alertbridge.mail.facts import (
    About,
    AlertFacts,
    FleetFacts,
    HostFacts,
    Kind,
    Reader,
    ReportFacts,
    SendTestFacts,
)
from alertbridge.mail.host_facts import (
    History,
    HostState,
    LastDay,
    LastValues,
    OutageDetails,
    ProcessFact,
    Usage,
)
from alertbridge.mail.summary_facts import SummaryFacts

_WEAPONS = st.sampled_from(
    [
        "\r\nBcc: eve@example.org",
        "\n\n<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</title></style></td>",
        "'&amp;\"",
        "{{ 7 * 7 }}{% endfor %}",
        "{machine}{0}",
        "%recipient.name%",
        "%unsubscribe_url%",
        "%\u200brecipient_name%",
        "\u202e\u2066\u2028\u2029\x85\x00\x1b[2J",
        "\ud800",
        "=?utf-8?q?=0d=0aBcc=3a?=",
        "javascript:alert(1)",
        "https://example.org/%recipient.name%",
        "https://wiki.example.org/down?a=1&b=%C3%BC",
        "http://mon-1:9090/graph?g0.expr=up%7Bjob%3D%22marax%22%7D+%3D%3D+0&g0.tab=1",
        "context deadline exceeded",
        "connection refused",
        "web-1.example.org:9877",
        "-oProxyCommand=x:22",
        "\U0001f525" * 40,
        "&" * 400,
        "W" * 1200,
        "a " * 600,
    ]
)
hostile_texts = st.lists(_WEAPONS | st.text(max_size=12), max_size=4).map("".join)
_numbers = st.floats() | st.floats(min_value=0, max_value=2e9)
_maybe_numbers = st.none() | _numbers
_zones = st.builds(
    timezone,
    st.timedeltas(min_value=timedelta(hours=-23), max_value=timedelta(hours=23)),
    st.sampled_from(["CET", "UTC", "+0545"]),
)

_values = st.builds(
    LastValues,
    cpu_ratio=_maybe_numbers,
    memory_ratio=_maybe_numbers,
    memory_total_bytes=_maybe_numbers,
    load1=_maybe_numbers,
    cpus=_maybe_numbers,
)
_processes = st.builds(
    ProcessFact,
    pid=hostile_texts,
    name=hostile_texts,
    cpu_ratio=_maybe_numbers,
    memory_rss_bytes=_maybe_numbers,
)
_times = st.floats(min_value=1e9, max_value=1e9 + 7200) | _numbers
_histories = st.builds(
    History,
    start_unix_seconds=st.just(1e9) | _numbers,
    end_unix_seconds=st.just(1e9 + 3600) | _numbers,
    first_scrape_unix_seconds=_times,
    usages=st.lists(
        st.builds(
            Usage,
            unix_seconds=_times,
            cpu_ratio=st.floats(min_value=0, max_value=1) | _maybe_numbers,
            memory_ratio=_maybe_numbers,
        ),
        max_size=5,
    ).map(tuple),
)
_outages = st.builds(
    OutageDetails,
    gone_by_unix_seconds=_maybe_numbers,
    still_gone_unix_seconds=_maybe_numbers,
    unseen_seconds=_numbers,
    is_rough=st.booleans(),
    times_gone=st.integers(0, 12),
    longest_seconds=_maybe_numbers,
    first_gone_unix_seconds=_maybe_numbers,
    never_since_unix_seconds=_maybe_numbers,
)
_pairs = st.lists(st.tuples(hostile_texts, hostile_texts), max_size=4).map(tuple)
_hosts = st.builds(
    HostFacts,
    name=hostile_texts,
    address=hostile_texts,
    is_over=st.booleans(),
    alertname=hostile_texts,
    severity=hostile_texts,
    summary=hostile_texts,
    description=hostile_texts,
    runbook_url=hostile_texts,
    graph_url=hostile_texts,
    labels=_pairs,
    annotations=_pairs,
    fired_unix_seconds=_numbers,
    since_unix_seconds=_maybe_numbers,
    ended_unix_seconds=_maybe_numbers,
    back_unix_seconds=_maybe_numbers,
    outage=_outages,
    reason=hostile_texts,
    last_values=st.none() | _values,
    top_processes=st.lists(_processes, max_size=4).map(tuple),
    has_rebooted=st.none() | st.booleans(),
    history=st.none() | _histories,
    last_day=st.none() | st.builds(LastDay, times_gone=st.integers(), answered_ratio=_numbers),
    means_down=st.booleans(),
    is_in_hosts=st.booleans(),
    is_other_target=st.booleans(),
    service=hostile_texts,
    unknown_severity=hostile_texts,
    about=st.sampled_from(About),
    is_end_reconciled=st.booleans(),
)
_many_hosts = st.lists(_hosts, max_size=3).flatmap(
    lambda hosts: st.sampled_from([1, 1, 30]).map(lambda times: tuple(hosts) * times)
)
_readers = st.builds(
    Reader, name=hostile_texts, address=hostile_texts, timezone=_zones, reason_for_mail=hostile_texts
)
_fleets = st.builds(
    FleetFacts,
    up=st.integers(0, 1000),
    total=st.integers(0, 1000),
    down=st.lists(hostile_texts, max_size=5).map(lambda names: tuple(names) * 4),
)
hostile_alerts = st.builds(
    AlertFacts,
    kind=st.sampled_from(Kind),
    title=hostile_texts,
    incident_id=hostile_texts,
    hosts=_many_hosts,
    reader=_readers,
    now_unix_seconds=_numbers,
    due_unix_seconds=_maybe_numbers,
    fleet=st.none() | _fleets,
    missing=st.lists(hostile_texts, max_size=4).map(tuple),
    remarks=st.lists(hostile_texts, max_size=9).map(tuple),
)
hostile_summaries = st.builds(
    SummaryFacts,
    kind=st.sampled_from([Kind.DIGEST, Kind.REMINDER]),
    incident_id=hostile_texts,
    news=_many_hosts,
    already_reported=_many_hosts,
    reader=_readers,
    now_unix_seconds=_numbers,
)
_answers = st.builds(
    HostState,
    name=hostile_texts,
    address=hostile_texts,
    is_up=st.booleans(),
    reason=hostile_texts,
    values=st.none() | _values,
    uptime_seconds=_maybe_numbers,
    answer_seconds=_numbers,
)
hostile_reports = st.builds(
    ReportFacts,
    hosts=st.lists(_answers, max_size=4).flatmap(
        lambda hosts: st.sampled_from([1, 20]).map(lambda times: tuple(hosts) * times)
    ),
    reader=_readers,
    now_unix_seconds=_numbers,
)
hostile_tests = st.builds(
    SendTestFacts,
    reader=_readers,
    server=hostile_texts,
    config_file=hostile_texts,
    now_unix_seconds=_numbers,
)
