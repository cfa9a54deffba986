"""Where Prometheus is, as the settings say it."""

import base64
import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

import msgspec

from marax.settings.secret import Secret

_LONGEST_NAME = 254
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]{2,45}")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%-]*)*")
_NOT_IN_A_URL = re.compile(r"[?#\s\x00-\x1f\x7f-\x9f]")
_PAGES = (
    *("/graph", "/query", "/alerts", "/targets", "/rules", "/config", "/flags", "/status", "/tsdb-status"),
    *("/service-discovery", "/alertmanager-discovery", "/classic", "/new", "/api/v1", "/api"),
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpUrl:
    """The address of a server that speaks HTTP, and the path before all of its own; shows no password.

    Attributes:
        scheme: `http` or `https`.
        host: A name or an IP address, without brackets.
        port: From 1 to 65535.
        path: Empty, or begins with a slash and does not end with one.
        authorization: The Authorization header that the URL's user and password make; None without them.
    """

    scheme: str
    host: str
    port: int
    path: str
    authorization: Secret | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the URL that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        url = cls._parsed(value) if isinstance(value, str) else None
        if url is None:
            raise ValueError("an http or https URL such as http://127.0.0.1:9090")
        return url

    @classmethod
    def _parsed(cls, text: str) -> Self | None:
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            return None
        host = parts.hostname or ""
        if not _is_host(host) or not _PATH.fullmatch(parts.path) or _NOT_IN_A_URL.search(text):
            return None
        if parts.scheme not in _DEFAULT_PORTS or port == 0:
            return None
        return cls(
            scheme=parts.scheme,
            host=host,
            port=port or _DEFAULT_PORTS[parts.scheme],
            path=parts.path.rstrip("/"),
            authorization=_basic(parts.username, parts.password),
        )


class PrometheusSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who scrapes the hosts: one Prometheus as `url`, or several as `urls`, of a pair or of shards."""

    url: HttpUrl | None = None
    urls: tuple[HttpUrl, ...] | None = None

    @property
    def all_urls(self) -> tuple[HttpUrl, ...]:
        """All of them, one at least."""
        return self.urls or (() if self.url is None else (self.url,))

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """Yield what cannot be meant: a key, what is there, and what should be."""
        if self.url is not None and self.urls is not None:
            yield "urls", "a list beside `url`", "one of both keys"
        elif self.urls == ():
            yield "urls", "an empty list", "one address at least"
        elif self.url is None and self.urls is None:
            yield "", "neither `url` nor `urls`", "one of both keys"
        for number, url in enumerate(self.urls or ()):
            if str(url) in map(str, (self.urls or ())[:number]):
                yield f"urls[{number}]", f"{url} again", "an address that no other has"
            yield from _page(f"urls[{number}]", url)
        if self.url is not None:
            yield from _page("url", self.url)


def _is_host(host: str) -> bool:
    shape = _IPV6 if ":" in host else _NAME
    return len(host) <= _LONGEST_NAME and shape.fullmatch(host) is not None


def _page(key: str, url: HttpUrl) -> Iterator[tuple[str, str, str]]:
    """Yield the mistake that *url* is that of a page in a browser, and not Prometheus' own."""
    path = url.path
    while ended := next((page for page in _PAGES if path.endswith(page)), ""):
        path = path.removesuffix(ended)
    if path != url.path:
        address = dataclasses.replace(url, path=path)
        yield key, f"the address of a page, {url.path}", f"Prometheus' own, {address}"


def _basic(user: str | None, password: str | None) -> Secret | None:
    if user is None:
        return None
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return Secret("Basic " + base64.b64encode(pair.encode()).decode())
