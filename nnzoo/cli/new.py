"""``nnzoo new``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from nnzoo.cli.options import make_registry, plugin_options


@click.command(short_help="Start a plugin of your own.")
@click.argument("kind")
@click.argument("name")
@click.option(
    "--directory", type=click.Path(path_type=Path), default=".", metavar="DIR", help="Where to put it.  [default: here]"
)
@click.option("--file", "as_file", is_flag=True, help="Write a single file for --plugin, not a package.")
@plugin_options
def new(
    plugin_files: tuple[Path, ...], disabled: tuple[str, ...], kind: str, name: str, directory: Path, as_file: bool
) -> None:
    """Write a plugin that works, to be made your own: an installable package with tests, or a single file.

    KIND is activation, optimizer, schedule, loss, layer, model, dataset, task, metric, preprocessor, transform,
    observer, figure or exporter. Nothing is ever overwritten.

    \b
    nnzoo new activation mish
    nnzoo new dataset two-moons --file
    """
    from nnzoo.scaffold import (
        choose_names,
        next_commands,
        package_files,
        require_new_distribution,
        single_file,
        write_new,
    )

    names = choose_names(make_registry(plugin_files, disabled), kind, name)
    if as_file:
        target = directory / f"{names.module}.py"
        write_new(target, single_file(names))
        click.echo(f"wrote {target}")
        commands = next_commands(names, file=shlex.quote(str(target)))
    else:
        require_new_distribution(names)
        target = directory / names.distribution
        files = package_files(names)
        write_new(target, files)
        click.echo(f"wrote {target}/ with")
        for path in files:
            click.echo(f"  {path}")
        commands = [f"cd {shlex.quote(str(target))}", *next_commands(names)]
    click.echo("\nIt works as it is. Next, try it; then make it yours:\n")
    for command in commands:
        click.echo(f"  {command}")
