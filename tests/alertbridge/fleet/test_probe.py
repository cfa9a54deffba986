import errno
import gzip
import resource
import socket
import ssl
import threading
import time
from contextlib import ExitStack

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.fleet.access import Access
from alertbridge.fleet.hosts import HostSettings
from alertbridge.fleet.probe import Probe
from alertbridge.fleet.samples import NeededSamples, read_samples
from alertbridge.mail.host_facts import LastValues
from marax.clock import SystemClock
from marax.settings.addresses import Address
from tests.fakes import rude_servers as rude

EXPOSITION = b"""\
# TYPE marax_build_info gauge
marax_build_info{version="0.1.0"} 1
marax_cpu_usage_ratio 0.25
marax_cpus_online 4
marax_load1 1.5
marax_memory_usage_ratio 0.5
marax_memory_total_bytes 1.6e+10
marax_boot_time_seconds 1700000000
marax_time_seconds 1700003600
"""


def a_host(port: int, host: str = "127.0.0.1", name: str = "web-1") -> HostSettings:
    return HostSettings(name=name, address=Address(host, port))


def ask_one(host: HostSettings, timeout_seconds: float = 5.0, resolve=socket.getaddrinfo):
    (state,) = Probe(SystemClock(), Access(), timeout_seconds=timeout_seconds, resolve=resolve).ask([host])
    return state


def test_tells_what_an_exporter_says_of_its_host():
    with rude.a_server(rude.answering(EXPOSITION)) as port:
        state = ask_one(a_host(port))

    assert (state.name, state.address) == ("web-1", f"127.0.0.1:{port}")
    assert (state.is_up, state.reason) == (True, "")
    assert state.values == LastValues(
        cpu_ratio=0.25, memory_ratio=0.5, memory_total_bytes=1.6e10, load1=1.5, cpus=4
    )
    assert state.uptime_seconds == 3600
    assert 0 < state.answer_seconds < 5


def test_asks_only_for_what_is_cheap():
    heads = []

    def answer(head):
        heads.append(head)
        return 200, b"", EXPOSITION

    with rude.a_server(rude.answering_each(answer)) as port:
        ask_one(a_host(port))

    (head,) = heads
    assert head.startswith(b"GET /metrics?collect%5B%5D=cpu&collect%5B%5D=load&")


def test_asks_plainly_where_filters_are_refused():
    def answer(head):
        return (400, b"", b"unknown collector") if b"?" in head else (200, b"", EXPOSITION)

    with rude.a_server(rude.answering_each(answer)) as port:
        state = ask_one(a_host(port))

    assert state.is_up


def test_knows_an_exporter_that_has_no_values_yet():
    with rude.a_server(rude.answering(b"marax_build_info 1\n")) as port:
        state = ask_one(a_host(port))

    assert (state.is_up, state.values, state.uptime_seconds) == (True, LastValues(), None)


def test_reads_a_body_that_ends_with_the_connection():
    with rude.a_server(rude.sending(b"HTTP/1.1 200 OK\r\n\r\n" + EXPOSITION)) as port:
        assert ask_one(a_host(port)).is_up


def test_does_not_wait_for_a_connection_that_stays_open_after_the_body():
    def manners(connection):
        rude.answering(EXPOSITION)(connection)
        rude.silent(connection)

    with rude.a_server(manners) as port:
        assert ask_one(a_host(port)).is_up


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("manners", "reason"),
    [
        (rude.answering(b"", status=500), "HTTP 500"),
        (rude.answering(b"", status=400), "HTTP 400"),
        (rude.answering(b"", status=302, headers=b"Location: /metrics\r\n"), "HTTP 302: redirects elsewhere"),
        (rude.answering(b""), "answers, but is not a marax-exporter"),
        (rude.answering(b"node_load1 1\n"), "answers, but is not a marax-exporter"),
        (rude.answering(b"<html>marax_load1 1</html>"), "answers, but is not a marax-exporter"),
        (rude.answering(b"marax_load1 much\n"), "answers, but not in Prometheus' text format"),
        (rude.resetting, "connection reset"),
        (rude.sending(b""), "closed the connection without an answer"),
        (rude.sending(b"SSH-2.0-OpenSSH_9.2\r\n"), "does not speak HTTP"),
        (rude.sending(b"\0" * 100), "does not speak HTTP"),
        (rude.sending(b"HTTP/2.7 200 OK\r\n\r\n"), "does not speak HTTP"),
        (rude.sending(b"\x15\x03\x01\x00\x02\x02F"), "speaks TLS, not plain HTTP"),
        (rude.sending(b"\x15\x03"), "speaks TLS, not plain HTTP"),
        (rude.sending(b"HTTP/1.1 200"), "broke off its answer"),
        (rude.sending(HEAD + b"Content-Length: 9999\r\n\r\n" + EXPOSITION), "broke off its answer"),
        (rude.sending(HEAD + b"Content-Length: 9999\r\n\r\n"), "broke off its answer"),
        (rude.flooding(HEAD + b"X: "), "its answer's header has no end"),
        (rude.flooding(HEAD + b"\r\n"), "its answer is larger than 1 MiB"),
        (rude.flooding(HEAD + b"Content-Length: 999999999999\r\n\r\n"), "its answer is larger than 1 MiB"),
        (rude.flooding(b""), "does not speak HTTP"),
    ],
)
def test_says_what_is_wrong_with_an_answer(manners, reason):
    with rude.a_server(manners) as port:
        state = ask_one(a_host(port))

    assert (state.is_up, state.reason, state.values, state.uptime_seconds) == (False, reason, None, None)


