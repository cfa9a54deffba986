"""The plain side of one TLS connection."""

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import Any

from marax.serving.tls import ServerTls

_READ_BYTES = 64 * 1024

logger = logging.getLogger(__name__)


class TlsTransport(asyncio.Transport):
    """A server's transport: what is written goes out encrypted through the one *below*; `feed` is the way in.

    It is OpenSSL between two memory buffers, as asyncio's own TLS is; but that one holds 256 KiB for every
    connection, silent ones included, and this one holds only what is under way.
    """

    def __init__(self, below: asyncio.Transport, tls: ServerTls) -> None:
        super().__init__()
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._terms = tls
        self._tls = tls.context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.is_secured = False

    def feed(self, data: bytes) -> bytes:
        """Return the plain text that *data* from the network completes; often none.

        Raises:
            ssl.SSLError: The handshake failed, the client may not come in, or the data are forged: close it.
        """
        self._incoming.write(data)
        plain = bytearray()
        try:
            if not self.is_secured:
                self._shake_hands()
            while piece := self._tls.read(_READ_BYTES):
                plain += piece
            self.close()  # the client has said that it is done
        except ssl.SSLWantReadError:
            pass
        finally:
            self._flush()  # what failed leaves an alert for the client
        return bytes(plain)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        while rest and not self.is_closing():
            rest = rest[self._tls.write(rest) :]
            self._flush()

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        with suppress(ssl.SSLError):  # it wants the client's farewell, which nobody waits for
            self._tls.unwrap()
        self._flush()

    def close(self) -> None:
        if self.is_closing():
            return
        self.write_eof()
        self._below.close()

    def abort(self) -> None:
        self._below.abort()

    def is_closing(self) -> bool:
        return self._below.is_closing()

    def pause_reading(self) -> None:
        self._below.pause_reading()

    def resume_reading(self) -> None:
        self._below.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "sslcontext":  # asyncio's sign of a secured transport
            return self._terms.context
        return self._below.get_extra_info(name, default)

    def _shake_hands(self) -> None:
        self._tls.do_handshake()
        if not self._terms.admits(self._tls.getpeercert()):
            peer = self._below.get_extra_info("peername")
            logger.warning("client certificate has no allowed name", extra={"client": peer and peer[0]})
            raise ssl.SSLCertVerificationError("the client's certificate has no allowed name")
        self.is_secured = True

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._below.write(self._outgoing.read())
