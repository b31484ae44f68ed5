"""The ``nnzoo`` command, and how it ends: messages and exit codes."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from nnzoo.cli.check import check
from nnzoo.cli.data import data
from nnzoo.cli.evaluate import evaluate
from nnzoo.cli.explain import explain
from nnzoo.cli.export import export
from nnzoo.cli.inspect import inspect
from nnzoo.cli.install import install, uninstall
from nnzoo.cli.list_plugins import list_plugins
from nnzoo.cli.new import new
from nnzoo.cli.plot import plot
from nnzoo.cli.predict import predict
from nnzoo.cli.report import report
from nnzoo.cli.reproduce import reproduce
from nnzoo.cli.runs import runs
from nnzoo.cli.show import show
from nnzoo.cli.summary import summary
from nnzoo.cli.train import train
from nnzoo.cli.zoo import zoo
from nnzoo.errors import NnzooError, PluginError, StorageError

INTERRUPTED = 130
BROKEN_PIPE = 141


class Commands(click.Group):
    """A group that knows its groups' commands, too: who types ``nnzoo compare`` is told of ``nnzoo runs compare``."""

    def resolve_command(  # noqa: D102 (click's own)
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = arguments[0]
        if self.get_command(context, word) is None:
            groups = {name: one for name, one in self.commands.items() if isinstance(one, click.Group)}
            meant = [f"{name} {word}" for name, group in groups.items() if word in group.commands]
            meant += [name for name in self.commands if name.startswith(f"{word}-")]
            if meant:
                suggestions = " or ".join(f"'nnzoo {command}'" for command in meant)
                raise click.UsageError(f"No such command '{word}'. Did you mean {suggestions}?", context)
        return super().resolve_command(context, arguments)


@click.group(
    cls=Commands,
    context_settings={"token_normalize_func": lambda token: token.replace("_", "-"), "max_content_width": 100},
)
@click.version_option(package_name="nnzoo", message="nnzoo %(version)s")
def cli() -> None:
    """Train small neural networks with nothing but NumPy; every part is a plugin.

    Start with `nnzoo train`. Options may be spelt with dashes or underscores.
    """


for command in (
    train,
    runs,
    reproduce,
    list_plugins,
    show,
    check,
    new,
    install,
    uninstall,
    zoo,
    export,
    inspect,
    evaluate,
    predict,
    summary,
    data,
    explain,
    plot,
    report,
):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and exit: 0, or the code that the kind of error carries."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _messages_to_stderr()
    debug = "--debug" in arguments
    try:
        with cli.make_context("nnzoo", list(arguments)) as context:
            cli.invoke(context)
        sys.stdout.flush()
        code = 0
    except click.exceptions.Exit as done:  # --help and --version
        code = done.exit_code
    except click.ClickException as error:
        error.show()
        code = _as_json(arguments, "UsageError", error.format_message(), None, error.exit_code)
    except NnzooError as error:
        if debug:
            traceback.print_exc()
        else:
            click.echo(f"nnzoo: error: {error}", err=True)
        code = _as_json(arguments, type(error).__name__, error.message, error.hint, error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("nnzoo: interrupted", err=True)
        code = _as_json(arguments, "Interrupted", "interrupted", None, INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has gone; nothing is left to say
        _close_stdout()
        code = BROKEN_PIPE
    except Exception as error:
        plugin = _culprit(error)
        if isinstance(error, OSError) and plugin is None:
            sys.exit(_out_of_order(error, arguments, debug))
        if plugin is None or debug:
            traceback.print_exc()
        message = f"{f'plugin {plugin}' if plugin else 'nnzoo'} failed: {type(error).__name__}: {error}"
        hint = "this is a bug in the plugin; --debug shows where" if plugin else _bug_of_ours()
        click.echo(f"nnzoo: error: {message}\n  {hint}", err=True)
        code = _as_json(arguments, type(error).__name__, message, hint, PluginError.exit_code if plugin else 1)
    sys.exit(code)


def _out_of_order(error: OSError, arguments: Sequence[str], debug: bool) -> int:
    """A file, a directory or standard output that can't be used, wherever that came to light; returns the exit code."""
    if debug:
        traceback.print_exc()
    message = f"{error.filename or 'standard output, or another file'}: {error.strerror or error}"
    click.echo(f"nnzoo: error: {message}", err=True)
    try:
        _as_json(arguments, StorageError.__name__, message, None, StorageError.exit_code)
        sys.stdout.flush()
    except OSError:
        _close_stdout()
    return StorageError.exit_code


def _close_stdout() -> None:
    """Have Python write what is left to nowhere when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _culprit(error: Exception) -> str | None:
    """The plugin in whose code an unexpected error was raised; None where it is nnzoo's own."""
    host = sys.modules.get("nnzoo.plugins.host")
    return host.culprit(error) if host else None


def _bug_of_ours() -> str:
    """Whose bug it is where no plugin's code was at work; a plugin may have handed something over before."""
    host = sys.modules.get("nnzoo.plugins.host")
    others = ", ".join(host.third_parties()) if host else ""
    if not others:
        return "this is a bug in nnzoo; please report it"
    return f"this is a bug in nnzoo, or in {others}, whose components `nnzoo check` tests; please report it"


def _as_json(arguments: Sequence[str], kind: str, message: str, hint: str | None, code: int) -> int:
    """With --json an error, too, is one JSON object on standard output; returns the exit code."""
    if "--json" in arguments:
        click.echo(json.dumps({"error": {"kind": kind, "message": message, "hint": hint, "exit_code": code}}))
    return code


def _messages_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("nnzoo: %(message)s"))
    logger = logging.getLogger("nnzoo")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
