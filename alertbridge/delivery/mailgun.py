"""Mail through Mailgun's messages API."""

import io
import threading
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from alertbridge.delivery.mailer import Ambiguous, MessageRefused, NotSent, Outcome
from alertbridge.delivery.mailgun_answers import Answer, outcome_of, quoted
from alertbridge.delivery.mailgun_settings import MailgunSettings
from alertbridge.delivery.message import UnfitMailError, fit
from alertbridge.mail import Mail
from marax.clock import Clock
from marax.secret import Secret

_LARGEST_ANSWER_BYTES = 64 * 1024
_LARGEST_OPTIONS_BYTES = 16_000  # Mailgun limits o: and h: fields "to 16 kB total"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one attempt may take.

    Attributes:
        connect_seconds: Until the connection stands.
        silence_seconds: Without a byte of an answer.
        whole_seconds: In all, the look-up of the name and an answer that only trickles included.
    """

    connect_seconds: float = 10.0
    silence_seconds: float = 30.0
    whole_seconds: float = 60.0


USUAL_PATIENCE = Patience()


class MailgunMailer:
    """Hands each mail to Mailgun in one call, and never in a second one by itself.

    Several threads may share it. It looks for a proxy and for CA certificates where `requests` does.
    """

    def __init__(
        self, settings: MailgunSettings, api_key: Secret, clock: Clock, patience: Patience = USUAL_PATIENCE
    ) -> None:
        self._url = settings.messages_url()
        self._api_key = api_key
        self._clock = clock
        self._patience = patience

    def send(self, mail: Mail) -> Outcome:
        try:
            mail = fit(mail)
        except UnfitMailError as error:
            return error.outcome
        options = _options(mail)
        if sum(len(name.encode()) + len(value.encode()) for name, value in options) > _LARGEST_OPTIONS_BYTES:
            return MessageRefused(reason="the mail's headers are larger than the 16 kB that Mailgun takes")
        request = self._request(mail, options)
        upload = _Upload(request.body or b"")
        request.body = upload  # type: ignore[assignment]  # the adapter reads from files, too
        try:
            answer = _within(self._patience.whole_seconds, lambda: self._answer_to(request))
        except OSError as error:
            return self._outcome_without_answer(error, upload)
        return outcome_of(answer, now_unix_seconds=self._clock.unix_seconds())

    def _request(self, mail: Mail, options: list[tuple[str, str]]) -> requests.PreparedRequest:
        parts = [("subject", mail.subject), ("text", mail.text), ("html", mail.html)]
        return requests.Request(
            "POST",
            self._url,
            auth=(b"api", self._api_key.reveal().encode()),
            # On a connection kept open the next mail might cross with its closing, and end in doubt
            headers={"Connection": "close", "Accept-Encoding": "identity", "User-Agent": "marax-alertbridge"},
            data=[("from", mail.sender), ("to", mail.recipient), *parts, *options],
            files=[("inline", (image.name, image.png, "image/png")) for image in mail.images],
        ).prepare()

    def _answer_to(self, request: requests.PreparedRequest) -> Answer:
        with requests.Session() as session:
            found = session.merge_environment_settings(self._url, {}, stream=True, verify=True, cert=None)
            # Session.send would look into redirects; the adapter makes this one call
            response = session.get_adapter(self._url).send(
                request,
                stream=True,
                timeout=(self._patience.connect_seconds, self._patience.silence_seconds),
                verify=found["verify"] or True,
                proxies=found["proxies"],
            )
            with response:
                body = self._without_key(_beginning_of(response))
                return Answer(status=response.status_code, headers=response.headers, body=body)

    def _outcome_without_answer(self, error: OSError, upload: "_Upload") -> Outcome:
        site = urlsplit(self._url).netloc
        said = quoted(self._without_key(_root_cause(error).encode(errors="replace")).decode())
        if upload.has_left():
            return Ambiguous(reason=f"{site} was given the mail, but no answer came: {said}")
        return NotSent(reason=f"the mail did not reach {site}: {said}")

    def _without_key(self, text: bytes) -> bytes:
        key = self._api_key.reveal().encode()
        return text.replace(key, b"***").replace(b64encode(b"api:" + key), b"***")


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
                raise TimeoutError("the attempt was given up")
            return super().read(size)

    def has_left(self) -> bool:
        """Return whether all of it was handed to the network; if not, the rest never will be."""
        with self._lock:
            self._is_withheld = True
            return self.tell() == self._size


def _options(mail: Mail) -> list[tuple[str, str]]:
    headers = [(f"h:{name}", value) for name, value in mail.all_headers().items()]
    # Tracking would rewrite the links in the mail
    return [("o:tracking", "no"), ("o:tag", "marax"), *headers]


def _beginning_of(response: requests.Response) -> bytes:
    body = b""
    with suppress(OSError):  # what has come may say enough
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) >= _LARGEST_ANSWER_BYTES:
                break
    return body


def _root_cause(error: BaseException) -> str:
    while cause := error.__cause__ or error.__context__:
        error = cause
    return getattr(error, "strerror", None) or str(error) or "it took too long"


def _within(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what *work* returns, or raise TimeoutError; `requests` by itself bounds silence only."""
    result: Future[Result] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that waits
            result.set_exception(error)

    threading.Thread(target=run, name="mailgun", daemon=True).start()
    return result.result(timeout=seconds)
