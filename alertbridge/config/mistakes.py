"""What `check-config` refuses in settings of the right shape: they can be read, but not used in earnest."""

from collections.abc import Iterator
from pathlib import Path

from alertbridge.background.settings import SHORTEST_ALARM_AFTER_SECONDS
from alertbridge.config.settings import STATE_FOLDER, BridgeSettings, read_secrets
from marax.settings.document import Lines
from marax.settings.durations import spoken
from marax.settings.mistakes import Mistake, SettingsError


def refuse_mistakes(settings: BridgeSettings, file: Path) -> None:
    """Look at what the *settings* in *file* name, and at what has to be changed before they serve.

    Raises:
        SettingsError: Every mistake.
    """
    mistakes = [*_mistakes_of(settings, file), *_secrets(settings, file), *_access(settings, file)]
    if mistakes:
        raise SettingsError(mistakes)


def _mistakes_of(settings: BridgeSettings, file: Path) -> Iterator[Mistake]:
    lines = Lines(file)
    for key, found, expected in (*_alarm(settings), *_database(settings.database_file())):
        yield Mistake(file=file, line=lines.of(key), key=key, found=found, expected=expected)


def _alarm(settings: BridgeSettings) -> Iterator[tuple[str, str, str]]:
    after = settings.heartbeat.alarm_after_seconds
    if after < SHORTEST_ALARM_AFTER_SECONDS:
        expected = (
            f"{SHORTEST_ALARM_AFTER_SECONDS:.0f}s or more, as a heartbeat comes once a minute, and"
            " [BLIND] and [OK] would follow each other all the time; 5m is usual"
        )
        yield "heartbeat.alarm_after", spoken(after), expected


def _database(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield that there can be no database at *path*, as far as whoever asks may look there."""
    folder = path.parent
    try:
        if folder.is_dir():
            if path.is_dir():
                yield "database", f"{path}, which is a folder", "a file in a folder that exists"
        elif folder != STATE_FOLDER:
            yield "database", f"{path}, but there is no folder {folder}", "a file in a folder that exists"
    except OSError:  # told as a warning: whoever serves may look
        return


def _secrets(settings: BridgeSettings, file: Path) -> tuple[Mistake, ...]:
    try:
        read_secrets(settings, file)
    except SettingsError as error:
        return error.mistakes
    return ()


def _access(settings: BridgeSettings, file: Path) -> tuple[Mistake, ...]:
    if settings.status is None:
        return ()
    from alertbridge.fleet.access import read_access  # here, as TLS is slow to come in

    try:
        read_access(settings.status, file)
    except SettingsError as error:
        return error.mistakes
    return ()
