"""The command line: one module a command."""

from __future__ import annotations

import sys
from typing import NoReturn


def start() -> NoReturn:
    """Run the command line as a program that Ctrl-C ends cleanly, even during imports."""
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
    """End the program now if a plugin has left a thread running, because Python would wait for it forever."""
    import atexit
    import os
    import threading

    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        atexit._run_exitfuncs()
        os._exit(code)
