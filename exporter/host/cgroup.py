"""The cgroups of a process (cgroups(7)), of version 2, 1, or both beside each other, and its container."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import final

from exporter.host.files import HostReadError, is_there, read_text
from exporter.host.mounts import Mount, read_mounts

_KIND = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_FOLDER = "/sys/fs/cgroup"
_UNIFIED = Mount(number="", parent="", root="/", point=_FOLDER, kind="cgroup2", options={})


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cgroup:
    """A cgroup with one controller.

    Attributes:
        version: Of the hierarchy that it belongs to, 1 or 2.
        top: The folder of the outermost cgroup that can be seen: the container's, inside of one.
        folder: Its own, at or below *top*.
    """

    version: int
    top: Path
    folder: Path

    @property
    def levels(self) -> list[Path]:
        """Its folder, and those of all above it, the outermost last."""
        below = self.folder.relative_to(self.top).parts
        return [self.top.joinpath(*below[:depth]) for depth in range(len(below), -1, -1)]

    def path_of(self, level: Path) -> str:
        """Return the path of a level, as it can be seen from here; `/` for the outermost."""
        return "/" if level == self.top else f"/{level.relative_to(self.top)}"


@dataclass(frozen=True, slots=True)
class Unseen:
    """There is no such cgroup, or it is not to be seen from here."""

    reason: str


class Cgroups:
    """The cgroups of the process whose folder is *process* in the procfs of the host under *root*.

    Where they are mounted is read once.
    """

    def __init__(self, root: Path, process: str = "self") -> None:
        self._root = root
        self._process = root / "proc" / process
        self._mounts: list[Mount] = []

    def cgroup(self, controller: str) -> Cgroup | Unseen:
        """Return the cgroup with *controller*, `memory` or `cpu`.

        Raises:
            HostReadError: The kernel has cgroups, but they cannot be read.
        """
        paths: dict[str, str] = {}
        for line in self._lines():
            number, _, rest = line.partition(":")
            controllers, _, path = rest.partition(":")
            paths |= dict.fromkeys(controllers.split(",") if controllers else [number], path)
        if controller in paths:
            return self._found(1, paths[controller], self._version_1(controller))
        if "0" in paths:
            return self._found(2, paths["0"], self._version_2())
        return Unseen(f"this kernel has no cgroups with {controller}")

    def _lines(self) -> list[str]:
        try:
            return read_text(self._process / "cgroup").splitlines()
        except HostReadError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return []
            raise

    def _found(self, version: int, path: str, mount: Mount | None) -> Cgroup | Unseen:
        if mount is None:
            return Unseen(f"cgroup v{version} is not mounted here")
        top = self._root / mount.point.lstrip("/")
        folder = top / path.removeprefix(mount.root.rstrip("/")).lstrip("/")
        is_plain = ".." not in Path(path).parts and path.isprintable()
        if not is_plain or not path.startswith(mount.root) or not is_there(folder):
            return Unseen(f"the cgroup {path[:256]!r} is outside of what {mount.point} shows")
        return Cgroup(version=version, top=top, folder=folder)

    def _version_1(self, controller: str) -> Mount | None:
        mounts = (m for m in self._mounted() if m.kind == "cgroup" and controller in m.options)
        return next(mounts, None)

    def _version_2(self) -> Mount | None:
        return next((mount for mount in self._mounted() if mount.kind == "cgroup2"), None)

    def _mounted(self) -> list[Mount]:
        if not self._mounts:
            try:
                self._mounts = [m for m in read_mounts(self._process) if m.kind in ("cgroup", "cgroup2")]
            except HostReadError:
                self._mounts = []
        return self._mounts or [_UNIFIED]


def container_kind(root: Path) -> str | None:
    """Return what kind of container the host under *root* is, or None if none is known.

    https://systemd.io/CONTAINER_INTERFACE for the first, Podman's and Docker's own marks for the others.
    """
    try:
        said = read_text(root / "run/systemd/container").strip()
    except HostReadError:
        said = ""
    if _KIND.fullmatch(said):
        return said
    marks = {"podman": "run/.containerenv", "docker": ".dockerenv"}
    return next((kind for kind, mark in marks.items() if is_there(root / mark)), None)
