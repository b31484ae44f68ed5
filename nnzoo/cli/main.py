"""The ``nnzoo`` command, its error messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TextIO

import click

from nnzoo.cli.commands import COMPLETE, Commands
from nnzoo.errors import NnzooError, PluginError, StorageError
from nnzoo.terminal import printable, printable_streams

INTERRUPTED = 130
BROKEN_PIPE = 141

COMMANDS = {
    "Train": {
        "train": "Train a network.",
        "sweep": "Try many configurations, and rank them.",
        "compare": "Compare configurations, seed by seed.",
    },
    "Look": {
        "runs": "List, show, compare and remove runs.",
        "plot": "Draw figures of runs or sweeps.",
        "explain": "Show one step of gradient descent on one sample, number by number.",
        "summary": "Show the layers of an architecture.",
    },
    "Models": {
        "zoo": "Find, verify and add trained networks.",
        "predict": "Predict from images, tables and arrays.",
        "evaluate": "Measure a trained network on data.",
    },
    "Data": {
        "data": "List and describe data sets.",
    },
    "Plugins": {
        "list-plugins": "List plugins and what they provide.",
        "show": "Describe anything: a component, a run, a model, data.",
        "install": "Install plugin packages with pip.",
        "uninstall": "Uninstall plugin packages with pip.",
        "new": "Write a plugin to start from.",
        "check": "Test a component against the rules of its kind.",
    },
    "Share": {
        "export": "Write a trained network in another format.",
        "report": "Make a page about a run or a sweep.",
        "reproduce": "Train again from a run's record, and compare.",
    },
    "Shell": {
        "completion": "Complete commands, options and names in a shell.",
    },
}
"""The built-in commands as ``nnzoo --help`` groups them. Each is imported from the module of its name when it runs."""

OLD_COMMANDS = ("inspect",)
"""Commands of earlier versions, which help does not list; `nnzoo.deprecation` has their replacements."""


@click.group(
    cls=Commands,
    sections=COMMANDS,
    old=OLD_COMMANDS,
    context_settings={"token_normalize_func": lambda token: token.replace("_", "-"), "max_content_width": 100},
)
@click.version_option(package_name="nnzoo", message="nnzoo %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Train small neural networks with nothing but NumPy; every part is a plugin.

    Start with `nnzoo train`. Options may be spelt with dashes or underscores.
    """
    context.with_resource(_messages_to_stderr())


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and exit with 0, or with the exit code of the error."""
    from nnzoo.files.place import staying_here

    if instruction := os.environ.get(COMPLETE):
        from nnzoo.cli.completion import answer

        sys.exit(answer(cli, instruction))
    given = list(sys.argv[1:] if arguments is None else arguments)
    with staying_here(), _own_figures(), printable_streams(apart="--json" in given):
        try:
            code = _run(given)
        except OSError as error:  # messages can't be written
            code = BROKEN_PIPE if isinstance(error, BrokenPipeError) else StorageError.exit_code
        for stream in (sys.stdout, sys.stderr):
            flushed = _flush(stream)
            code = code or flushed
    sys.exit(code)


@contextmanager
def _own_figures() -> Iterator[None]:
    """A context in which Matplotlib draws into files in our style, whatever its settings."""
    wanted = {"MPLBACKEND": "agg", "MATPLOTLIBRC": os.devnull}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _run(arguments: list[str]) -> int:
    """Run a command line, report errors, and return the exit code."""
    context = None
    try:
        with cli.make_context("nnzoo", arguments[:]) as context:
            cli.invoke(context)
        return 0
    except BaseException as error:
        if plugin := _culprit(error, in_its_command=context is not None and context.obj is not None):
            message = f"plugin {plugin} failed: {_describe(error)}"
            return _report(error, arguments, message, _cure_of_plugin(error), PluginError.exit_code)
        if isinstance(error, click.exceptions.Exit):  # --help and --version
            return error.exit_code
        if isinstance(error, click.ClickException):
            error.show()
            return _as_json(arguments, "UsageError", error.format_message(), None, error.exit_code)
        if isinstance(error, NnzooError):
            return _report(error, arguments, error.message, error.hint, error.exit_code)
        if isinstance(error, KeyboardInterrupt | click.Abort):
            click.echo("nnzoo: interrupted", err=True)
            return _as_json(arguments, "Interrupted", "interrupted", None, INTERRUPTED)
        if isinstance(error, BrokenPipeError):
            raise  # the reader has closed our output
        if isinstance(error, OSError):
            message = f"{error.filename or 'standard output, or another file'}: {error.strerror or error}"
            return _report(error, arguments, message, None, StorageError.exit_code, kind=StorageError.__name__)
        message = f"nnzoo failed: {_describe(error)}"
        return _report(error, arguments, message, _cure_of_nnzoo(), 1, with_traceback=True)


def _cure_of_plugin(error: BaseException) -> str:
    """The hint for an error in a plugin's code."""
    from importlib.util import find_spec

    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if not missing or find_spec(missing):  # the package is installed, but lacks a module
        return "this is a bug in the plugin; --debug shows where"
    return f"{missing} is not installed: install the plugin's package again, with its dependencies"


