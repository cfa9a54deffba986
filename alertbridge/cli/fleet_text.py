"""What was down under an alert about most hosts of a job, as events in the history of an incident."""

from collections.abc import Iterator
from datetime import UTC, datetime

from alertbridge.mail.cleaning import clean
from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.outbox.inspection import EpisodeView
from alertbridge.prometheus.answers import NotKnown
from marax.settings.durations import spoken

_MOST_HOSTS = 50
_NAME_LIMIT = 64


def fleet_events(episode: EpisodeView, outage: FleetOutage | NotKnown) -> Iterator[tuple[float, str]]:
    """Yield when which hosts were down under *episode*, or why that is not known; 50 hosts at most."""
    fired = episode.fired_unix_seconds
    if isinstance(outage, NotKnown):
        yield fired, f"hosts down under {episode.alertname}: not known: {outage.reason}"
        return
    for host in outage.hosts[:_MOST_HOSTS]:
        yield _event(host, outage.until_unix_seconds)
    left_out = len(outage.hosts) - _MOST_HOSTS
    if left_out > 0:
        yield fired, f"hosts down under {episode.alertname}: {left_out} more than are listed here"
    if not outage.hosts:
        yield fired, f"hosts down under {episode.alertname}: none, according to Prometheus"


def _event(host: HostOutage, until: float) -> tuple[float, str]:
    name, answered = clean(host.name, _NAME_LIMIT), host.last_answered_unix_seconds
    if answered is None:
        return host.seen_down_unix_seconds, f"{name} was down by then; {_what_became(host, until)}"
    return answered, f"last scrape that {name} answered; {_what_became(host, until)}"


def _what_became(host: HostOutage, until: float) -> str:
    again = f" (down {host.times} times, {spoken(host.down_seconds)} in all)" if host.times > 1 else ""
    match host.after:
        case AfterOutage.DOWN:
            return f"it had not answered again by {_moment(until)}{again}"
        case AfterOutage.UNWATCHED:
            return f"Prometheus does not scrape it any more{again}"
        case AfterOutage.UP if host.back_unix_seconds is None:
            return f"it answers again, since when is not known{again}"
        case AfterOutage.UP:
            return f"it answered again on {_moment(host.back_unix_seconds)}{again}"


def _moment(unix_seconds: float) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