@pytest.fixture
def tls() -> ssl.SSLContext:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    return context


def test_asks_over_tls_where_that_is_spoken(tls):
    with rude.a_server(rude.over_tls(tls, rude.answering(EXPOSITION))) as port:
        state = ask_one(a_host(port))

    assert (state.is_up, state.reason) == (True, "")


def test_says_what_is_wrong_behind_tls(tls):
    with rude.a_server(rude.over_tls(tls, rude.answering(b"", status=404))) as port:
        assert ask_one(a_host(port)).reason == "HTTP 404: has no /metrics"


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "answers, wants a login"), (403, "answers, denies access to /metrics")]
)
def test_a_host_that_asks_who_asks_is_up_and_says_no_more(status, reason):
    with rude.a_server(rude.answering(b"", status=status)) as port:
        state = ask_one(a_host(port))

    assert (state.is_up, state.reason, state.values) == (True, reason, LastValues())


def test_asks_over_tls_where_plain_http_is_a_bad_request(tls):
    def manners(connection):
        is_tls = connection.recv(1, socket.MSG_PEEK) == b"\x16"
        answer = rude.over_tls(tls, rude.answering(EXPOSITION)) if is_tls else rude.answering(b"", status=400)
        answer(connection)

    with rude.a_server(manners) as port:
        assert ask_one(a_host(port)).is_up


@pytest.mark.parametrize(
    "manners",
    [rude.silent, rude.dripping(b""), rude.dripping(HEAD), rude.dripping(HEAD + b"\r\n" + EXPOSITION)],
    ids=["silent", "drips from the start", "drips its header", "drips its body"],
)
def test_gives_up_at_the_deadline_whatever_still_arrives(manners):
    with rude.a_server(manners) as port:  # goes on like that until the answer is there
        state = ask_one(a_host(port), timeout_seconds=1.0)

    assert not state.is_up
    assert (
        "does not speak HTTP" in state.reason
        or state.reason == "timed out after 1 s while waiting for its answer"
    )


def test_both_questions_share_one_deadline():
    def answer(head):
        time.sleep(0.6)
        return (400, b"", b"") if b"?" in head else (200, b"", EXPOSITION)

    with rude.a_server(rude.answering_each(answer)) as port:
        state = ask_one(a_host(port), timeout_seconds=1.0)

    assert state.reason == "timed out after 1 s while waiting for its answer"


def test_says_that_nobody_takes_the_connection():
    with rude.a_black_hole() as port:
        state = ask_one(a_host(port), timeout_seconds=0.3)

    assert state.reason == "timed out after 0.3 s while connecting"


def test_says_that_a_connection_is_refused():
    assert ask_one(a_host(rude.a_dead_port())).reason == "connection refused"


def test_says_that_there_is_no_way_to_a_host():
    assert ask_one(a_host(9, host="255.255.255.255")).reason in {
        "network is unreachable",
        "permission denied",
    }


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no such name"),
        (
            socket.gaierror(socket.EAI_AGAIN, "Temporary failure"),
            "its name cannot be looked up: no name server answers",
        ),
        (OSError(errno.EMFILE, "Too many open files"), "too many open files"),
    ],
)
def test_says_why_a_name_cannot_be_looked_up(error, reason):
    def resolve(*_):
        raise error

    assert ask_one(a_host(9877, host="web-1.example.org"), resolve=resolve).reason == reason


@pytest.mark.parametrize("name", ["a..b", "x" * 70])
def test_says_that_a_name_is_impossible(name):
    assert ask_one(a_host(9877, host=name)).reason == "no such name"


def test_says_that_a_name_has_no_address():
    assert ask_one(a_host(9877, host="web-1"), resolve=lambda *_: []).reason == "its name has no address"


def test_tries_every_address_of_a_name():
    with rude.a_server(rude.answering(EXPOSITION), host="127.0.0.2") as port:

        def resolve(*_):
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (f"127.0.0.{i}", port)) for i in (3, 2)]

        assert ask_one(a_host(port, host="web-1"), resolve=resolve).is_up


def test_names_that_hang_delay_no_other_host():
    hang = threading.Event()

    def resolve(host, *rest):
        if host.startswith("hangs"):
            hang.wait(90)
        return socket.getaddrinfo("127.0.0.1", *rest)

    with rude.a_server(rude.answering(EXPOSITION)) as port:
        names = [*(f"hangs-{i}" for i in range(40)), "answers"]
        probe = Probe(SystemClock(), Access(), timeout_seconds=3.0, resolve=resolve)
        states = probe.ask([a_host(port, host=name) for name in names])
        hang.set()

    assert [state.is_up for state in states] == [False] * 40 + [True]
    assert {state.reason for state in states[:-1]} == {"timed out after 3 s while looking up its name"}