def _cure_of_nnzoo() -> str:
    """The hint for an error outside of plugins' code; an object from a plugin may still be the cause."""
    host = sys.modules.get("nnzoo.plugins.host")
    others = ", ".join(host.third_parties()) if host else ""
    if not others:
        return "this is a bug in nnzoo; please report it"
    return f"this is a bug in nnzoo, or in {others}, whose components `nnzoo check` tests; please report it"


def _report(
    error: BaseException,
    arguments: Sequence[str],
    message: str,
    hint: str | None,
    code: int,
    *,
    kind: str = "",
    with_traceback: bool = False,
) -> int:
    """Print an error, with ``--debug`` its traceback; return the exit code."""
    if with_traceback or "--debug" in arguments:
        import traceback

        traceback.print_exc()
    click.echo(f"nnzoo: error: {message}" + (f"\n  {hint}" if hint else ""), err=True)
    return _as_json(arguments, kind or type(error).__name__, message, hint, code)


def _describe(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception:  # in its __str__
        return type(error).__name__


def _culprit(error: BaseException, *, in_its_command: bool) -> str | None:
    """The plugin whose code raised an unexpected error; None if it is nnzoo's code.

    Some errors are expected in a plugin's command: click's error messages, and a closed pipe.
    """
    expected = (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError) if in_its_command else ()
    host = sys.modules.get("nnzoo.plugins.host")
    return host.culprit(error) if host and not isinstance(error, (NnzooError, *expected)) else None


def _as_json(arguments: Sequence[str], kind: str, message: str, hint: str | None, code: int) -> int:
    """With ``--json``, print the error as one JSON object on standard output; return the exit code."""
    if "--json" in arguments:
        import json

        error = {"kind": kind, "message": printable(message), "hint": hint, "exit_code": code}
        click.echo(json.dumps({"error": error}))
    return code


def _flush(stream: TextIO) -> int:
    """Write buffered text, or drop it if the stream can't be written; return the exit code."""
    try:
        stream.flush()
    except OSError as error:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return BROKEN_PIPE if isinstance(error, BrokenPipeError) else StorageError.exit_code
    return 0


@contextmanager
def _messages_to_stderr() -> Iterator[None]:
    import logging
    import warnings

    from nnzoo.deprecation import OldUsageWarning

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("nnzoo: %(message)s"))
    logger = logging.getLogger("nnzoo")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default", OldUsageWarning)
            warnings.showwarning = _on_one_line(warnings.showwarning)
            yield
    finally:
        logger.removeHandler(handler)


def _on_one_line(show: Callable[..., None]) -> Callable[..., None]:
    """Print warnings about old usage like other messages; ``show`` prints all other warnings."""
    from nnzoo.deprecation import OldUsageWarning

    def shown(message: Warning, category: type[Warning], *place: Any) -> None:
        if issubclass(category, OldUsageWarning):
            click.echo(f"nnzoo: {printable(str(message))}", err=True)
        else:
            show(message, category, *place)

    return shown
