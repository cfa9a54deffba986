"""Why a connection came to nothing, in words and without text from outside."""

import asyncio
import socket
import ssl
from enum import Enum, auto

_TLS_RECORD = b"\x15\x03"  # an alert, with which TLS meets plain text
_WORDS: dict[type[OSError], str] = {
    ConnectionRefusedError: "connection refused",
    ConnectionError: "connection reset",
}
# https://docs.openssl.org/master/man1/openssl-verification-options/#diagnostics
_CERTIFICATE_WORDS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is signed by itself, and not trusted",
    19: "its certificate is signed by an unknown CA",
    20: "its certificate is signed by an unknown CA",
    62: "its certificate is for another name",
    64: "its certificate is for another IP address",
}
# What a server says of a client's certificate, or of the lack of one: RFC 8446 6.2
_REFUSED_CERTIFICATE = (
    *("BAD_CERTIFICATE", "CERTIFICATE_REQUIRED", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED"),
    *("CERTIFICATE_UNKNOWN", "UNSUPPORTED_CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"),
)
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")


class Failure(Enum):
    """Of what kind it is that no answer can be had."""

    NETWORK = auto()  # no connection, or a lost one
    TLS = auto()  # connected, but TLS was not agreed on
    CERTIFICATE = auto()  # the far side's certificate is not to be trusted
    WANTS_CERTIFICATE = auto()  # the far side takes no client without a certificate, or not with this one


def failure_of(error: OSError | UnicodeError) -> tuple[Failure, str]:
    """Return what *error* means: of what kind it is, and in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = _CERTIFICATE_WORDS.get(error.verify_code)
        return Failure.CERTIFICATE, words or f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return _tls_failure(error.reason or "")
    return Failure.NETWORK, _network_words(error)


def manners(error: Exception) -> str:
    """Return what the far side did instead of sending a whole answer."""
    if isinstance(error, ConnectionResetError):
        return "connection reset"
    if not isinstance(error, asyncio.IncompleteReadError):
        return "its answer's header has no end"
    if not error.partial:
        return "closed the connection without an answer"
    return not_http(error.partial) if error.partial.startswith(_TLS_RECORD) else "broke off its answer"


def not_http(received: bytes) -> str:
    """Return what is *received* instead of an HTTP answer."""
    return "speaks TLS, not plain HTTP" if received.startswith(_TLS_RECORD) else "does not speak HTTP"


def _tls_failure(reason: str) -> tuple[Failure, str]:
    if "ALERT" in reason and reason.partition("ALERT_")[2] in _REFUSED_CERTIFICATE:
        return Failure.WANTS_CERTIFICATE, "wants a client certificate that it trusts"
    if reason in _NOT_TLS:
        return Failure.TLS, "does not speak TLS"
    if reason.endswith("HANDSHAKE_FAILURE"):
        return Failure.TLS, "refuses TLS: it wants a client certificate, or other ciphers"
    return Failure.TLS, "TLS failed"


def _network_words(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "no such name"  # a label of it is empty or too long
    if isinstance(error, socket.gaierror):
        unsure = error.errno == socket.EAI_AGAIN
        return "its name cannot be looked up: no name server answers" if unsure else "no such name"
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words
    return (error.strerror or type(error).__name__).lower()
