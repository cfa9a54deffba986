"""The machine that is measured on, as far as figures depend on it; its name is nobody's business."""

import os
import platform
import re
from pathlib import Path

_MODEL = re.compile(r"^model name\s*: (.+)$", re.MULTILINE)


def machine() -> str:
    """Return one line that says what kind of machine this is."""
    model = _MODEL.search(Path("/proc/cpuinfo").read_text())
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return (
        f"{os.cpu_count()} CPUs ({model[1].strip() if model else platform.machine()}), {memory_gib:.0f} GiB, "
        f"{system}, Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}"
    )


def load() -> str:
    """Return how busy the machine has been during the last minute."""
    return f"load {os.getloadavg()[0]:.1f}"
