"""/proc/vmstat: the kernel's counters of virtual memory."""

from collections.abc import Mapping
from pathlib import Path

from exporter.host.files import HostReadError, read_text


def read_vmstat(procfs: Path) -> Mapping[str, int]:
    """Return the counters of `vmstat` under *procfs* by name; which there are is the kernel's choice.

    Raises:
        HostReadError: It cannot be read, or is not what the kernel writes.
    """
    path = procfs / "vmstat"
    try:
        return parse_vmstat(read_text(path))
    except ValueError as error:
        raise HostReadError(f"{path}: a line that is not a name and a whole number") from error


def parse_vmstat(text: str) -> Mapping[str, int]:
    """Return what *text*, the whole of /proc/vmstat, says.

    Raises:
        ValueError: It is empty, or a line is not a name and a whole number.
    """
    if not text.strip():
        raise ValueError("empty")
    pairs = (line.split(" ") for line in text.splitlines())
    return {name: int(number) for name, number in pairs}
