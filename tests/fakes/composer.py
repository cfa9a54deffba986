"""A composer that writes what a notice tells in the plainest way."""

from alertbridge.delivery.composed_mail import ComposedMail
from alertbridge.mail.mail import Mail
from alertbridge.outbox.claim import Claim
from alertbridge.routing.recipients import Routing


class FakeComposer:
    def __init__(self) -> None:
        self.fails = False

    def compose(self, claim: Claim, _routing: Routing) -> ComposedMail:
        if self.fails:
            raise RuntimeError("a composer's surprise")
        told = " ".join(
            f"{one.episode.alert.labels['host']}={'up' if one.is_over else 'down'}" for one in claim.reported
        )
        mail = Mail(
            sender="marax <alerts@mg.example.org>",
            recipient=f"{claim.user_name}@example.org",
            subject=told,
            text=told,
            html=told,
            message_id=f"<{claim.incident_id}.{claim.user_name}.{claim.sequence}@mg.example.org>",
        )
        return ComposedMail(mail=mail, kind="down", claim=claim, last_answered={})
