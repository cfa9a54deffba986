"""Ends with 1 if a tracked file holds a path of one machine, or says where packages come from."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# a path from the root of the file system, not one within something else: `$root/usr`, `.../work/x`
_PATH = rb"(?<![\w./}\-*])/(?:work|root|home)(?=[/\s\"'`)]|$)"
_REGISTRY = (
    rb"pypi[.]org|pythonhosted[.]org|npmjs[.](?:com|org)|crates[.]io|deb[.]debian[.]org|index-url[ =]+http"
)


def offences(checkout: Path) -> Iterator[str]:
    """Yield where the tracked files of *checkout* hold such a thing, as `file: what`."""
    here = re.escape(str(checkout)).encode() + rb"\b"
    unwanted = re.compile(b"|".join((here, _PATH, rb"(?i:" + _REGISTRY + rb")")))
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0"):
        if (checkout / name).is_file():
            for found in unwanted.finditer((checkout / name).read_bytes()):
                yield f"{name}: {found.group().decode()}"


if __name__ == "__main__":
    found = list(offences(Path.cwd()))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
