"""``nnzoo completion``: commands, options and the names of components, completed by the shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class, shell_complete

from nnzoo.cli.commands import COMPLETE

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL (bash, zsh or fish) completes commands, options and names.

    \b
    echo 'eval "$(nnzoo completion bash)"' >> ~/.bashrc
    echo 'eval "$(nnzoo completion zsh)"' >> ~/.zshrc
    nnzoo completion fish > ~/.config/fish/completions/nnzoo.fish
    """
    form = get_completion_class(shell)
    assert form is not None
    click.echo(form(context.find_root().command, {}, "nnzoo", COMPLETE).source())


def answer(cli: click.Command, instruction: str) -> int:
    """Answer a shell's request for completions, such as ``bash_complete``; return the exit code."""
    return shell_complete(cli, {}, "nnzoo", COMPLETE, instruction)
