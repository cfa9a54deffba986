"""What a mail leaves out, as it is no longer so at the moment of sending; pure."""

from collections.abc import Iterator

from alertbridge.alerts.own import concerns_fleet
from alertbridge.composing.facts import subject_of
from alertbridge.composing.newest_scrape import answers_again
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.notified import Key
from alertbridge.outbox.postponed import may_end_soon
from alertbridge.outbox.reported import ReportedEpisode
from alertbridge.outbox.schema import Purpose
from alertbridge.prometheus.findings import Findings, HostFindings, Subject
from alertbridge.routing.recipients import Routing

HOST_ANSWERS = "the host answers by now; waiting for the alert to end"
MOST_ANSWER = "most hosts answer by now; waiting for the alert to end"

_MOST = 0.5


def subjects_to_check(claim: Claim, routing: Routing) -> tuple[Subject, ...]:
    """Return what `not_yet` has to know of."""
    return tuple(subject_of(one, claim.purpose) for one in _checked(claim, routing))


def not_yet(claim: Claim, findings: Findings, routing: Routing, now_unix_seconds: float) -> dict[Key, str]:
    """Return which episodes the mail of *claim* leaves out, as they are about to end by *findings*."""
    reasons = {}
    for one in _checked(claim, routing):
        alert = one.episode.alert
        found = findings.hosts.get(subject_of(one, claim.purpose), HostFindings())
        ratio = findings.answering_ratio_by_job.get(alert.labels.get("job", ""), 0.0)
        if concerns_fleet(alert):
            if _MOST <= ratio <= 1 and may_end_soon(one, now_unix_seconds):
                reasons[one.key] = MOST_ANSWER
        elif answers_again(found.newest, alert.starts_unix_seconds, now_unix_seconds):
            reasons[one.key] = HOST_ANSWERS
    return reasons


def _checked(claim: Claim, routing: Routing) -> Iterator[ReportedEpisode]:
    """Yield what says that hosts are down; a mail that may have been sent is repeated as it was."""
    if claim.is_ambiguous or claim.purpose is Purpose.REMINDER:
        return
    for one in claim.reported:
        alert = one.episode.alert
        if not one.is_over and (routing.means_down(alert) or concerns_fleet(alert)):
            yield one
