"""``nnzoo new``."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.errors import UsageError
from nnzoo.terminal import printable

if TYPE_CHECKING:
    from nnzoo.plugins.registry import Registry


@click.command()
@click.argument("kind")
@click.argument("name")
@click.option(
    "--directory", type=click.Path(path_type=Path), default=".", metavar="DIR", help="Where to put it.  [default: here]"
)
@click.option("--file", "as_file", is_flag=True, help="Write a single file for --plugin, not a package.")
@click.option(
    "--from", "runs", metavar="[NAME=]RUN", multiple=True, help="With zoo: a finished run to bring. Repeatable."
)
@click.option("--summary", metavar="TEXT", help="With zoo: what the networks are, in one sentence.")
@click.option("--use", metavar="TEXT", help="With zoo: what they are good for.")
@click.option("--limits", metavar="TEXT", help="With zoo: what they are not good for.")
@click.option("--license", metavar="ID", help="With zoo: the licence of the weights, such as apache-2.0.")
@click.option("--data-license", metavar="TEXT", help="With zoo: the licence of the data, where they are your own.")
@data_dir_option
@plugin_options
def new(
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    data_dir: Path | None,
    kind: str,
    name: str,
    directory: Path,
    as_file: bool,
    runs: tuple[str, ...],
    **words: str | None,
) -> None:
    """Write a plugin that works, to be made your own: an installable package with tests, or a single file.

    KIND is activation, optimizer, schedule, loss, layer, model, dataset, task, metric, preprocessor, transform,
    observer, figure, exporter, executor or search; or zoo, for a package that brings trained networks. Nothing is ever
    overwritten.

    \b
    nnzoo new activation mish
    nnzoo new dataset two-moons --file
    nnzoo new zoo flowers --from runs/small --from flowers-mlp.large=runs/large
    """
    from nnzoo.scaffold.choice import choose_names, require_new_distribution
    from nnzoo.scaffold.sources import next_commands, package_files, single_file, write_new

    registry = make_registry(plugin_files, disabled)
    said = {key: text for key, text in words.items() if text is not None}
    if kind == "zoo":
        if as_file:
            raise UsageError("trained networks are files of a package", hint="leave --file out")
        _new_zoo(registry, name, runs, directory, data_dir, said)
        return
    if runs or said:
        option = "--from" if runs else f"--{next(iter(said)).replace('_', '-')}"
        raise UsageError(f"{option} is for trained networks", hint=f"nnzoo new zoo {name} --from RUN")
    names = choose_names(registry, kind, name)
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


def _new_zoo(
    registry: Registry,
    name: str,
    runs: tuple[str, ...],
    directory: Path,
    data_dir: Path | None,
    said: dict[str, str],
) -> None:
    """Write a package that brings the networks of runs."""
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.scaffold.sources import write_new
    from nnzoo.scaffold.zoo import zoo_package
    from nnzoo.zoo.making import LARGE_FILE

    with redirect_stdout(sys.stderr):  # a plugin may print
        package = zoo_package(registry, name, runs, FileCache(data_dir), said)
    target = directory / package.names.distribution
    write_new(target, package.files)
    click.echo(f"wrote {target}/ with")
    for path in package.files:
        click.echo(f"  {path}")
    for card in package.cards:
        figures = ", ".join(f"test {each.title} {each.measure.show(each.value)}" for each in card.figures)
        click.echo(printable(f"\n{card.name}: {figures}"))
        if card.size and card.size > LARGE_FILE:
            click.echo(f"nnzoo: its file has {card.size:,} bytes, which is much for a package", err=True)
    first = package.cards[0].name
    unsaid = [each for each in ("summary", "use", "limits", "license") if each not in said]
    then = f"; then say on the cards what is missing ({', '.join(unsaid)})" if unsaid else ""
    click.echo(f"\nIt works as it is. Next, try it{then}:\n")
    own = f" --dataset {shlex.quote(os.path.realpath(package.own_data))}" if package.own_data else ""
    for command in (
        f"cd {shlex.quote(str(target))}",
        "pip install -e '.[test]'",
        "pytest",
        f"nnzoo zoo show {first}",
        f"nnzoo zoo verify {first}{own}",
    ):
        click.echo(f"  {command}")
