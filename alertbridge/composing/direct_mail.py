"""Mail that a person sends by hand, past the outbox: a test, or a report of the fleet."""

import secrets
import socket
from collections.abc import Sequence
from email.utils import parseaddr

from alertbridge.composing.addressing import AUTOMATIC
from alertbridge.composing.reader import reader_of
from alertbridge.delivery.mailer import Mailer, Outcome
from alertbridge.mail.facts import ReportFacts, SendTestFacts
from alertbridge.mail.host_facts import HostState
from alertbridge.mail.mail import Mail
from alertbridge.rendering.renderer import Rendered, Renderer
from alertbridge.routing.recipients import watches
from alertbridge.routing.users import UserSettings
from marax.clock import Clock


class DirectMail:
    """Sends mails that belong to no incident, at once; *sender* is their From header."""

    def __init__(self, *, renderer: Renderer, mailer: Mailer, sender: str, clock: Clock) -> None:
        self._renderer = renderer
        self._mailer = mailer
        self._sender = sender
        self._clock = clock

    def send_test(self, user: UserSettings, config_file: str) -> Outcome:
        """Send *user* a mail that says where it came from, and return what came of it."""
        facts = SendTestFacts(
            reader=reader_of(user),
            server=socket.gethostname(),
            config_file=config_file,
            now_unix_seconds=self._clock.unix_seconds(),
        )
        return self._send(user, self._renderer.render_test(facts))

    def send_report(self, user: UserSettings, states: Sequence[HostState]) -> Outcome:
        """Send *user* the *states* of the hosts that they watch, and return what came of it."""
        facts = ReportFacts(
            hosts=tuple(state for state in states if watches(user, state.name)),
            reader=reader_of(user),
            now_unix_seconds=self._clock.unix_seconds(),
        )
        return self._send(user, self._renderer.render_report(facts))

    def _send(self, user: UserSettings, rendered: Rendered) -> Outcome:
        domain = parseaddr(self._sender)[1].rpartition("@")[2]
        return self._mailer.send(
            Mail(
                sender=self._sender,
                recipient=user.email,
                recipient_name=user.name,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                message_id=f"<{secrets.token_hex(12)}@{domain}>",
                headers=AUTOMATIC,
                images=rendered.images,
                attachments=rendered.attachments,
            )
        )
