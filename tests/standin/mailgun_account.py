"""An account at Mailgun: what it has accepted, and what it answers."""

import json
import threading
from base64 import b64encode
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from marax.clock import SystemClock
from tests.standin.mailgun_events import page_of
from tests.standin.mailgun_faults import FORBIDDEN_KEY, MAGNIFICENT, Fault, Faults, Reply, reply_of, saying
from tests.standin.mailgun_rules import Form, FormError, read_form, what_is_wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An accepted message.

    Attributes:
        unix_seconds: When it was accepted.
        message_id: Its Message-Id header, with the angle brackets.
        to: The bare addresses that it goes to.
        to_header: The same as its sender wrote it.
        options: The `o:` fields.
        images: The inline files, by name.
        attachments: The attached ones, by name.
        fault: What kept the sender from hearing of it; empty when it heard.
    """

    unix_seconds: float
    message_id: str
    sender: str
    to: list[str]
    to_header: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    options: dict[str, str]
    images: dict[str, bytes]
    attachments: dict[str, bytes]
    fault: str

    def as_json(self) -> str:
        """Return it on one line, the files in base64."""
        files = {
            field: {name: b64encode(content).decode() for name, content in named.items()}
            for field, named in (("images", self.images), ("attachments", self.attachments))
        }
        return json.dumps(asdict(self) | files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an account differs from others.

    Attributes:
        domain: The only domain there is.
        api_key: The key that may do everything.
        sending_key: A key that may only send; none when it is empty.
        record: A file that gets each accepted message, as a line of JSON.
        wait_seconds: How long the limits of the `429-...` faults last.
        events_lag_seconds: How long after a message was accepted the events first tell of it.
    """

    domain: str = "mg.example.org"
    api_key: str = "key-0123456789abcdef"
    sending_key: str = ""
    record: Path | None = None
    wait_seconds: float = 2.0
    events_lag_seconds: float = 0.0


class Account:
    """One account with one domain; threads may share it."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        keys = [manner.api_key, *([manner.sending_key] if manner.sending_key else [])]
        self._may_do_all, *self._may_send = map(_authorization, keys)
        self._clock = SystemClock()
        self._faults = Faults()
        self._messages: list[Message] = []
        self._lock = threading.Lock()

    @property
    def messages(self) -> list[Message]:
        """What has been accepted so far."""
        with self._lock:
            return list(self._messages)

    def misbehave(self, faults: Faults) -> None:
        """Let *faults* happen from now on."""
        with self._lock:
            self._faults = faults

    def refusal(self, path: str, authorization: str) -> Reply | None:
        """Return why a POST to *path* is not looked at any further, or None."""
        return self._refusal(path, "messages", authorization in (self._may_do_all, *self._may_send))

    def events(self, target: str, authorization: str) -> tuple[Reply, Fault | None]:
        """Return the answer to a GET of *target*, and what happens to that answer on its way."""
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if refusal := self._refusal(path, "events", authorization == self._may_do_all):
            return refusal, None
        now = self._clock.unix_seconds()
        with self._lock:
            fault = self._faults.draw()
            if fault is not None and not fault.accepts:
                return reply_of(fault, now=now, wait_seconds=self._manner.wait_seconds), fault
            lag = self._manner.events_lag_seconds
            known = [one for one in self._messages if one.unix_seconds + lag <= now]
        return page_of(known, query, f"https://api.mailgun.net{path}"), None

    def post(self, content_type: str, body: bytes) -> tuple[Reply, Fault | None]:
        """Return the answer to a message, and what happens to that answer on its way."""
        with self._lock:
            fault = self._faults.draw()
            if fault is not None and not fault.accepts:
                now = self._clock.unix_seconds()
                return reply_of(fault, now=now, wait_seconds=self._manner.wait_seconds), fault
            try:
                form = read_form(content_type, body)
            except FormError as error:
                return saying(400, str(error)), fault
            if wrong := what_is_wrong(form):
                return saying(400, wrong), fault
            message = self._accept(form, fault)
        if fault is Fault.INTERNAL_ACCEPTED:
            return saying(500, "Internal Server Error"), fault
        return saying(200, "Queued. Thank you.", id=message.message_id), fault

    def _refusal(self, path: str, room: str, may: bool) -> Reply | None:  # noqa: FBT001 - a value
        if not path.startswith("/v3/") or not path.endswith(f"/{room}"):
            return MAGNIFICENT
        if not may:
            return FORBIDDEN_KEY
        if path != f"/v3/{self._manner.domain}/{room}":
            return saying(404, f"Domain not found: {path.split('/')[2]}")
        return None

    def _accept(self, form: Form, fault: Fault | None) -> Message:
        now = self._clock.unix_seconds()
        message = Message(
            unix_seconds=now,
            message_id=form.message_id() or f"<{now}.{len(self._messages)}@{self._manner.domain}>",
            sender=form.first("from"),
            to=form.recipients(),
            to_header=form.first("to"),
            subject=form.first("subject"),
            text=form.first("text"),
            html=form.first("html"),
            headers=form.under("h:"),
            options=form.under("o:"),
            images={name: content for field, name, content in form.files if field == "inline"},
            attachments={name: content for field, name, content in form.files if field == "attachment"},
            fault=fault or "",
        )
        self._messages.append(message)
        if self._manner.record:
            with self._manner.record.open("a") as file:
                file.write(message.as_json() + "\n")
        return message


def _authorization(key: str) -> str:
    return "Basic " + b64encode(f"api:{key}".encode()).decode()
