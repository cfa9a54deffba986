"""How hosts are asked that want TLS, a certificate or a password."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

# RFC 7617: a name ends at its colon
UserName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^:\x00-\x1f\x7f]{1,255}\Z", description="a name without a colon, such as prometheus"
    ),
]


class StatusSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `status` and `report` show to hosts, and whom they trust.

    Attributes:
        ca_file: The certificates that those of hosts are signed by; those of the system when it is None.
        username: Who logs in; nobody when it is None.
        password_file: Holds that user's password on one line.
        cert_file: The client certificate that is shown; none when it is None.
        key_file: Its key.
    """

    ca_file: Path | None = None
    username: UserName | None = None
    password_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """Yield what cannot be meant: a key, what is there, and what should be."""
        for one, other in (("username", "password_file"), ("cert_file", "key_file")):
            for there, missing in ((one, other), (other, one)):
                if getattr(self, there) is not None and getattr(self, missing) is None:
                    yield missing, "nothing", f"one, as there is a `{there}`"
