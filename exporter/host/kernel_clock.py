"""Whether the kernel's clock is kept right: adjtimex(2), which only reads here."""

import ctypes
import os
import struct

from exporter.host.files import HostReadError

_TIMEX = struct.Struct("@Illlli")  # its first fields: modes, offset, freq, maxerror, esterror, status
_TIMEX_BYTES = 512  # more than it has anywhere
_READ_ONLY = 0
_STA_UNSYNC = 0x40


def read_is_synchronised() -> bool:
    """Return whether something like NTP keeps the clock of this machine.

    Raises:
        HostReadError: The kernel does not say, as under systemd's `ProtectClock=`.
    """
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    _TIMEX.pack_into(timex, 0, _READ_ONLY, 0, 0, 0, 0, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "adjtimex") or libc.adjtimex(timex) < 0:
        raise HostReadError(f"cannot ask the kernel about its clock: {os.strerror(ctypes.get_errno())}")
    *_, status = _TIMEX.unpack_from(timex)
    return not status & _STA_UNSYNC
