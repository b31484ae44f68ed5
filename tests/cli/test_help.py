"""The help of every command."""

import click
import pytest

from nnzoo.cli.main import cli

COMMANDS = [(name,) for name in cli.commands]
COMMANDS += [
    (name, part) for name, one in cli.commands.items() if isinstance(one, click.Group) for part in one.commands
]


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_the_examples_of_a_command_keep_their_lines(names):
    command, context = cli, click.Context(cli)
    for name in names:
        command = command.get_command(context, name)
        context = click.Context(command, context, info_name=name)
    text = command.get_help(context)
    assert "\\b" not in text
    _, *paragraphs = (command.help or "").split("\b\n")
    examples = [line.strip() for paragraph in paragraphs for line in paragraph.partition("\n\n")[0].splitlines()]
    assert [line for line in examples if line and f"  {line}" not in text.splitlines()] == []
