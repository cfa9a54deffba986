"""What a mail leaves out, as it is no longer so at the moment of sending; pure."""

from collections.abc import Iterator

from alertbridge.alerts.own import concerns_fleet
from alertbridge.composing.facts import subject_of
from alertbridge.composing.newest_scrape import LONGEST_SECONDS, answers_again
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.notified import Key
from alertbridge.outbox.postponed import may_end_soon
from alertbridge.outbox.reported import ReportedEpisode
from alertbridge.outbox.schema import Purpose
from alertbridge.prometheus.findings import Findings, HostFindings, Subject
from alertbridge.routing.recipients import Routing

HOST_ANSWERS = "the host answers by now; waiting for the alert to end"
ONE_ANSWERED = "the host answers one Prometheus, but not another; waiting for the alert to end"
MOST_ANSWER = "most hosts answer by now; waiting for the alert to end"

_MOST = 0.5


def subjects_to_check(claim: Claim, routing: Routing) -> tuple[Subject, ...]:
    """Return what `not_yet` has to know of."""
    return tuple(subject_of(one, claim.purpose) for one in _checked(claim, routing))


def not_yet(claim: Claim, findings: Findings, routing: Routing, now_unix_seconds: float) -> dict[Key, str]:
    """Return which episodes the mail of *claim* leaves out, as they are about to end by *findings*."""
    reasons = {one.key: _reason(one, claim, findings, now_unix_seconds) for one in _checked(claim, routing)}
    return {key: reason for key, reason in reasons.items() if reason}


def _reason(one: ReportedEpisode, claim: Claim, findings: Findings, now_unix_seconds: float) -> str:
    """Return why an episode is not to be reported yet; empty if it is."""
    alert, subject = one.episode.alert, subject_of(one, claim.purpose)
    if concerns_fleet(alert):
        ratio = findings.answering_ratio_by_job.get(alert.labels.get("job", ""), 0.0)
        is_ending = _MOST <= ratio <= 1 and may_end_soon(one, now_unix_seconds)
        return MOST_ANSWER if is_ending else ""
    if subject.instance in findings.disputed:
        return ONE_ANSWERED
    newest = findings.hosts.get(subject, HostFindings()).newest
    if answers_again(newest, alert.starts_unix_seconds, now_unix_seconds):
        return HOST_ANSWERS
    is_unchanged = newest is None or newest.is_answered
    return claim.waits_because if is_unchanged and _has_answered(claim, now_unix_seconds) else ""


def _has_answered(claim: Claim, now_unix_seconds: float) -> bool:
    """Return whether the only host of *claim* answered when it was last looked at, not long ago."""
    since = claim.waiting_since_unix_seconds
    is_recent = since is not None and 0 <= now_unix_seconds - since < LONGEST_SECONDS
    return is_recent and len(claim.shown) == 1 and claim.waits_because in {HOST_ANSWERS, ONE_ANSWERED}


def _checked(claim: Claim, routing: Routing) -> Iterator[ReportedEpisode]:
    """Yield what says that targets do not answer; a mail that may have been sent is repeated as it was."""
    if claim.is_ambiguous or claim.purpose is Purpose.REMINDER:
        return
    for one in claim.reported:
        alert = one.episode.alert
        if not one.is_over and (routing.is_of_target(alert) or concerns_fleet(alert)):
            yield one
