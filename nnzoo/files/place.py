"""The working directory, which a component may change and another program may remove."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_started_in: str | None = None


def working_directory() -> str | None:
    """The working directory; None if it has been removed."""
    try:
        return os.getcwd()  # noqa: PTH109 (Path.cwd is the same)
    except OSError:
        return None


@contextmanager
def staying_here() -> Iterator[None]:
    """Within this context `go_back` returns to the current directory, so that the user's relative paths stay valid."""
    global _started_in
    before, _started_in = _started_in, working_directory()
    try:
        yield
    finally:
        go_back()
        _started_in = before


def go_back() -> None:
    """Return to the directory in which the command started: a component may have changed it."""
    if _started_in is not None and working_directory() != _started_in:
        with suppress(OSError):
            os.chdir(_started_in)
