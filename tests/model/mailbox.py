"""Where the mails of the model go, and what they say: the facts, as no letters need be written."""

from dataclasses import dataclass

from alertbridge.delivery.mailer import Accepted, Finding, NotSent, Outcome, Unknowable
from alertbridge.mail.facts import AlertFacts, HostFacts
from alertbridge.mail.mail import Mail as Letter
from alertbridge.rendering.renderer import Facts, Rendered, Renderer
from tests.fakes.clock import FakeClock


class Died(BaseException):
    """The bridge has died in the middle of something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a mail says of one alert.

    Attributes:
        alertname: The alert's name.
        host: The host's name; empty when it is about no host.
        state: `firing`, `over`, `unwatched`, or `was firing` of a host that answered at the time of sending.
        means_down: Whether the alert says that the host does not answer.
        fired: When the alert fired.
        says_away: Whether it says of a host that was back that it does not answer now.
    """

    alertname: str
    host: str
    state: str
    means_down: bool
    fired: float
    says_away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that left."""

    at: float
    message_id: str
    incident_id: str
    kind: str
    said: tuple[Said, ...]


class Mailbox(Renderer):
    """Keeps what is sent.

    Attributes:
        is_reachable: Whether mails are accepted at present.
        dies_once_sent: Whether the bridge dies as soon as the next mail has been accepted.
        mails: Those accepted.
    """

    name = "model"

    def __init__(self, clock: FakeClock) -> None:  # without the templates, which are not needed
        self._clock = clock
        self._facts: Facts | None = None
        self.is_reachable = True
        self.dies_once_sent = False
        self.mails: list[Mail] = []

    def render(self, facts: Facts) -> Rendered:
        self._facts = facts
        return Rendered(subject="[MODEL]", text="-", html="-")

    def send(self, mail: Letter) -> Outcome:
        if not self.is_reachable:
            return NotSent(reason="connection refused")
        facts = self._facts
        assert isinstance(facts, AlertFacts)
        self.mails.append(
            Mail(
                at=self._clock.unix_seconds(),
                message_id=mail.message_id,
                incident_id=facts.incident_id,
                kind=str(facts.kind),
                said=tuple(map(_said, facts.hosts)),
            )
        )
        if self.dies_once_sent:
            self.dies_once_sent = False
            raise Died
        return Accepted(provider_id=mail.message_id)

    def find(self, _message_id: str) -> Finding:
        return Unknowable()

    def note_refused(self, user_name: str, reason: str) -> None:
        raise AssertionError((user_name, reason))

    def note_accepted(self, user_name: str) -> None:
        """Nobody was refused before."""

    def note_delivered(self, user_name: str) -> None: ...


def _said(host: HostFacts) -> Said:
    """Return what a mail with these facts says of the host."""
    state = "firing"
    if host.is_over:
        state = "unwatched" if host.is_unwatched else "over"
    elif host.means_down and host.back_unix_seconds is not None:
        state = "was firing"
    return Said(
        alertname=host.alertname,
        host=host.name,
        state=state,
        means_down=host.means_down,
        fired=host.fired_unix_seconds,
        says_away=host.unanswered_unix_seconds is not None,
    )
