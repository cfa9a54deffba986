"""The settings file of the bridge: what may stand in it, and what is wrong with it."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from alertbridge.background.settings import HeartbeatSettings
from alertbridge.delivery.mailgun.settings import MailgunSettings
from alertbridge.delivery.smtp.settings import SmtpSettings
from alertbridge.fleet.hosts import HostSettings
from alertbridge.fleet.settings import StatusSettings
from alertbridge.prometheus.settings import PrometheusSettings
from alertbridge.routing.alert_host import known_hosts
from alertbridge.routing.limits import LimitSettings
from alertbridge.routing.recipients import Routing
from alertbridge.routing.users import UserSettings
from marax.settings.addresses import ListenAddress
from marax.settings.document import Lines
from marax.settings.durations import Seconds
from marax.settings.mistakes import Mistake, SettingsError
from marax.settings.reader import read_settings, unique
from marax.settings.secret import Secret, SecretFileError, read_secret

STATE_FOLDER = Path("/var/lib/marax")  # the systemd unit makes it at the first start

_SQLITE = "sqlite:///"

Shape = TypeVar("Shape", bound=msgspec.Struct)

DatabaseUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^sqlite:///[^?#]+\Z",
        description="a SQLAlchemy URL such as sqlite:////var/lib/marax/alertbridge.db",
    ),
]


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The webhook: the file with the token that Alertmanager bears."""

    token_file: Path


class StormSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """More new episodes of one alert than *hosts* within the window make one mail."""

    hosts: Annotated[int, msgspec.Meta(ge=1, description="a whole number from 1 up")] = 5
    window_seconds: Seconds = msgspec.field(name="window", default=Seconds(120))


class BridgeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file; `docs/alertbridge.md` explains each key."""

    listen: ListenAddress = ListenAddress("127.0.0.1", 9878)
    web_config_file: Path | None = None
    database: DatabaseUrl = f"{_SQLITE}{STATE_FOLDER}/alertbridge.db"
    webhook: WebhookSettings
    mailgun: MailgunSettings | None = None
    smtp: SmtpSettings | None = None
    maildir: Path = STATE_FOLDER / "maildir"
    prometheus: PrometheusSettings | None = None
    down_alerts: tuple[str, ...] = ("HostDown", "InstanceDown")
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    storm: StormSettings = StormSettings()
    limits: LimitSettings = LimitSettings()
    status: StatusSettings | None = None
    hosts: Annotated[tuple[HostSettings, ...], unique("name", "address")] = ()
    users: Annotated[tuple[UserSettings, ...], unique("name", "email")]

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """Yield what cannot be meant: a key, what is there, and what should be."""
        if self.smtp is not None and self.mailgun is None:
            yield "smtp", "no `mailgun:`", "one, as `smtp:` is its failover"

    def sender(self) -> str:
        """Return what stands in the From header."""
        if self.mailgun is not None:
            return self.mailgun.sender
        return f"marax <marax@{socket.gethostname() or 'localhost'}>"

    def database_file(self) -> Path:
        """Return where the SQLite file is."""
        return Path(self.database.removeprefix(_SQLITE))

    def routing(self) -> Routing:
        """Return who is notified of what."""
        return Routing(
            users=self.users,
            hosts=known_hosts({host.name: host.address for host in self.hosts}),
            down_alerts=self.down_alerts,
            storm_hosts=self.storm.hosts,
            storm_window_seconds=self.storm.window_seconds,
            limits=self.limits,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the files hold that the settings name; None where they name none."""

    webhook_token: Secret
    mailgun_key: Secret | None
    mailgun_signing_key: Secret | None
    smtp_password: Secret | None


def read_config(path: Path) -> BridgeSettings:
    """Return the settings in the file at *path*; relative paths in it count from its folder.

    Raises:
        SettingsError: Telling every mistake in it, or in the web config that it names.
    """
    settings = _rooted(read_settings(path, BridgeSettings), path.parent)
    if settings.web_config_file is not None:
        from marax.serving.web_config import read_web_config  # here, as TLS is slow to come in

        read_web_config(settings.web_config_file)
    return settings


def read_secrets(settings: BridgeSettings, path: Path) -> Secrets:
    """Return the secrets that the *settings* in the file at *path* name.

    Raises:
        SettingsError: Telling every file that cannot be used.
    """
    mistakes: list[Mistake] = []
    lines = Lines(path)

    def read(key: str, file: Path | None) -> Secret | None:
        try:
            return read_secret(file) if file else None
        except SecretFileError as error:
            expected = "a readable file with one line"
            mistakes.append(
                Mistake(file=path, line=lines.of(key), key=key, found=str(error), expected=expected)
            )
            return Secret("")

    mailgun = settings.mailgun
    signing_key_file = mailgun.webhook_signing_key_file if mailgun else None
    secrets = Secrets(
        webhook_token=read("webhook.token_file", settings.webhook.token_file) or Secret(""),
        mailgun_key=read("mailgun.api_key_file", mailgun.api_key_file if mailgun else None),
        mailgun_signing_key=read("mailgun.webhook_signing_key_file", signing_key_file),
        smtp_password=read("smtp.password_file", settings.smtp.password_file if settings.smtp else None),
    )
    if mistakes:
        raise SettingsError(mistakes)
    return secrets


def _rooted(settings: BridgeSettings, folder: Path) -> BridgeSettings:
    """Return *settings* with every relative path made to count from *folder*."""
    return msgspec.structs.replace(
        _with_files_in(folder, settings),
        webhook=_with_files_in(folder, settings.webhook),
        database=f"{_SQLITE}{folder.absolute() / settings.database.removeprefix(_SQLITE)}",
        mailgun=_with_files_in(folder, settings.mailgun) if settings.mailgun else None,
        smtp=_with_files_in(folder, settings.smtp) if settings.smtp else None,
        status=_with_files_in(folder, settings.status) if settings.status else None,
    )


def _with_files_in(folder: Path, settings: Shape) -> Shape:
    values = msgspec.structs.asdict(settings)
    return msgspec.structs.replace(
        settings, **{name: folder / value for name, value in values.items() if isinstance(value, Path)}
    )
