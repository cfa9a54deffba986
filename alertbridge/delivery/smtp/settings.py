"""The settings of the failover transport, a mail server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from alertbridge.delivery.smtp.hello import is_hello
from alertbridge.mail.address import Sender
from marax.settings.addresses import Address
from marax.settings.durations import Seconds

TLS_PORT = 465

SmtpHost = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9:](?:[A-Za-z0-9_.:-]{0,252})\Z",
        description="the name or IP address of a mail server, such as smtp.example.org",
    ),
]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535, description="a port from 1 to 65535")]


class SmtpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The mail server that sends while the primary transport is failing.

    Attributes:
        host: Its name, which its certificate must bear.
        port: Where it takes mail; on 465 it speaks TLS from the first byte.
        sender: What the From header says instead of the primary transport's.
        user: Who logs in; nobody when it is None.
        password_file: Holds that user's password on one line.
        hello: What EHLO says that this host is called; None for its own name, or the address it calls from.
        starttls: Whether the connection must turn to TLS before anything of a mail is said.
        after_seconds: How long the primary transport must have been failing.
    """

    host: SmtpHost
    port: Port = 587
    sender: Sender | None = msgspec.field(name="from", default=None)
    user: str | None = None
    password_file: Path | None = None
    hello: str | None = None
    starttls: bool = True
    after_seconds: Seconds = msgspec.field(name="after", default=Seconds(300))

    def site(self) -> str:
        """Return the server as people write it."""
        return str(Address(self.host, self.port))

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """Yield what cannot be meant: a key, what is there, and what should be."""
        if self.hello is not None and not is_hello(self.hello):
            expected = (
                "a full name of this host, such as alerts.example.org, or [192.0.2.1] or [IPv6:2001:db8::1]"
            )
            yield "hello", f"{self.hello!r}", expected
        if self.user is not None and self.password_file is None:
            yield "password_file", "nothing", "a path, as there is a `user`"
        if self.user is None and self.password_file is not None:
            yield "user", "nothing", "text, as there is a `password_file`"
        if self.user is not None and not self.starttls and self.port != TLS_PORT:
            yield "starttls", "false", f"true, or port {TLS_PORT}: a password does not travel in the open"
