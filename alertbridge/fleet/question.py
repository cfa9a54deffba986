"""Asking one host: over plain HTTP or TLS, with what it may be shown, and again where it meets that badly."""

import ssl
from dataclasses import dataclass
from urllib.parse import urlencode

from alertbridge.fleet.access import Access
from alertbridge.fleet.hosts import HostSettings
from alertbridge.fleet.samples import NeededSamples
from alertbridge.http_get.errors import Failure
from alertbridge.http_get.getter import Answer, HttpGetter, NoAnswer, NotHttp, Outcome, Request
from alertbridge.prometheus import exporter_metrics
from marax.settings.addresses import is_loopback

_LARGEST_BYTES = 1024 * 1024
_CHEAP = "/metrics?" + urlencode([("collect[]", name) for name in exporter_metrics.HOST_COLLECTORS])
_ALL = "/metrics"
_TEXT_FORMAT = "text/plain; version=0.0.4"
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking a host.

    Attributes:
        outcome: Its answer, or why there is none.
        samples: What the body of its answer held; nobody has read it yet.
        is_password_shown: Whether it was asked with a password.
    """

    outcome: Outcome
    samples: NeededSamples
    is_password_shown: bool


class Question:
    """Asks *host* until *deadline*, by *getter*, with what *access* has."""

    def __init__(self, getter: HttpGetter, access: Access, host: HostSettings, deadline: float) -> None:
        self._getter = getter
        self._access = access
        self._host = host
        self._deadline = deadline

    async def ask(self) -> Asked:
        """Return what comes of it.

        A host that is to be spoken to in plain HTTP and knows only TLS is asked over TLS, as Prometheus' job
        may have `scheme: https`.
        """
        if self._host.scheme == "https":
            return await self._ask_secured()
        asked = await self._filtered(None)
        if _is_bad_request(asked.outcome) or isinstance(asked.outcome, NotHttp):  # how servers meet no TLS
            secured = await self._filtered(self._access.tls)
            return secured if _speaks_tls(secured.outcome) else asked
        return asked

    async def _ask_secured(self) -> Asked:
        asked = await self._filtered(self._access.tls)
        match asked.outcome:
            case NotHttp() | NoAnswer(failure=Failure.TLS):
                plain = await self._get(_CHEAP, None)
            case _:
                return asked
        if not isinstance(plain.outcome, Answer) or _is_bad_request(plain.outcome):
            return asked
        said = NoAnswer(reason="speaks plain HTTP, not TLS", failure=Failure.TLS)
        return Asked(outcome=said, samples=plain.samples, is_password_shown=False)

    async def _filtered(self, tls: ssl.SSLContext | None) -> Asked:
        asked = await self._get(_CHEAP, tls)
        return await self._get(_ALL, tls) if _is_bad_request(asked.outcome) else asked

    async def _get(self, path: str, tls: ssl.SSLContext | None) -> Asked:
        address, samples = self._host.address, NeededSamples()
        may_show = tls is not None or is_loopback(address.host)
        authorization = self._access.authorization if may_show else None
        request = Request(
            host=address.host,
            port=address.port,
            path=path,
            accept=_TEXT_FORMAT,
            tls=tls,
            authorization=authorization,
        )
        outcome = await self._getter.get(
            request, deadline=self._deadline, largest_bytes=_LARGEST_BYTES, into=samples
        )
        return Asked(outcome=outcome, samples=samples, is_password_shown=authorization is not None)


def _is_bad_request(outcome: Outcome) -> bool:
    return isinstance(outcome, Answer) and outcome.status == _BAD_REQUEST


def _speaks_tls(outcome: Outcome) -> bool:
    match outcome:
        case Answer() | NoAnswer(failure=Failure.CERTIFICATE | Failure.WANTS_CERTIFICATE):
            return True
        case _:
            return False
