"""From what a mail says to the mail: its headers, and the thread that it stands in."""

from alertbridge.mail.cleaning import cleaned
from alertbridge.mail.facts import AlertFacts
from alertbridge.mail.mail import Mail
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.message_ids import message_id
from alertbridge.rendering.renderer import Rendered

# Not "All" and no `Precedence: bulk`: the first suppresses bounces, the second hides mail in some programs
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}


def addressed(claim: Claim, facts: AlertFacts | SummaryFacts, rendered: Rendered, sender: str) -> Mail:
    """Return the mail of *claim*, which says *facts*, *rendered*; *sender* is its From header."""
    headers = AUTOMATIC | _headers(facts)
    return Mail(
        sender=sender,
        recipient=facts.reader.address,
        recipient_name=facts.reader.name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=message_id(claim.incident_id, claim.user_name, claim.sequence, sender),
        thread_root=message_id(claim.incident_id, claim.user_name, 0, sender) if claim.sequence else None,
        headers=headers,
        images=rendered.images,
        attachments=rendered.attachments,
    )


def _headers(facts: AlertFacts | SummaryFacts) -> dict[str, str]:
    """Return what filters and other programs may sort the mail by."""
    hosts = facts.hosts if isinstance(facts, AlertFacts) else facts.alerts
    first, names = cleaned(hosts[0]), {host.name for host in hosts}
    return {
        "X-Marax-State": facts.kind,
        "X-Marax-Host": first.name if len(names) == 1 else f"{len(names)} hosts",
        "X-Marax-Alert": first.alertname,
        "X-Marax-Severity": first.severity,
        "X-Marax-Incident": facts.incident_id,
    }
