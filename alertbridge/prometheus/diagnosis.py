"""Which part does not answer, when the heartbeat has stopped."""

import asyncio
from collections.abc import Sequence

from alertbridge.http_get.getter import Answer, HttpGetter, NoAnswer, NotHttp, Request, TimedOut
from alertbridge.prometheus.answers import NotKnown, quoted
from alertbridge.prometheus.client import PrometheusApi
from alertbridge.prometheus.settings import HttpUrl

_BUDGET_SECONDS = 5.0
_LARGEST_BYTES = 64 * 1024
_ASKED_AT_MOST = 5


def diagnose(urls: Sequence[HttpUrl], heartbeat: str) -> str:
    """Return what has stopped, in a sentence: Prometheus, Alertmanager or the way between; within 5 s.

    Args:
        urls: Where the Prometheis are; none when that is not set.
        heartbeat: The name of the alert that always fires.
    """
    if not urls:
        return "Which part has stopped is not known: prometheus.url is not set."
    return asyncio.run(_diagnose_all(urls, heartbeat))


async def _diagnose_all(urls: Sequence[HttpUrl], heartbeat: str) -> str:
    found = await asyncio.gather(*(_diagnose(url, heartbeat) for url in urls))
    if len(set(found)) == 1:
        return found[0]
    return " ".join(f"{url}: {said}" for url, said in zip(urls, found, strict=True))


async def _diagnose(url: HttpUrl, heartbeat: str) -> str:
    deadline = asyncio.get_running_loop().time() + _BUDGET_SECONDS
    api = PrometheusApi(url, deadline=deadline)
    firing = await api.series(f'ALERTS{{alertname={quoted(heartbeat)},alertstate="firing"}}')
    if isinstance(firing, NotKnown):
        return f"Prometheus does not answer at {url}: {firing.reason}."
    if not firing:
        return f"Prometheus answers, but {heartbeat} is not firing: its rule is missing or not loaded."
    alertmanagers = await api.alertmanagers()
    if isinstance(alertmanagers, NotKnown) or not alertmanagers:
        return f"Prometheus answers and {heartbeat} is firing, but Prometheus has no Alertmanager to notify."
    return await _diagnose_alertmanagers(alertmanagers, deadline)


async def _diagnose_alertmanagers(urls: Sequence[str], deadline: float) -> str:
    silent = [
        f"{host}:{port}"
        for host, port, answers in await asyncio.gather(
            *(_ask(url, deadline) for url in urls[:_ASKED_AT_MOST])
        )
        if not answers
    ]
    if silent:
        return f"Prometheus answers; Alertmanager does not, at {', '.join(silent)}."
    return (
        "Prometheus and Alertmanager answer; the path from there to this bridge is broken: check the"
        " heartbeat's route, the webhook's URL and its token."
    )


async def _ask(url: str, deadline: float) -> tuple[str, int, bool]:
    try:
        parsed = HttpUrl.from_setting(url)
    except ValueError:
        return "an invalid address", 0, False
    path = f"{parsed.path.removesuffix('/api/v2/alerts')}/-/healthy"
    request = Request(host=parsed.host, port=parsed.port, path=path)
    match await HttpGetter().get(request, deadline=deadline, largest_bytes=_LARGEST_BYTES):
        case Answer():
            return parsed.host, parsed.port, True
        case TimedOut() | NoAnswer() | NotHttp():
            return parsed.host, parsed.port, False
