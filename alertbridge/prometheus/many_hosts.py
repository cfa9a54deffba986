"""Whether hosts answer again, of so many that a mail has no room for more: one query for all of them."""

from collections.abc import Mapping, Sequence

from alertbridge.prometheus.answers import matcher
from alertbridge.prometheus.findings import HostFindings, NewestScrape, Subject
from alertbridge.prometheus.questions import TIMES, Questions

_LONGEST_SECONDS = 3600.0
_BEFORE_ALERT_SECONDS = 60.0


async def findings_of_many(
    questions: Questions, subjects: Sequence[Subject], now_unix_seconds: float
) -> Mapping[Subject, HostFindings]:
    """Return of each of *subjects* its newest scrape, if that was answered and one before it was not."""
    jobs = {subject.job for subject in subjects if subject.job}
    answered: dict[tuple[str, str], float] = {}
    if jobs:
        first = min(subject.fired_unix_seconds for subject in subjects)
        age_seconds = max(0.0, now_unix_seconds - first) + _BEFORE_ALERT_SECONDS
        up = f"up{{{matcher('job', jobs)}}}"
        was_gone = f"min_over_time({up}[{min(age_seconds, _LONGEST_SECONDS):.0f}s]) == 0"
        for series in await questions.values(f"timestamp({up}) and {up} == 1 and {was_gone}", TIMES):
            its = series.labels.get("instance", ""), series.labels.get("job", "")
            answered[its] = max((sample.value for sample in series.samples), default=0.0)
    return {subject: _findings(answered.get((subject.instance, subject.job))) for subject in subjects}


def _findings(answered_unix_seconds: float | None) -> HostFindings:
    if answered_unix_seconds is None:
        return HostFindings()
    newest = NewestScrape(
        unix_seconds=answered_unix_seconds, is_answered=True, since_unix_seconds=answered_unix_seconds
    )
    return HostFindings(newest=newest)
