"""Running a program that the permissions of files hold for, whoever runs the tests."""

import os

# In util-linux; root without these capabilities is refused like anybody else
HELD_TO_PERMISSIONS = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--") if os.geteuid() == 0 else ()
)
