"""Mailgun's events as its API tells them; pure."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.standin.mailgun_faults import Reply

if TYPE_CHECKING:
    from tests.standin.mailgun_account import Message

_MOST = 100


def event_of(message: "Message", kind: str, unix_seconds: float, **more: Any) -> dict[str, Any]:
    """Return the event that *kind* of thing happened to *message*."""
    named = f"{message.message_id} {kind} {unix_seconds}"
    return {
        "event": kind,
        "id": sha256(named.encode()).hexdigest()[:22],
        "timestamp": unix_seconds,
        "recipient": message.to[0],
        "tags": [],
        "user-variables": {},
        "flags": {"is-authenticated": True, "is-test-mode": False},
        "message": {
            "headers": {
                "to": ", ".join(message.to),
                "message-id": message.message_id.strip("<>"),
                "from": message.sender,
                "subject": message.subject,
            },
            "attachments": [],
            "size": len(message.text) + len(message.html),
        },
        **more,
    }


def page_of(messages: Sequence["Message"], query: Mapping[str, str], url: str) -> Reply:
    """Return the first page of what was accepted, newest first, as far as *query* asks for it."""
    asked = query.get("message-id")
    events = [
        event_of(message, "accepted", message.unix_seconds, method="http")
        for message in reversed(messages)
        if asked is None or asked in message.message_id.strip("<>")  # a filter finds parts, too
    ]
    limit = min(int(query.get("limit", _MOST)), _MOST)
    paging = {name: f"{url}/{quote(name)}" for name in ("next", "previous", "first", "last")}
    body = json.dumps({"items": events[:limit], "paging": paging}).encode()
    return Reply(200, body, {"Content-Type": "application/json"})
