"""TLS for servers: what `tls_server_config` of a web config asks for -> a context and who may come in."""

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec

from marax.settings.document import Lines
from marax.settings.mistakes import Mistake, SettingsError

_OTHERS_MAY_READ_OR_WRITE = 0o006


class _ByName(Enum):
    """A choice that settings spell by its name, as Go's crypto/tls does."""

    @classmethod
    def from_setting(cls, value: object) -> Self:
        if isinstance(value, str) and value in cls.__members__:
            return cls[value]
        raise ValueError(cls.expected())

    @classmethod
    def expected(cls) -> str:
        return f"one of {', '.join(cls.__members__)}"


class ClientAuth(_ByName):
    """Whether a client has to show a certificate."""

    NoClientCert = ssl.CERT_NONE
    VerifyClientCertIfGiven = ssl.CERT_OPTIONAL
    RequireAndVerifyClientCert = ssl.CERT_REQUIRED

    @classmethod
    def expected(cls) -> str:
        never = "RequestClientCert and RequireAnyClientCert would admit unverified certificates"
        return f"{super().expected()} ({never})"


class CipherSuite(_ByName):
    """The suites of TLS 1.2 that Go calls secure, and OpenSSL's names for them."""

    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = "ECDHE-ECDSA-AES128-GCM-SHA256"
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = "ECDHE-ECDSA-AES256-GCM-SHA384"
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = "ECDHE-ECDSA-CHACHA20-POLY1305"
    TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA = "ECDHE-ECDSA-AES128-SHA"
    TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA = "ECDHE-ECDSA-AES256-SHA"
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = "ECDHE-RSA-AES128-GCM-SHA256"
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = "ECDHE-RSA-AES256-GCM-SHA384"
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = "ECDHE-RSA-CHACHA20-POLY1305"
    TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA = "ECDHE-RSA-AES128-SHA"
    TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA = "ECDHE-RSA-AES256-SHA"

    @classmethod
    def expected(cls) -> str:
        return f"{super().expected()} (those of TLS 1.3 are always on)"


class Curve(_ByName):
    """The curves for key exchange, and OpenSSL's names for them."""

    CurveP256 = "prime256v1"
    CurveP384 = "secp384r1"
    CurveP521 = "secp521r1"
    X25519 = "X25519"


FileName = Annotated[str, msgspec.Meta(min_length=1, description="the name of a file")]
TlsVersion = Annotated[
    Literal["TLS12", "TLS13"], msgspec.Meta(description="TLS12 or TLS13 (what is older is broken)")
]


class TlsServerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The `tls_server_config` of exporter-toolkit, as far as Python's ssl can honour it."""

    cert_file: FileName
    key_file: FileName
    client_auth_type: ClientAuth = ClientAuth.NoClientCert
    client_ca_file: FileName | None = None
    client_allowed_sans: tuple[str, ...] = ()
    min_version: TlsVersion = "TLS12"
    max_version: TlsVersion = "TLS13"
    cipher_suites: tuple[CipherSuite, ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """How a server speaks TLS.

    Attributes:
        context: For every new handshake.
        allowed_sans: A client's certificate must bear one of these names; none: every verified client may.
    """

    context: ssl.SSLContext
    allowed_sans: frozenset[str] = frozenset()

    def admits(self, certificate: Mapping[str, Any] | None) -> bool:
        """Return whether the client with this verified *certificate* (as of `getpeercert`) may come in."""
        if not self.allowed_sans:
            return True
        names = (certificate or {}).get("subjectAltName", ())
        return any(_canonical(kind, name) in self.allowed_sans for kind, name in names)


def server_tls(config: TlsServerConfig, file: Path) -> ServerTls:
    """Return what the *config* that stands in *file* asks for; its relative paths start beside *file*.

    Raises:
        SettingsError: A file it names cannot be used, or two of its keys contradict each other.
    """
    builder = _Builder(config, file)
    builder.check_keys()
    builder.check_files()
    if builder.mistakes:
        raise SettingsError(builder.mistakes)
    context = builder.context()
    if builder.mistakes:
        raise SettingsError(builder.mistakes)
    sans = frozenset(map(_canonical_ip, config.client_allowed_sans))
    return ServerTls(context=context, allowed_sans=sans)


class _Builder:
    def __init__(self, config: TlsServerConfig, file: Path) -> None:
        self._config = config
        self._file = file
        self._lines = Lines(file)
        self.mistakes: list[Mistake] = []

    def check_keys(self) -> None:
        config = self._config
        verifies = config.client_auth_type is not ClientAuth.NoClientCert
        if config.client_ca_file and not verifies:
            self._note("client_ca_file", "a CA, but client_auth_type NoClientCert", "both or neither")
        if verifies and not config.client_ca_file:
            self._note("client_ca_file", "nothing", f"the CA for {config.client_auth_type.name}")
        if (
            config.client_allowed_sans
            and config.client_auth_type is not ClientAuth.RequireAndVerifyClientCert
        ):
            found = f"names, but client_auth_type {config.client_auth_type.name}"
            self._note("client_allowed_sans", found, "client_auth_type RequireAndVerifyClientCert with it")
        if config.min_version > config.max_version:
            self._note("min_version", config.min_version, f"at most max_version, {config.max_version}")
        if len(config.curve_preferences) > 1:
            names = ", ".join(curve.name for curve in config.curve_preferences)
            self._note("curve_preferences", names, "a single curve, or none (Python's ssl supports only one)")

    def check_files(self) -> None:
        for key in ("cert_file", "key_file", "client_ca_file"):
            path = self._path(key)
            if path is None:
                continue
            try:
                with path.open("rb") as stream:
                    stream.read(1)
            except OSError as error:
                self._note(key, f"{path} ({error.strerror})", "a readable PEM file")
        self._check_secrecy()

    def _check_secrecy(self) -> None:
        key_file = self._path("key_file")
        if key_file is None or not key_file.exists():
            return
        mode = key_file.stat().st_mode & 0o777
        if mode & _OTHERS_MAY_READ_OR_WRITE:
            found = f"a private key that every user of this host can read or write (mode {mode:04o})"
            self._note("key_file", found, f"mode 0600 or 0640: chmod o-rwx {key_file}")

    def context(self) -> ssl.SSLContext:
        config = self._config
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = _VERSIONS[config.min_version]
        context.maximum_version = _VERSIONS[config.max_version]
        context.set_alpn_protocols(["http/1.1"])
        context.options |= ssl.OP_NO_RENEGOTIATION
        if not config.prefer_server_cipher_suites:
            context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
        if config.cipher_suites:
            context.set_ciphers(":".join(suite.value for suite in config.cipher_suites))
        for curve in config.curve_preferences:
            context.set_ecdh_curve(curve.value)
        context.verify_mode = config.client_auth_type.value
        self._load_certificates(context)
        return context

    def _load_certificates(self, context: ssl.SSLContext) -> None:
        certificate, key, authority = map(self._path, ("cert_file", "key_file", "client_ca_file"))
        try:
            # An encrypted key would otherwise be asked for on the terminal.
            context.load_cert_chain(str(certificate), key, password=lambda: "")
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                self._note("key_file", f"{key}, the key of another certificate", f"the key of {certificate}")
            else:
                found = f"{certificate} with {key} ({error.reason or 'not PEM'})"
                self._note("cert_file", found, "a PEM certificate and its PEM key without a passphrase")
        if authority is None:
            return
        try:
            context.load_verify_locations(authority)
        except ssl.SSLError as error:
            self._note("client_ca_file", f"{authority} ({error.reason or 'not PEM'})", "PEM certificates")

    def _path(self, key: str) -> Path | None:
        name: str | None = getattr(self._config, key)
        return None if name is None else self._file.parent / name

    def _note(self, key: str, found: str, expected: str) -> None:
        key = f"tls_server_config.{key}"
        line = self._lines.of(key)
        self.mistakes.append(Mistake(file=self._file, line=line, key=key, found=found, expected=expected))


_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}


def _canonical(kind: str, name: str) -> str:
    return _canonical_ip(name) if kind == "IP Address" else name


def _canonical_ip(name: str) -> str:
    """Return the one spelling of an IP address; any other *name* as it is."""
    try:
        return str(ipaddress.ip_address(name.strip()))
    except ValueError:
        return name
