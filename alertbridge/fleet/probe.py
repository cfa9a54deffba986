"""Asking every host in the settings directly, all at once; works with Prometheus down, too."""

import asyncio
import resource
import socket
from collections.abc import Mapping, Sequence

from alertbridge.fleet.access import Access
from alertbridge.fleet.hosts import HostSettings
from alertbridge.fleet.question import Asked, Question
from alertbridge.fleet.reply import reply_of
from alertbridge.http_get.getter import HttpGetter, Resolve
from alertbridge.mail.host_facts import HostState, LastValues
from alertbridge.prometheus import exporter_metrics
from marax.clock import Clock

TIMEOUT_SECONDS = 5.0


class Probe:
    """Asks hosts with *access*, each within *timeout_seconds* of its own start, look-up and all."""

    def __init__(
        self,
        clock: Clock,
        access: Access,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._clock = clock
        self._access = access
        self._timeout_seconds = timeout_seconds
        self._getter = HttpGetter(resolve)

    def ask(self, hosts: Sequence[HostSettings]) -> tuple[HostState, ...]:
        """Return the state of each of *hosts*, in their order; one that fails in any way has its reason.

        What a host sends is read once all have answered: it takes none of the others' time.
        """
        answers = asyncio.run(self._ask_all(hosts))
        return tuple(self._state(host, *answer) for host, answer in zip(hosts, answers, strict=True))

    async def _ask_all(self, hosts: Sequence[HostSettings]) -> list[tuple[Asked, float]]:
        at_once = asyncio.Semaphore(_connections_allowed(len(hosts)))
        asked = []
        for host in hosts:
            asked.append(asyncio.create_task(self._ask(host, at_once)))
            # the hosts under way go first: on a slow machine starts wait, so that no deadline runs unserved
            await asyncio.sleep(0)
        return await asyncio.gather(*asked)

    async def _ask(self, host: HostSettings, at_once: asyncio.Semaphore) -> tuple[Asked, float]:
        """Return what came of asking *host*, and after how many seconds."""
        async with at_once:
            started = self._clock.monotonic_seconds()
            deadline = asyncio.get_running_loop().time() + self._timeout_seconds
            asked = await Question(self._getter, self._access, host, deadline).ask()
            return asked, self._clock.monotonic_seconds() - started

    def _state(self, host: HostSettings, asked: Asked, answer_seconds: float) -> HostState:
        reply = reply_of(asked, self._access, self._timeout_seconds)
        return HostState(
            name=host.name,
            address=str(host.address),
            is_up=reply.is_up,
            reason=reply.reason,
            values=_values(reply.samples) if reply.is_up else None,
            uptime_seconds=_uptime_seconds(reply.samples),
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
