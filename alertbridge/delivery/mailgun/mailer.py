"""Mail through Mailgun's messages API."""

import io
import threading

from alertbridge.delivery.deadline import DEFAULT_TIMEOUTS, Timeouts
from alertbridge.delivery.mailer import Ambiguous, MessageRefused, NotSent, Outcome
from alertbridge.delivery.mailgun.answers import outcome_of
from alertbridge.delivery.mailgun.api import MailgunApi
from alertbridge.delivery.mailgun.settings import MailgunSettings
from alertbridge.delivery.mime import UnfitMailError, fit, recipient_of
from alertbridge.mail.mail import Mail
from marax.clock import Clock
from marax.settings.secret import Secret

_LARGEST_OPTIONS_BYTES = 16_000  # Mailgun limits o: and h: fields "to 16 kB total"


class MailgunMailer:
    """Hands each mail to Mailgun in one call, and never in a second one by itself; threads may share it."""

    name = "Mailgun"

    def __init__(
        self, settings: MailgunSettings, api_key: Secret, clock: Clock, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> None:
        self._api = MailgunApi(settings.messages_url(), api_key, timeouts)
        self._clock = clock

    def send(self, mail: Mail) -> Outcome:
        try:
            mail = fit(mail)
        except UnfitMailError as error:
            return error.outcome
        options = _options(mail)
        if sum(len(name.encode()) + len(value.encode()) for name, value in options) > _LARGEST_OPTIONS_BYTES:
            return MessageRefused(reason="the mail's headers are larger than the 16 kB that Mailgun accepts")
        call = self._api.post([*_parts(mail), *options], _files(mail))
        upload = _Upload(call.body or b"")
        call.body = upload  # type: ignore[assignment]  # the adapter reads from files, too
        try:
            answer = self._api.answer_to(call)
        except OSError as error:
            return self._outcome_without_answer(error, upload)
        return outcome_of(answer, now_unix_seconds=self._clock.unix_seconds())

    def _outcome_without_answer(self, error: OSError, upload: "_Upload") -> Outcome:
        site, said = self._api.site, self._api.error_text(error)
        if upload.has_left():
            return Ambiguous(reason=f"{site} did not answer after the mail was sent: {said}")
        return NotSent(reason=f"the mail did not reach {site}: {said}")


class _Upload(io.BytesIO):
    """The body of a request. Mailgun cannot act on a mail while a part of its body is still here."""

    def __init__(self, content: bytes | str) -> None:
        super().__init__(content if isinstance(content, bytes) else content.encode())
        self._size = self.getbuffer().nbytes
        self._is_withheld = False
        self._lock = threading.Lock()

    def read(self, size: int | None = -1, /) -> bytes:
        with self._lock:
            if self._is_withheld:
                raise TimeoutError("the attempt was abandoned")
            return super().read(size)

    def has_left(self) -> bool:
        """Return whether all of it was handed to the network; if not, the rest never will be."""
        with self._lock:
            self._is_withheld = True
            return self.tell() == self._size


def _parts(mail: Mail) -> list[tuple[str, str]]:
    parts = [("subject", mail.subject), ("text", mail.text), ("html", mail.html)]
    return [("from", mail.sender), ("to", str(recipient_of(mail))), *parts]


def _files(mail: Mail) -> list[tuple[str, tuple[str, bytes, str]]]:
    inline = [("inline", (image.name, image.png, "image/png")) for image in mail.images]
    attached = [(file.name, file.text.encode(), "text/plain; charset=utf-8") for file in mail.attachments]
    return [*inline, *(("attachment", file) for file in attached)]


def _options(mail: Mail) -> list[tuple[str, str]]:
    headers = [(f"h:{name}", value) for name, value in mail.all_headers().items()]
    # Tracking would rewrite the links in the mail
    return [("o:tracking", "no"), ("o:tag", "marax"), *headers]
