"""Locks that the system drops when a process ends, however it ends (``flock``)."""

from __future__ import annotations

import errno
import sys

if sys.platform != "win32":
    import fcntl


def lock(handle: int) -> bool | None:
    """Lock what a handle is open on.

    True: it is ours now. False: another process has it. None: not known, as on Windows and some network file
    systems, where nothing is guarded.
    """
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EAGAIN, errno.EACCES) else None
    return True
