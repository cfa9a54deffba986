"""What Mailgun tells the bridge of a mail, signed as Mailgun signs it."""

import hmac
import json
import secrets
import urllib.request
from hashlib import sha256

from marax.clock import SystemClock
from tests.alertbridge.installed import Served
from tests.waiting import PATIENCE_SECONDS

SIGNING_KEY = "signing-key"


def tell(bridge: Served, event: str, message_id: str, **more: object) -> str:
    """Post that an *event* happened to a mail, and return the answer."""
    now, token = SystemClock().unix_seconds(), secrets.token_hex(25)
    digest = hmac.new(SIGNING_KEY.encode(), f"{now:.0f}{token}".encode(), sha256).hexdigest()
    told = {
        "signature": {"timestamp": f"{now:.0f}", "token": token, "signature": digest},
        "event-data": {
            "event": event,
            "timestamp": now,
            "message": {"headers": {"message-id": message_id.strip("<>")}},
            **more,
        },
    }
    request = urllib.request.Request(f"{bridge.url}/mailgun/events", json.dumps(told).encode())
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        text: str = answer.read().decode()
        return text
