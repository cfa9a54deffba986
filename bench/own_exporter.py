"""marax-exporter as a host runs it: `python -m bench.own_exporter [--stuck] --config FILE`.

The tests bring `cryptography` along, which is not installed on hosts: it is kept out. With `--stuck`, the
load average can never be read: the call hangs, as one into a dead network file system would.
"""

import sys
import threading
from pathlib import Path
from typing import NoReturn

STUCK = "--stuck"


def hang(procfs: Path) -> NoReturn:  # noqa: ARG001 - the name is that of the real one
    """Never return."""
    threading.Event().wait()
    raise AssertionError


def main() -> None:
    """Be marax-exporter."""
    sys.modules["cryptography"] = None  # type: ignore[assignment] # importlib's way to say: there is none
    if STUCK in sys.argv:
        sys.argv.remove(STUCK)
        from exporter.host import load

        load.read_load = hang
    from exporter.cli import main as marax_exporter

    marax_exporter()


if __name__ == "__main__":
    main()
