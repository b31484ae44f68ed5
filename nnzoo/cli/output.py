"""What commands print besides tables: JSON, questions, and the output of plugins."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from nnzoo.errors import UsageError

if TYPE_CHECKING:
    from nnzoo.pages.report import Report


def print_json(value: object, *, allow_infinite: bool = False) -> None:
    """Print a value as one line of JSON; a number that is not finite is a bug, unless it is allowed."""
    click.echo(json.dumps(value, allow_nan=allow_infinite))


def write_page(path: Path, page: Report) -> int:
    """Write a page, print its missing parts to standard error, and return its size in bytes."""
    from nnzoo.files.writing import write_whole

    data = page.html.encode()
    write_whole(path, data)
    for reason, parts in page.left_out.items():
        click.echo(f"nnzoo: the page lacks {', '.join(parts)}: {reason}", err=True)
    if page.cure:
        click.echo(f"nnzoo: to complete it: {page.cure}", err=True)
    return len(data)


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
