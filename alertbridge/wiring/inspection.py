"""Opens the database for the commands of a person, beside a running bridge or without one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alertbridge.config.settings import read_config
from alertbridge.outbox.database import Database, StoreError, database_exists
from alertbridge.outbox.inspection import Inspection
from marax.commandline import CannotReachError


@contextmanager
def inspection(config: Path) -> Iterator[Inspection]:
    """Give what shows the notices in the database that the settings in *config* name.

    Raises:
        SettingsError: The settings cannot be used.
        CannotReachError: The database cannot be used, or there is none yet.
    """
    settings = read_config(config)
    if not database_exists(settings.database):
        raise CannotReachError(f"there is no {settings.database} yet: `serve` creates it on its first start")
    try:
        with closing(Database(settings.database)) as database:
            database.prepare()
            yield Inspection(database)
    except StoreError as error:
        raise CannotReachError(f"cannot use the database {settings.database}: {error}") from error
