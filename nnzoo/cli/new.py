"""``nnzoo new``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import PATH, data_dir_option, make_cache, make_registry, plugin_options
from nnzoo.cli.output import prints_to_stderr
from nnzoo.errors import UsageError

if TYPE_CHECKING:
    from nnzoo.plugins.registry import Registry


@click.command()
@click.argument("kind")
@click.argument("name")
@click.option("--directory", type=PATH, default=".", metavar="DIR", help="The parent folder.  [default: here]")
@click.option("--file", "as_file", is_flag=True, help="Write a single file for --plugin, not a package.")
@click.option(
    "--from", "runs", metavar="[NAME=]RUN", multiple=True, help="With zoo: a finished run to include. Repeatable."
)
@click.option("--summary", metavar="TEXT", help="With zoo: a description of the networks in one sentence.")
@click.option("--use", metavar="TEXT", help="With zoo: their intended use.")
@click.option("--limits", metavar="TEXT", help="With zoo: their limits.")
@click.option("--license", metavar="ID", help="With zoo: the licence of the weights, such as apache-2.0.")
@click.option("--data-license", metavar="TEXT", help="With zoo: the licence of your own data.")
@data_dir_option
@plugin_options
def new(kind: str, name: str, directory: Path, as_file: bool, runs: tuple[str, ...], **words: str | None) -> None:
    """Write a working plugin to start from: an installable package with tests, or a single file.

    KIND is activation, optimizer, schedule, loss, layer, model, dataset, task, metric, preprocessor, transform,
    observer, figure, exporter, executor or search; or zoo, for a package of trained networks. Existing files are never
    overwritten.

    \b
    nnzoo new activation mish
    nnzoo new dataset two-moons --file
    nnzoo new zoo flowers --from runs/small --from flowers-mlp.large=runs/large
    """
    from nnzoo.scaffold.choice import choose_names, require_new_distribution
    from nnzoo.scaffold.sources import next_commands, package_files, single_file, write_new

    registry = make_registry()
    texts = {key: text for key, text in words.items() if text is not None}
    if kind == "zoo":
        if as_file:
            raise UsageError("trained networks are files of a package", hint="omit --file")
        _new_zoo(registry, name, runs, directory, texts)
        return
    if runs or texts:
        option = "--from" if runs else f"--{next(iter(texts)).replace('_', '-')}"
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
        _print_lines(f"wrote {target}/ with", files)
        commands = [f"cd {shlex.quote(str(target))}", *next_commands(names)]
    _print_lines("\nIt works as it is. Next, try it; then change it to your needs:\n", commands)


def _print_lines(title: str, lines: Iterable[str]) -> None:
    click.echo("\n  ".join([title, *lines]))


def _new_zoo(registry: Registry, name: str, runs: tuple[str, ...], directory: Path, texts: dict[str, str]) -> None:
    """Write a package with the networks of runs."""
    from nnzoo.scaffold.sources import write_new
    from nnzoo.scaffold.zoo import zoo_package
    from nnzoo.zoo.making import LARGE_FILE

    with prints_to_stderr():
        package = zoo_package(registry, name, runs, make_cache(), texts)
    target = directory / package.names.distribution
    write_new(target, package.files)
    _print_lines(f"wrote {target}/ with", package.files)
    for card in package.cards:
        figures = ", ".join(f"test {each.title} {each.measure.show(each.value)}" for each in card.figures)
        click.echo(f"\n{card.name}: {figures}")
        if card.size and card.size > LARGE_FILE:
            click.echo(f"nnzoo: its file has {card.size:,} bytes, which is a lot for a package", err=True)
    first = package.cards[0].name
    missing = [each for each in ("summary", "use", "limits", "license") if each not in texts]
    then = f"; then add to the cards what is missing ({', '.join(missing)})" if missing else ""
    data = f" --dataset {shlex.quote(os.path.realpath(package.own_data))}" if package.own_data else ""
    commands = [f"cd {shlex.quote(str(target))}", "pip install -e '.[test]'", "pytest"]
    commands += [f"nnzoo zoo show {first}", f"nnzoo zoo verify {first}{data}"]
    _print_lines(f"\nIt works as it is. Next, try it{then}:\n", commands)
