"""The hosts in the settings as scrape targets, in the JSON of Prometheus' file_sd and http_sd."""

import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from alertbridge.fleet.hosts import HostSettings
from marax.commandline import CannotReachError


class TargetGroup(TypedDict):
    """One element of https://prometheus.io/docs/prometheus/latest/http_sd/#http_sd-format."""

    targets: list[str]
    labels: dict[str, str]


def target_groups(hosts: Iterable[HostSettings]) -> list[TargetGroup]:
    """Return one group per host, by name, whatever order *hosts* has.

    Only https is written as the scheme: where it is not, that of Prometheus' job holds. The label `instance`
    is the same in either case.
    """
    return [
        {"targets": [str(host.address)], "labels": _labels(host)}
        for host in sorted(hosts, key=lambda host: host.name)
    ]


def write_targets(path: Path, hosts: Iterable[HostSettings]) -> bool:
    """Make the file at *path* list *hosts*, and return whether it had to be written.

    Whoever reads the file meanwhile, or after a crash, sees the old list or the new one, whole. A file that
    lists *hosts* already is left alone.

    Raises:
        CannotReachError: The file cannot be written; says why, and the next step.
    """
    content = (json.dumps(target_groups(hosts), indent=2) + "\n").encode()
    try:
        if path.exists() and not path.is_file():
            raise CannotReachError(f"cannot write {path}: it is not a file; name the file to write")
        if path.exists() and path.read_bytes() == content:
            return False
        _replace(path, content)
    except FileNotFoundError as error:
        raise CannotReachError(f"cannot write {path}: make the folder {path.parent} first") from error
    except PermissionError as error:
        remedy = f"let this user write to the folder {path.parent}, or run as one who may"
        raise CannotReachError(f"cannot write {path}: {remedy}") from error
    except OSError as error:
        raise CannotReachError(f"cannot write {path}: {error.strerror}; name another file") from error
    return True


def _labels(host: HostSettings) -> dict[str, str]:
    scheme = {"__scheme__": host.scheme} if host.scheme == "https" else {}
    return {**scheme, "host": host.name, **dict(sorted(host.labels.items()))}


def _replace(path: Path, content: bytes) -> None:
    # not *.json: a file_sd glob must not see a half-written file
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            unfinished.unlink()
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
