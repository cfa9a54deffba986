"""What no file of the repository may hold: paths of one machine, and where packages come from."""

import re
import subprocess

from tests.docs.pages import ROOT

# a path from the root of the file system, not one within something else: `$root/usr`, `.../work/x`
_PATH = re.compile(rb"(?<![\w./}\-*])/(?:work|root|home)(?=[/\s\"'`)]|$)")
_REGISTRY = re.compile(
    rb"pypi[.]org|pythonhosted[.]org|npmjs[.](?:com|org)|crates[.]io|deb[.]debian[.]org|index-url[ =]+http",
    re.IGNORECASE,
)


def offending(pattern: re.Pattern[bytes]) -> list[str]:
    """Return where tracked files hold what *pattern* finds, as `file: what`."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [
        f"{name}: {found.group().decode()}"
        for name in listed.stdout.decode().split("\0")
        if (ROOT / name).is_file()
        for found in pattern.finditer((ROOT / name).read_bytes())
    ]


def test_no_file_holds_a_path_of_one_machine():
    assert offending(_PATH) == []
    assert offending(re.compile(re.escape(str(ROOT)).encode() + rb"\b")) == []


def test_no_file_names_a_package_registry():
    assert offending(_REGISTRY) == []
