"""Who reads a mail, and why they get it."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import ADMINS, AUDIENCE_LABEL, BLIND_LABEL
from alertbridge.mail.facts import Reader
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.schema import Purpose
from alertbridge.routing.recipients import Routing
from alertbridge.routing.users import UserSettings


def reader_of(user: UserSettings) -> Reader:
    """Return *user* as the reader of a mail."""
    return Reader(
        name=user.name,
        address=user.email,
        timezone=ZoneInfo(user.timezone),
        reason_for_mail=user.reason_for_mail(),
    )


def reader_of_notice(user: UserSettings, claim: Claim, routing: Routing) -> Reader:
    """Return *user* as the reader of the mail of *claim*."""
    return replace(reader_of(user), reason_for_mail=_reason_for_mail(user, claim, routing))


def _reason_for_mail(user: UserSettings, claim: Claim, routing: Routing) -> str:
    because = _because(user, [one.episode.alert for one in claim.reported], routing)
    if claim.purpose is Purpose.REMINDER:
        return f"{because}, and want a reminder {user.remind_every_seconds}"
    if claim.is_over_limit:
        return f"{because}; it was held as you get at most {routing.limits.mails_per_hour} mails an hour"
    is_late = claim.purpose is Purpose.DIGEST or claim.was_held
    return f"{because}; it was held until the end of your quiet hours" if is_late else because


def _because(user: UserSettings, alerts: Sequence[Alert], routing: Routing) -> str:
    """Return why *user* is notified of *alerts*; of some it may be that they match nobody."""
    if all(alert.labels.get(AUDIENCE_LABEL) == ADMINS for alert in alerts):
        return "you are an admin"
    unrouted = sum(user.is_admin and routing.is_unrouted(alert) for alert in alerts)
    if unrouted == len(alerts) == 1:
        return "no user's hosts and severities match this alert, so it goes to the admins"
    if unrouted == len(alerts):
        return "no user's hosts and severities match these alerts, so they go to the admins"
    if all(BLIND_LABEL in alert.labels for alert in alerts):
        return "it concerns everyone who is notified of critical alerts"
    reason = user.reason_for_mail()
    rest = f"no user's hosts and severities match {unrouted} of these alerts, which go to the admins"
    return f"{reason}; {rest}" if unrouted else reason
