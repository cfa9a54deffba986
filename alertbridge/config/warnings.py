"""What can be used in the settings of the bridge, but is doubtful: said by `check-config` and `serve`."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from alertbridge.alerts.alert import Alert, alert_id_of
from alertbridge.config.settings import STATE_FOLDER, BridgeSettings
from alertbridge.delivery.smtp.settings import TLS_PORT
from alertbridge.fleet.hosts import HostSettings
from alertbridge.mail.address import is_aligned
from alertbridge.prometheus.settings import HttpUrl
from alertbridge.routing.recipients import watches
from alertbridge.routing.users import Severity
from marax.settings.addresses import is_loopback
from marax.settings.document import Lines
from marax.settings.mistakes import SettingsWarning

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
_MOST_NAMED = 5

Warnings = Iterator[tuple[str, str]]  # a key, and what is doubtful about it


def warnings_of(settings: BridgeSettings, file: Path) -> list[SettingsWarning]:
    """Return what is doubtful about the *settings* in *file*."""
    kinds = (_missing, _idle_users, _unrouted, _unsigned, _in_the_open, _kept_password)
    return _with_lines(file, (warning for kind in kinds for warning in kind(settings)))


def place_warnings(settings: BridgeSettings, file: Path) -> list[SettingsWarning]:
    """Return what whoever calls this cannot do with the files that the *settings* in *file* name."""
    return _with_lines(file, _database(settings.database_file()))


def _with_lines(file: Path, warnings: Iterable[tuple[str, str]]) -> list[SettingsWarning]:
    lines = Lines(file)
    return [SettingsWarning(file=file, line=lines.of(key), key=key, words=words) for key, words in warnings]


def _missing(settings: BridgeSettings) -> Warnings:
    if not settings.users:
        yield "users", "none defined, so nobody is notified"
    if not settings.hosts:
        yield "hosts", "none defined, so nothing is reported as [DOWN], and `targets` and `status` do nothing"
    if settings.users and not settings.routing().admins:
        yield "users", "none has `admin: true`, so nobody is notified of alerts that match no user"
    if settings.mailgun is None:
        yield "mailgun", f"is not set, so every mail goes into the Maildir {settings.maildir}"
    if settings.prometheus is None:
        yield "prometheus", "is not set, so mails cannot say why a host is down"


def alert_about(host: HostSettings, severity: Severity) -> Alert:
    """Return an alert about *host*, such as would come."""
    labels = {"alertname": "HostDown", "host": host.name, "severity": severity, **host.labels}
    return Alert(
        alert_id=alert_id_of(labels),
        labels=labels,
        annotations={},
        is_firing=True,
        starts_unix_seconds=0.0,
        ends_unix_seconds=None,
    )


def _idle_users(settings: BridgeSettings) -> Warnings:
    """Yield the users who watch no host."""
    for i, user in enumerate(settings.users):
        if settings.hosts and not any(watches(user, host.name) for host in settings.hosts):
            yield f"users[{i}].hosts", f"{user.name} watches {', '.join(user.hosts)}, which matches no host"


def _unrouted(settings: BridgeSettings) -> Warnings:
    """Yield the hosts and severities that match no user, hosts of which the same is true together."""
    routing = settings.routing()
    hosts_by_severities: defaultdict[tuple[Severity, ...], list[int]] = defaultdict(list)
    for i, host in enumerate(settings.hosts if settings.users else ()):
        unrouted = tuple(one for one in SEVERITIES if routing.is_unrouted(alert_about(host, one)))
        hosts_by_severities[unrouted].append(i)
    admins = ", ".join(user.name for user in routing.admins)
    instead = f"the admins are ({admins})" if admins else "nobody is"
    for severities, places in hosts_by_severities.items():
        which = "" if len(severities) == len(SEVERITIES) else f"{' and '.join(severities)} "
        if severities:
            names = _listed([settings.hosts[i].name for i in places])
            yield f"hosts[{places[0]}]", f"no user is notified of {which}alerts about {names}; {instead}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _unsigned(settings: BridgeSettings) -> Warnings:
    """Yield a sender whom DMARC does not take for one of the domain that Mailgun signs for."""
    if settings.mailgun is None:
        return
    domain, sender = settings.mailgun.domain, settings.mailgun.sender.rpartition("@")[2].rstrip(">")
    if not is_aligned(sender, domain):
        yield (
            "mailgun.from",
            f"{sender} is not of the domain that Mailgun signs for, {domain}: many mail servers reject"
            " such mail, or take it for spam (DMARC)",
        )


def _in_the_open(settings: BridgeSettings) -> Warnings:
    """Yield what is secret and goes to another machine without TLS."""
    mailgun, prometheus, smtp = settings.mailgun, settings.prometheus, settings.smtp
    if mailgun is not None and mailgun.base_url is not None:
        url = HttpUrl.from_setting(mailgun.base_url)
        if _is_open(url):
            yield (
                "mailgun.base_url",
                f"the API key and every mail travel to {url.host} in the open; use https",
            )
    urls = {"heartbeat.ping_url": settings.heartbeat.ping_url}
    if prometheus is not None:
        urls["prometheus.url"] = prometheus.url
        urls.update({f"prometheus.urls[{i}]": url for i, url in enumerate(prometheus.urls or ())})
    for key, address in urls.items():
        if address is not None and address.authorization is not None and _is_open(address):
            yield key, f"its password travels to {address.host} in the open; use https"
    if smtp is not None and not smtp.starttls and smtp.port != TLS_PORT and not is_loopback(smtp.host):
        yield "smtp.starttls", f"is false, so every mail travels to {smtp.host} in the open"


def _kept_password(settings: BridgeSettings) -> Warnings:
    """Yield the hosts to which the password of `status:` is not shown."""
    if settings.status is None or settings.status.password_file is None:
        return
    kept = [host.name for host in settings.hosts if not _is_safe(host)]
    if kept:
        yield (
            "status.password_file",
            f"is not sent to hosts without `scheme: https`, as it would travel in the open: {_listed(kept)}",
        )


def _is_safe(host: HostSettings) -> bool:
    return host.scheme == "https" or is_loopback(host.address.host)


def _is_open(url: HttpUrl) -> bool:
    return url.scheme == "http" and not is_loopback(url.host)


def _database(path: Path) -> Warnings:
    folder = path.parent
    if not os.path.lexists(folder):
        if folder == STATE_FOLDER:
            yield "database", f"there is no folder {folder} yet; the systemd unit makes it at the first start"
        return
    is_file_fine = os.access(path, os.W_OK) or not os.path.lexists(path)
    if not os.access(folder, os.W_OK | os.X_OK) or not is_file_fine:
        yield "database", f"you may not write {path}; the user that serves has to, and in its folder"
