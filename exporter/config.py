"""The settings file of the exporter: what may stand in it, and what is wrong with it."""

from pathlib import Path

import msgspec

from exporter.collectors.settings import CollectorSwitches
from exporter.processes.settings import ProcessSettings
from marax.addresses import ListenAddress
from marax.settings import read_settings

DEFAULT_PATH = "/etc/marax/exporter.yml"


class ExporterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; `docs/exporter.md` explains each key."""

    listen: ListenAddress = ListenAddress("127.0.0.1", 9877)
    web_config_file: Path | None = None
    collectors: CollectorSwitches = CollectorSwitches()
    processes: ProcessSettings = ProcessSettings()


def read_config(path: Path) -> ExporterSettings:
    """Return the settings in the file at *path*; a relative path in it counts from its folder.

    Raises:
        SettingsError: Telling every mistake in the file, or in the web config that it names.
    """
    settings = read_settings(path, ExporterSettings)
    if settings.web_config_file is None:
        return settings
    from marax.webconfig import read_web_config  # here, as TLS is slow to come in

    web_config_file = path.parent / settings.web_config_file
    read_web_config(web_config_file)
    return msgspec.structs.replace(settings, web_config_file=web_config_file)
