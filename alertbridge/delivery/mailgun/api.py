"""Calls to Mailgun's API: bounded in time and size, never redirected, the key in nothing that is returned."""

from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import requests

from alertbridge.delivery.deadline import Timeouts, run_with_deadline
from alertbridge.delivery.mailgun.answers import Answer
from alertbridge.delivery.quoting import quoted
from marax.settings.secret import Secret

_LARGEST_ANSWER_BYTES = 64 * 1024
# On a connection kept open the next call might cross with its closing, and end in doubt
_HEADERS = {"Connection": "close", "Accept-Encoding": "identity", "User-Agent": "marax-alertbridge"}


class MailgunApi:
    """Calls one URL of the API; takes proxies and CA certificates from where `requests` does."""

    def __init__(self, url: str, api_key: Secret, timeouts: Timeouts) -> None:
        self._url = url
        self._api_key = api_key
        self._timeouts = timeouts
        self.site = urlsplit(url).netloc

    def get(self, query: Sequence[tuple[str, str]]) -> requests.PreparedRequest:
        """Return the call that asks for *query*."""
        return requests.Request("GET", self._url, auth=self._auth(), headers=_HEADERS, params=query).prepare()

    def post(
        self, fields: Sequence[tuple[str, str]], files: Sequence[tuple[str, tuple[str, bytes, str]]]
    ) -> requests.PreparedRequest:
        """Return the call that hands over a form."""
        return requests.Request(
            "POST", self._url, auth=self._auth(), headers=_HEADERS, data=fields, files=files
        ).prepare()

    def answer_to(self, call: requests.PreparedRequest) -> Answer:
        """Make *call* once and return its answer.

        Raises:
            OSError: None came.
        """
        return run_with_deadline(self._timeouts.whole_seconds, lambda: self._made(call))

    def error_text(self, error: OSError) -> str:
        """Return what lies at the root of *error*, as a part of one line."""
        return quoted(self._without_key(_root_cause(error).encode(errors="replace")).decode())

    def _made(self, call: requests.PreparedRequest) -> Answer:
        with requests.Session() as session:
            found = session.merge_environment_settings(self._url, {}, stream=True, verify=True, cert=None)
            # Session.send would look into redirects; the adapter makes this one call
            response = session.get_adapter(self._url).send(
                call,
                stream=True,
                timeout=(self._timeouts.connect_seconds, self._timeouts.silence_seconds),
                verify=found["verify"] or True,
                proxies=found["proxies"],
            )
            with response:
                body = self._without_key(_beginning_of(response))
                return Answer(status=response.status_code, headers=response.headers, body=body)

    def _auth(self) -> tuple[bytes, bytes]:
        return b"api", self._api_key.reveal().encode()

    def _without_key(self, text: bytes) -> bytes:
        key = self._api_key.reveal().encode()
        return text.replace(key, b"***").replace(b64encode(b"api:" + key), b"***")


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
    return getattr(error, "strerror", None) or str(error) or "timed out"
