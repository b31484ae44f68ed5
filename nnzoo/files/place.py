"""The working directory, which a component may change, and which may be gone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_started_in: str | None = None


def working_directory() -> str | None:
    """Where relative paths lead; None where that has been removed."""
    try:
        return os.getcwd()  # noqa: PTH109 (Path.cwd is the same)
    except OSError:
        return None


@contextmanager
def staying_here() -> Iterator[None]:
    """Within this context `go_back` leads here, and relative paths mean what they meant when the user wrote them."""
    global _started_in
    before, _started_in = _started_in, working_directory()
    try:
        yield
    finally:
        go_back()
        _started_in = before


def go_back() -> None:
    """Go to where the command began, before a file is looked for or written: a component may have gone elsewhere."""
    if _started_in is not None and working_directory() != _started_in:
        with suppress(OSError):
            os.chdir(_started_in)
