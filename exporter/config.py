"""The settings file of the exporter: what may stand in it, and what is wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from exporter.access.settings import TokenSettings, UserSettings
from exporter.collectors.settings import CollectorSwitches
from exporter.commands.settings import Command
from exporter.processes.settings import ProcessSettings
from marax.settings.addresses import ListenAddress
from marax.settings.document import Lines
from marax.settings.mistakes import Mistake, SettingsError
from marax.settings.reader import read_settings, unique


class ExporterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; `docs/exporter.md` explains each key."""

    listen: ListenAddress = ListenAddress("127.0.0.1", 9877)
    web_config_file: Path | None = None
    collectors: CollectorSwitches = CollectorSwitches()
    processes: ProcessSettings = ProcessSettings()
    state_dir: Path = Path("/var/lib/marax-exporter")
    users: Annotated[tuple[UserSettings, ...], unique("name")] = ()
    tokens: TokenSettings = TokenSettings()
    commands: Annotated[tuple[Command, ...], unique("name")] = ()
    shell: bool = False
    audit_log: Path | None = None


def read_config(path: Path) -> ExporterSettings:
    """Return the settings in the file at *path*; a relative path in it counts from its folder.

    Raises:
        SettingsError: Every mistake in the file, or in the web config that it names.
    """
    settings = _beside(path, read_settings(path, ExporterSettings))
    if settings.web_config_file is not None:
        from marax.serving.web_config import read_web_config  # here, as TLS is slow to come in

        read_web_config(settings.web_config_file)
    return settings


def read_trusted_config(path: Path) -> ExporterSettings:
    """Return the same, if only root and this user can change what is run by it.

    Raises:
        SettingsError: Others may change the file, or a program that it names, or put another in its place.
    """
    settings = read_config(path)
    mistakes = list(_changeable(settings, path))
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def warnings_of(settings: ExporterSettings) -> list[str]:
    """Return what is dangerous about *settings* that can be used; looks at the programs that they name."""
    from exporter.commands.lint import dangers_in  # here, as subprocess is slow to come in

    shell = (
        ["shell: enabled, so every admin can run any command as the exporter's user"]
        if settings.shell
        else []
    )
    return shell + [str(danger) for danger in dangers_in(settings.commands)]


def _beside(path: Path, settings: ExporterSettings) -> ExporterSettings:
    """Return *settings* with their relative paths counted from the folder of *path*."""
    folder, web_config_file, key_file = path.parent, settings.web_config_file, settings.tokens.key_file
    audit_log = settings.audit_log
    return msgspec.structs.replace(
        settings,
        web_config_file=web_config_file and folder / web_config_file,
        state_dir=folder / settings.state_dir,
        tokens=msgspec.structs.replace(settings.tokens, key_file=key_file and folder / key_file),
        audit_log=audit_log and folder / audit_log,
    )


def _changeable(settings: ExporterSettings, path: Path) -> Iterator[Mistake]:
    """Yield what others may change: a program, or the settings themselves if anything can be run by them."""
    from exporter.commands.file_trust import changeable_place  # here, as few have commands

    programs = [(f"commands[{i}].argv[0]", command) for i, command in enumerate(settings.commands)]
    places = {key: changeable_place(Path(one.argv[0]), run_as=one.run_as) for key, one in programs}
    if programs or settings.shell:
        places[""] = changeable_place(path)
    lines = Lines(path)
    for key, place in places.items():
        if place is not None:
            found = f"{place}, which other users can modify"
            yield Mistake(file=path, line=lines.of(key), key=key, found=found, expected=_TRUSTED)


_TRUSTED = (
    "a file that only root and this user can modify, as it decides what runs: `chown root` and `chmod go-w`"
)
