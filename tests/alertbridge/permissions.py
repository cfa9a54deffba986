"""Running a program that the permissions of files hold for, whoever runs the tests."""

import os
import sys

# Root without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (linux/capability.h) is refused like anybody else
_DROP = """
import ctypes, os, sys
for capability in (1, 2):
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execvp(sys.argv[1], sys.argv[1:])
"""
HELD_TO_PERMISSIONS = (sys.executable, "-c", _DROP) if os.geteuid() == 0 else ()
