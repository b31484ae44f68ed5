"""What commands print besides tables: JSON, questions, and the output of plugins."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import TextIO

import click

from nnzoo.errors import UsageError


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    click.echo(json.dumps(value, allow_nan=False))


def prints_to_stderr(when: bool = True) -> redirect_stdout[TextIO]:
    """Return a context in which ``print`` writes to standard error, because plugins may print."""
    return redirect_stdout(sys.stderr if when else sys.stdout)


def confirm(question: str) -> bool:
    """Ask a yes-or-no question on the terminal.

    Raises
    ------
    UsageError
        When standard input is not a terminal.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("cannot ask: standard input is not a terminal", hint="to skip the question, add --yes")
    return click.confirm(question)
