"""Running a program that the permissions of files hold for, whoever runs the tests."""

import os
import shutil

import pytest

# In util-linux; root without these capabilities is refused like anybody else
HELD_TO_PERMISSIONS = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--") if os.geteuid() == 0 else ()
)
takes_being_held = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None,
    reason="root is held to permissions by setpriv, which this machine lacks",
)
