"""What hosts are asked with: TLS, a client certificate, a password."""

import base64
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alertbridge.fleet.settings import StatusSettings
from marax.settings.document import Lines
from marax.settings.mistakes import Mistake, SettingsError
from marax.settings.secret import Secret, SecretFileError, read_secret


def _unverified() -> ssl.SSLContext:
    """Return TLS that takes every certificate: nothing secret is sent, and plain HTTP proves no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What hosts are asked with.

    Attributes:
        tls: For those that speak it; verifies their certificates, unless there is nothing secret to show.
        authorization: The password, for hosts that were verified and for this machine alone.
        has_certificate: Whether *tls* shows a client certificate.
    """

    tls: ssl.SSLContext = field(default_factory=_unverified)
    authorization: Secret | None = None
    has_certificate: bool = False


def read_access(settings: StatusSettings | None, file: Path) -> Access:
    """Return what `status:` in the settings *file* comes to, its files read.

    Raises:
        SettingsError: Every file that cannot be used.
    """
    if settings is None:
        return Access()
    lines = Lines(file)
    mistakes = [
        Mistake(
            file=file, line=lines.of(f"status.{key}"), key=f"status.{key}", found=found, expected=expected
        )
        for key, found, expected in _unusable(settings)
    ]
    if mistakes:
        raise SettingsError(mistakes)
    tls = ssl.create_default_context(cafile=settings.ca_file)
    if settings.cert_file is not None:
        _load_certificate(tls, settings)
    password = read_secret(settings.password_file) if settings.password_file else None
    return Access(
        tls=tls,
        authorization=None if password is None else _basic(settings.username or "", password),
        has_certificate=settings.cert_file is not None,
    )


def _unusable(settings: StatusSettings) -> Iterator[tuple[str, str, str]]:
    """Yield each file that cannot be used: its key, what it is, and what it should be."""
    trial = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if settings.password_file is not None:
            read_secret(settings.password_file)
    except SecretFileError as error:
        yield "password_file", str(error), "a readable file with one line"
    try:
        if settings.ca_file is not None:
            trial.load_verify_locations(settings.ca_file)
    except OSError as error:
        yield "ca_file", f"{settings.ca_file} ({_why(error)})", "a readable file of PEM certificates"
    yield from _unusable_certificate(settings, trial)


def _unusable_certificate(settings: StatusSettings, trial: ssl.SSLContext) -> Iterator[tuple[str, str, str]]:
    for key, file in (("cert_file", settings.cert_file), ("key_file", settings.key_file)):
        try:
            if file is not None:
                with file.open("rb") as stream:
                    stream.read(1)
        except OSError as error:
            yield key, f"{file} ({_why(error)})", "a readable PEM file"
            return
    try:
        if settings.cert_file is not None:
            _load_certificate(trial, settings)
    except ssl.SSLError as error:
        found = f"{settings.cert_file} with {settings.key_file} ({_why(error)})"
        yield "cert_file", found, "a PEM certificate and its PEM key without a passphrase"


def _load_certificate(tls: ssl.SSLContext, settings: StatusSettings) -> None:
    # an encrypted key would otherwise be asked for on the terminal
    tls.load_cert_chain(str(settings.cert_file), settings.key_file, password=lambda: "")


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").lower().replace("_", " ")
    return error.strerror or "not readable"


def _basic(user: str, password: Secret) -> Secret:
    pair = f"{user}:{password.reveal()}".encode()
    return Secret("Basic " + base64.b64encode(pair).decode())
