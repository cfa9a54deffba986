import os
import sys
from pathlib import Path

import pytest

from exporter.host.uname import read_uname
from tests.exporter.confined import run_confined

ROOT = Path(__file__).parents[3]


def test_says_what_the_kernel_says():
    found = read_uname()

    assert (found.sysname, found.nodename, found.release) == os.uname()[:3]
    assert (found.version, found.machine) == os.uname()[3:]


@pytest.mark.system
def test_a_name_of_the_host_that_is_no_text_can_be_told_all_the_same():
    program = f"""
import os, socket, sys
sys.path.insert(0, {str(ROOT)!r})
import msgspec
from exporter.host.uname import read_uname
socket.sethostname(os.fsdecode(bytes([119, 255, 233, 34])))
print(ascii(read_uname().nodename), len(msgspec.json.encode(read_uname().nodename)))
"""

    said = run_confined('exec unshare --uts -- "$@"', sys.executable, "-c", program)

    assert said.stderr == ""
    assert said.stdout.startswith(ascii('w\ufffd\ufffd"'))
