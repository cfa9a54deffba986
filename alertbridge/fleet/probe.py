"""Asking every host in the settings directly, all at once; works with Prometheus down, too."""

import asyncio
import re
import resource
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import assert_never
from urllib.parse import urlencode

from prometheus_client.parser import text_string_to_metric_families

from alertbridge.fleet.hosts import HostSettings
from alertbridge.http_get import Answer, HttpGetter, NoAnswer, NotHttp, Outcome, Request, Resolve, TimedOut
from alertbridge.mail.host_facts import HostState, LastValues
from alertbridge.prometheus import exporter_metrics
from marax.clock import Clock

TIMEOUT_SECONDS = 5.0

_LARGEST_BYTES = 1024 * 1024
_CHEAP = "/metrics?" + urlencode([("collect[]", name) for name in exporter_metrics.HOST_COLLECTORS])
_ALL = "/metrics"
_TEXT_FORMAT = "text/plain; version=0.0.4"
_OURS = re.compile(rb"(?m)^marax_[a-z]")
_NEEDED = "|".join((*exporter_metrics.VALUES, *exporter_metrics.BOOT)).encode()
_SAMPLES = re.compile(rb"(?m)^(?:%b)[ \t{][^\r\n]*" % _NEEDED)
_BAD_REQUEST = 400
_BEYOND_ANY_HOST = 1e18  # a byte count or an epoch of more is nonsense, and so is NaN
_MEANING = {
    301: "redirects elsewhere",
    302: "redirects elsewhere",
    307: "redirects elsewhere",
    308: "redirects elsewhere",
    401: "requires a login for /metrics",
    403: "denies access to /metrics",
    404: "has no /metrics",
    503: "is overloaded or starting",
}


class Probe:
    """Asks hosts, over TLS if need be, each within *timeout_seconds* of its own start, look-up and all."""

    def __init__(
        self, clock: Clock, *, timeout_seconds: float = TIMEOUT_SECONDS, resolve: Resolve = socket.getaddrinfo
    ) -> None:
        self._clock = clock
        self._tls = _unverified()
        self._timeout_seconds = timeout_seconds
        self._getter = HttpGetter(resolve)

    def ask(self, hosts: Sequence[HostSettings]) -> tuple[HostState, ...]:
        """Return the state of each of *hosts*, in their order; one that fails in any way has its reason."""
        return asyncio.run(self._ask_all(hosts))

    async def _ask_all(self, hosts: Sequence[HostSettings]) -> tuple[HostState, ...]:
        at_once = asyncio.Semaphore(_connections_allowed(len(hosts)))
        asked = []
        for host in hosts:
            asked.append(asyncio.create_task(self._ask(host, at_once)))
            # the hosts under way go first: on a slow machine starts wait, so that no deadline runs unserved
            await asyncio.sleep(0)
        return tuple(await asyncio.gather(*asked))

    async def _ask(self, host: HostSettings, at_once: asyncio.Semaphore) -> HostState:
        async with at_once:
            started = self._clock.monotonic_seconds()
            deadline = asyncio.get_running_loop().time() + self._timeout_seconds
            outcome = await self._get(host, _CHEAP, deadline)
            if _is_bad_request(outcome):  # an exporter without filters
                outcome = await self._get(host, _ALL, deadline)
            if _is_bad_request(outcome) or isinstance(outcome, NotHttp):  # how servers meet a lack of TLS
                secured = await self._get(host, _ALL, deadline, tls=self._tls)
                outcome = secured if isinstance(secured, Answer) else outcome
            answer_seconds = self._clock.monotonic_seconds() - started
        return _state(host, self._samples(outcome), answer_seconds)

    async def _get(
        self, host: HostSettings, path: str, deadline: float, *, tls: ssl.SSLContext | None = None
    ) -> Outcome:
        address = host.address
        request = Request(host=address.host, port=address.port, path=path, accept=_TEXT_FORMAT, tls=tls)
        return await self._getter.get(request, deadline=deadline, largest_bytes=_LARGEST_BYTES)

    def _samples(self, outcome: Outcome) -> Mapping[str, float] | str:
        match outcome:
            case Answer(status=200, body=body):
                return read_samples(body)
            case Answer(status=status):
                return f"HTTP {status}" + (f": {_MEANING[status]}" if status in _MEANING else "")
            case TimedOut(stage=stage):
                return f"timed out after {self._timeout_seconds:g} s while {stage}"
            case NoAnswer(reason=reason) | NotHttp(reason=reason):
                return reason
            case _:
                assert_never(outcome)


def read_samples(exposition: bytes) -> Mapping[str, float] | str:
    """Return the samples of a marax-exporter that a report needs, by metric name, or what is wrong instead.

    Only their lines are parsed: an exposition may be large, and a thousand may come at once.
    """
    if not _OURS.search(exposition):
        return "answers, but is not a marax-exporter"
    lines = b"".join(line + b"\n" for line in _SAMPLES.findall(exposition)).decode(errors="replace")
    try:
        families = list(text_string_to_metric_families(lines))
    except ValueError:
        return "answers, but not in Prometheus' text format"
    samples = {sample.name: float(sample.value) for family in families for sample in family.samples}
    return {name: value for name, value in samples.items() if 0 <= value < _BEYOND_ANY_HOST}


def _is_bad_request(outcome: Outcome) -> bool:
    return isinstance(outcome, Answer) and outcome.status == _BAD_REQUEST


def _unverified() -> ssl.SSLContext:
    """Return TLS that takes every certificate: nothing secret is sent, and plain HTTP proves no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _state(host: HostSettings, samples: Mapping[str, float] | str, answer_seconds: float) -> HostState:
    failure = samples if isinstance(samples, str) else ""
    known = {} if isinstance(samples, str) else samples
    return HostState(
        name=host.name,
        address=str(host.address),
        is_up=not failure,
        reason=failure,
        values=None if failure else _values(known),
        uptime_seconds=_uptime_seconds(known),
        answer_seconds=answer_seconds,
    )


def _values(samples: Mapping[str, float]) -> LastValues:
    return LastValues(
        cpu_ratio=samples.get(exporter_metrics.CPU_USAGE_RATIO),
        memory_ratio=samples.get(exporter_metrics.MEMORY_USAGE_RATIO),
        memory_total_bytes=samples.get(exporter_metrics.MEMORY_TOTAL_BYTES),
        load1=samples.get(exporter_metrics.LOAD1),
        cpus=samples.get(exporter_metrics.CPUS_ONLINE),
    )


def _uptime_seconds(samples: Mapping[str, float]) -> float | None:
    """Return the uptime by the host's own clock, whatever ours says."""
    booted, now = map(samples.get, exporter_metrics.BOOT)
    return None if now is None or booted is None else max(0.0, now - booted)


def _connections_allowed(hosts: int) -> int:
    """Return how many hosts may be asked at once, after letting this process open as many files as it may."""
    wanted = 2 * hosts + 64  # a connection and a name look-up each, and what is open already
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, hosts if soft == resource.RLIM_INFINITY else (soft - 64) // 2)