def test_reports_every_host_in_the_order_of_the_settings():
    with ExitStack() as servers:
        good = servers.enter_context(rude.a_server(rude.answering(EXPOSITION)))
        bad = servers.enter_context(rude.a_server(rude.answering(b"", status=503)))
        ports = [good, bad, rude.a_dead_port(), good]

        states = Probe(SystemClock(), Access()).ask(
            [a_host(port, name=f"web-{i}") for i, port in enumerate(ports)]
        )

    assert [state.name for state in states] == ["web-0", "web-1", "web-2", "web-3"]
    assert [state.is_up for state in states] == [True, False, False, True]


def test_asks_nobody_when_there_are_no_hosts():
    assert Probe(SystemClock(), Access()).ask([]) == ()


@pytest.fixture
def few_open_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.alone
@pytest.mark.usefixtures("few_open_files")
def test_hundreds_of_hosts_take_one_deadline_and_not_a_file_too_many():
    half = rude.in_turn(rude.answering(EXPOSITION), rude.silent)
    started = time.monotonic()

    with rude.a_server(half, host="0.0.0.0") as port:
        hosts = [a_host(port, host=f"127.1.{i // 250}.{i % 250 + 1}") for i in range(300)]
        states = Probe(SystemClock(), Access(), timeout_seconds=5.0).ask(hosts)

    assert sum(state.is_up for state in states) == 150
    assert {state.reason for state in states} == {"", "timed out after 5 s while waiting for its answer"}
    assert time.monotonic() - started < 10


ESCAPED_QUOTES = b'marax_load1{a="' + b'\\"' * 500_000 + b'"} 1\n'


@pytest.mark.alone
@pytest.mark.parametrize(
    ("manners", "is_up", "reason"),
    [
        (rude.answering(EXPOSITION + ESCAPED_QUOTES), True, ""),
        (rude.answering(EXPOSITION * 4000), True, ""),
        (rude.answering(b"\n" * 1_000_000), False, "answers, but is not a marax-exporter"),
        (
            rude.dripping(HEAD + b"\r\n" + EXPOSITION),
            False,
            "timed out after 5 s while waiting for its answer",
        ),
        (rude.flooding(HEAD + b"\r\nmarax_load1 1\n"), False, "its answer is larger than 1 MiB"),
        (
            rude.answering(gzip.compress(b"\0" * 50_000_000), headers=b"Content-Encoding: gzip\r\n"),
            False,
            "answers, but is not a marax-exporter",
        ),
        (rude.sending(HEAD + b"X: y\r\n" * 100_000), False, "its answer's header has no end"),
    ],
    ids=["escaped quotes", "many lines", "empty lines", "dripping", "endless", "gzip bomb", "many headers"],
)
def test_a_hostile_host_takes_no_time_of_the_others(manners, is_up, reason):
    started = time.monotonic()

    with rude.a_server(rude.answering(EXPOSITION)) as good, rude.a_server(manners) as hostile:
        hosts = [a_host(good, name=f"web-{i}") for i in range(19)]
        states = Probe(SystemClock(), Access()).ask([a_host(hostile, name="hostile"), *hosts])

    assert [state.is_up for state in states[1:]] == [True] * 19
    assert (states[0].is_up, states[0].reason) == (is_up, reason)
    assert time.monotonic() - started < 7


@pytest.mark.alone
def test_many_hostile_hosts_take_no_time_of_the_others():
    started = time.monotonic()

    with (
        rude.a_server(rude.answering(EXPOSITION), host="0.0.0.0") as good,
        rude.a_server(rude.answering(ESCAPED_QUOTES), host="0.0.0.0") as hostile,
    ):
        hosts = [a_host(hostile if i % 2 else good, host=f"127.1.0.{i + 1}", name=f"{i}") for i in range(40)]
        states = Probe(SystemClock(), Access()).ask(hosts)

    assert all(state.is_up for state in states[::2])
    assert time.monotonic() - started < 7


@given(st.lists(st.integers(1, 60), max_size=20), st.sampled_from([b"\n", b"\r\n"]))
def test_reads_the_same_however_an_exposition_is_cut_into_chunks(cuts, ending):
    exposition = (EXPOSITION + b"x" * 900 + b"\nmarax_load1 7\n" + b"marax_load1 " + b"1" * 900).replace(
        b"\n", ending
    )
    samples, rest = NeededSamples(), exposition
    for cut in cuts:
        samples.add(rest[:cut])
        rest = rest[cut:]
    samples.add(rest)

    assert samples.read() == read_samples(EXPOSITION)


@given(st.binary(max_size=200))
def test_no_exposition_raises(body):
    assert isinstance(read_samples(body + b"\nmarax_load1 " + body), dict | str)


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-1", "1e300"])
def test_a_value_that_no_host_can_have_is_not_known(value):
    assert read_samples(f"marax_load1 {value}\nmarax_cpus_online 2\n".encode()) == {"marax_cpus_online": 2.0}
