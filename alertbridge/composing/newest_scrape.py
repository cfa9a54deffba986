"""What the newest scrape of a host says of the moment of sending; pure."""

from alertbridge.prometheus.findings import NewestScrape

# A scrape that old says nothing of now, whatever the interval of scrapes
_FRESH_SECONDS = 120.0
LONGEST_SECONDS = 900.0
# A scrape bears the time of its start, so the first answered one may be a little older than the alert
_BEFORE_ALERT_SECONDS = 60.0


def answers_again(newest: NewestScrape | None, fired_unix_seconds: float, now_unix_seconds: float) -> bool:
    """Return whether a host answers since its alert fired.

    One that answered all the time is not what the alert is about, as with the target of a blackbox exporter;
    nor does an alert about a host that answers go on for long.
    """
    if newest is None or not newest.is_answered or newest.since_unix_seconds is None:
        return False
    is_back = newest.since_unix_seconds > fired_unix_seconds - _BEFORE_ALERT_SECONDS
    is_ending = now_unix_seconds - newest.since_unix_seconds <= LONGEST_SECONDS
    is_newer = newest.unix_seconds > fired_unix_seconds
    return is_back and is_ending and is_newer and _is_fresh(newest, now_unix_seconds)


def answers_no_longer(
    newest: NewestScrape | None, back_unix_seconds: float | None, now_unix_seconds: float
) -> bool:
    """Return whether a host that was back at that time does not answer any more."""
    if newest is None or newest.is_answered or back_unix_seconds is None:
        return False
    return newest.unix_seconds > back_unix_seconds and _is_fresh(newest, now_unix_seconds)


def _is_fresh(newest: NewestScrape, now_unix_seconds: float) -> bool:
    return abs(now_unix_seconds - newest.unix_seconds) <= _FRESH_SECONDS
