"""Who reads a mail, and why they get it."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from alertbridge.alerts.internal import ADMINS, AUDIENCE_LABEL, BLIND_LABEL
from alertbridge.mail.facts import Reader
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.schema import Purpose
from alertbridge.routing.users import UserSettings


def reader_of(user: UserSettings) -> Reader:
    """Return *user* as the reader of a mail."""
    return Reader(
        name=user.name,
        address=user.email,
        timezone=ZoneInfo(user.timezone),
        reason_for_mail=user.reason_for_mail(),
    )


def reader_of_notice(user: UserSettings, claim: Claim) -> Reader:
    """Return *user* as the reader of the mail of *claim*."""
    return replace(reader_of(user), reason_for_mail=_reason_for_mail(user, claim))


def _reason_for_mail(user: UserSettings, claim: Claim) -> str:
    labels = [one.episode.alert.labels for one in claim.reported]
    if all(its.get(AUDIENCE_LABEL) == ADMINS for its in labels):
        because = "you are an admin"
    elif all(BLIND_LABEL in its for its in labels):
        because = "it concerns everyone who is notified of critical alerts"
    else:
        because = user.reason_for_mail()
    if claim.purpose is Purpose.REMINDER:
        return f"{because}, and want a reminder {user.remind_every_seconds}"
    is_late = claim.purpose is Purpose.DIGEST or claim.was_held
    return f"{because}; it was held until the end of your quiet hours" if is_late else because
