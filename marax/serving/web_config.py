"""The web config: the file that exporters of the Prometheus family take as `--web.config.file`.

Format: https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md. What marax
cannot honour is refused, never passed over.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Never

import msgspec

from marax.serving.basic_auth import BasicAuth, BcryptHash
from marax.serving.tls import ServerTls, TlsServerConfig, server_tls
from marax.settings.reader import read_settings

_HeaderValue = Annotated[
    str, msgspec.Meta(pattern=r"\A[\x20-\x7e]*\Z", description="a header's value, of printable ASCII")
]
_Nosniff = Annotated[Literal["", "nosniff"], msgspec.Meta(description="nosniff")]
_Framing = Annotated[Literal["", "deny", "sameorigin"], msgspec.Meta(description="deny or sameorigin")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """How a server meets its clients.

    Attributes:
        tls: None for plain HTTP.
        basic_auth: What asks for a name and a password where the server wants one; None to ask for none.
        headers: Lower-case names and values that every answer bears, unless it bears that name already.
    """

    tls: ServerTls | None = None
    basic_auth: BasicAuth | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()


def read_web_config(path: Path) -> WebConfig:
    """Return what the web config file at *path* asks for, its certificates loaded.

    Raises:
        SettingsError: The file, or a file that it names, cannot be used.
    """
    file = read_settings(path, _File)
    tls = server_tls(file.tls_server_config, path) if file.tls_server_config else None
    basic_auth = BasicAuth(file.basic_auth_users) if file.basic_auth_users else None
    return WebConfig(tls=tls, basic_auth=basic_auth, headers=_headers(file.http_server_config))


class _OnlyHttp1:
    @classmethod
    def from_setting(cls, value: object) -> bool:
        if value is False:
            return value
        raise ValueError("false, or no such key: marax supports HTTP/1.1 only")


class _NotSupported:
    @classmethod
    def from_setting(cls, _value: object) -> Never:
        raise ValueError("no such key: marax does not support it yet")


class _Headers(msgspec.Struct, frozen=True, kw_only=True):
    content_security_policy: _HeaderValue = msgspec.field(name="Content-Security-Policy", default="")
    strict_transport_security: _HeaderValue = msgspec.field(name="Strict-Transport-Security", default="")
    x_content_type_options: _Nosniff = msgspec.field(name="X-Content-Type-Options", default="")
    x_frame_options: _Framing = msgspec.field(name="X-Frame-Options", default="")
    x_xss_protection: _HeaderValue = msgspec.field(name="X-XSS-Protection", default="")


class _HttpServerConfig(msgspec.Struct, frozen=True, kw_only=True):
    http2: _OnlyHttp1 | None = None
    headers: _Headers | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True):
    tls_server_config: TlsServerConfig | None = None
    http_server_config: _HttpServerConfig | None = None
    basic_auth_users: dict[str, BcryptHash] | None = None
    rate_limit: _NotSupported | None = None


def _headers(config: _HttpServerConfig | None) -> tuple[tuple[bytes, bytes], ...]:
    if config is None or config.headers is None:
        return ()
    values = msgspec.to_builtins(config.headers)
    return tuple((name.lower().encode(), value.encode()) for name, value in values.items() if value)
