"""A mail, ready to be sent: what rendering makes and delivery carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineImage:
    """A PNG that the HTML part shows as `<img src="cid:NAME">`."""

    name: str
    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedText:
    """A text file that comes with the mail: what would not fit into it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one person.

    Attributes:
        sender: As in the From header: `marax <alerts@mg.example.org>`.
        recipient: The bare address.
        recipient_name: What stands before it in the To header; any text, or empty.
        subject: One line, at most 78 characters.
        text: The plain part; says all that the HTML part says.
        html: The HTML part.
        message_id: With its angle brackets; the same whenever the same notice is sent again.
        thread_root: The Message-Id that In-Reply-To and References name; None for the root itself.
        headers: Further headers, by name.
        images: What the HTML part refers to by `cid:`.
        attachments: Files beside the two parts.
    """

    sender: str
    recipient: str
    recipient_name: str = ""
    subject: str
    text: str
    html: str
    message_id: str
    thread_root: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    images: tuple[InlineImage, ...] = ()
    attachments: tuple[AttachedText, ...] = ()

    def all_headers(self) -> dict[str, str]:
        """Return Message-Id, the thread's headers and the further ones, by name."""
        thread = {"In-Reply-To": self.thread_root, "References": self.thread_root}
        threaded = {name: root for name, root in thread.items() if root is not None}
        return {"Message-Id": self.message_id, **threaded, **self.headers}
