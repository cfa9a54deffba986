"""What the process table knows of now, for one who asks now and then."""

from exporter.host.files import HostReadError
from exporter.host.snapshot import Snapshot, Window, window_of
from exporter.host.table import ProcessTable


def newest(table: ProcessTable, *, window_seconds: float) -> tuple[Snapshot, Window | None]:
    """Return the newest snapshot of *table*, and the window up to it; None if that would not speak of now.

    Raises:
        HostReadError: There is no snapshot.
    """
    table.keep_up()
    snapshots = table.snapshots
    if not snapshots:
        raise HostReadError("the processes have not been read yet")
    window = window_of(snapshots, seconds=window_seconds) if table.is_current(snapshots[-1]) else None
    return snapshots[-1], window
