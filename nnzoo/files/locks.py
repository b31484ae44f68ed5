"""File locks that the system releases when a process ends, however it ends (``flock``)."""

from __future__ import annotations

import errno
import sys

if sys.platform != "win32":
    import fcntl


def lock(handle: int) -> bool | None:
    """Try to lock the file of an open handle.

    Returns True if this process now holds the lock, False if another process holds it, and None where locks are not
    supported: on Windows and some network file systems.
    """
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EAGAIN, errno.EACCES) else None
    return True
