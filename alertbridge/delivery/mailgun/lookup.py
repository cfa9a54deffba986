"""Looking up in Mailgun's events whether it accepted a mail.

Source: the "Events" pages of Mailgun's API reference and user manual.
"""

import logging

import msgspec

from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.mailer import Absent, Finding, Found, Unanswered, Unknowable
from alertbridge.delivery.mailgun.answers import Answer
from alertbridge.delivery.mailgun.api import MailgunApi
from alertbridge.delivery.mailgun.settings import MailgunSettings
from alertbridge.delivery.quoting import quoted
from marax.settings.secret import Secret

_TIMEOUTS = Timeouts(connect_seconds=5.0, silence_seconds=10.0, whole_seconds=15.0)
_TRY_LATER = (408, 420, 429)
_NOT_ACCEPTED = "rejected"

logger = logging.getLogger(__name__)


class MailgunLookup:
    """Asks the events API, until it says that this key may not: a domain sending key may only send."""

    def __init__(self, settings: MailgunSettings, api_key: Secret, timeouts: Timeouts = _TIMEOUTS) -> None:
        self._api = MailgunApi(settings.events_url(), api_key, timeouts)
        self._is_allowed = True

    def find(self, message_id: str) -> Finding:
        if not self._is_allowed:
            return Unknowable()
        # Without `begin`, Mailgun looks from its own now into the past
        call = self._api.get([("message-id", message_id.strip("<>")), ("limit", "100")])
        try:
            answer = self._api.answer_to(call)
        except OSError as error:
            return Unanswered(reason=f"cannot query {self._api.site}: {self._api.error_text(error)}")
        finding = _finding_of(answer, message_id.strip("<>"))
        if isinstance(finding, Unknowable):
            self._is_allowed = False
            why = "this API key cannot query events, so ambiguous mails are sent again"
            logger.info(why, extra={"status": answer.status})
        return finding


class _Headers(msgspec.Struct):
    message_id: str = msgspec.field(name="message-id", default="")


class _Message(msgspec.Struct):
    headers: _Headers = msgspec.field(default_factory=_Headers)


class _Event(msgspec.Struct):
    event: str
    message: _Message = msgspec.field(default_factory=_Message)


class _Page(msgspec.Struct):
    items: list[_Event]


def _finding_of(answer: Answer, message_id: str) -> Finding:
    reason = f"Mailgun's events API said {answer.status}: {quoted(answer.body.decode(errors='replace'))}"
    match answer.status:
        case 200:
            return _finding_on(answer.body, message_id, reason)
        case status if status >= 500 or status in _TRY_LATER:  # noqa: PLR2004 - the far side's own trouble
            return Unanswered(reason=reason)
        case _:
            return Unknowable()


def _finding_on(page: bytes, message_id: str, reason: str) -> Finding:
    try:
        events = msgspec.json.decode(page, type=_Page).items
    except (msgspec.MsgspecError, RecursionError):
        return Unanswered(reason=reason)
    # The filter looks for words; two Message-Ids may share some
    its = [
        one for one in events if one.message.headers.message_id == message_id and one.event != _NOT_ACCEPTED
    ]
    return Found(provider_id=f"<{message_id}>") if its else Absent()
