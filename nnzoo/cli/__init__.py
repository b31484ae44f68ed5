"""The command line: one module a command."""

from __future__ import annotations

import sys
from typing import NoReturn


def start() -> NoReturn:
    """Run the command line as a program of its own: Ctrl-C ends it in order from the first import to the last line."""
    import signal

    code = 130
    try:
        from nnzoo.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.stderr and sys.stderr.write("nnzoo: interrupted\n")
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leave_threads(code)
    sys.exit(code)


def _leave_threads(code: int) -> None:
    """End the program here if a plugin has left a thread behind, which Python would wait for without end."""
    import atexit
    import os
    import threading

    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        atexit._run_exitfuncs()
        os._exit(code)
