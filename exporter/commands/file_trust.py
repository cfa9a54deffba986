"""Whether somebody else could change what a path leads to: then they would choose what is run."""

import errno
import os
import pwd
import stat
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

_MOST_LINKS = 40  # as in Linux, path_resolution(7)


def changeable_place(path: Path, *, run_as: str | None = None) -> Path | None:
    """Return what on the way to *path* others may change; None if there is nothing, or no such path.

    Others are all but root, our own user, and the user to *run_as*. On the way are the file, all folders
    above it, and the same for each symbolic link. A folder such as /tmp, whose sticky bit lets nobody replace
    what is another's, is fine.
    """
    trusted = {0, os.geteuid(), *_number_of(run_as)}
    try:
        return next((place for place in _way_to(path) if _is_changeable(place.lstat(), trusted)), None)
    except OSError:
        return None


def _number_of(user: str | None) -> Iterator[int]:
    if user is not None:
        with suppress(KeyError):
            yield pwd.getpwnam(user).pw_uid


def _way_to(path: Path) -> Iterator[Path]:
    folder = Path("/")
    names = deque(path.absolute().parts[1:])
    links = 0
    yield folder
    while names:
        place = folder / names.popleft()
        if place.name == "..":
            folder = folder.parent
            continue
        yield place
        if not place.is_symlink():
            folder = place
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target = place.readlink()
        folder = Path("/") if target.is_absolute() else folder
        names.extendleft(reversed(target.parts[target.is_absolute() :]))


def _is_changeable(status: os.stat_result, trusted: Collection[int]) -> bool:
    """Return whether others may write, a group included unless it is root's."""
    mode = status.st_mode
    if status.st_uid not in trusted:
        return True
    if stat.S_ISLNK(mode) or (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
        return False
    return bool(mode & stat.S_IWOTH or (mode & stat.S_IWGRP and status.st_gid != 0))
