"""``nnzoo show``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import make_registry, plugin_options
from nnzoo.cli.tables import print_table

if TYPE_CHECKING:
    from nnzoo.component import Component


@click.command(short_help="Describe a component.")
@click.argument("kind")
@click.argument("name")
@plugin_options
def show(kind: str, name: str, plugin_files: tuple[Path, ...], disabled: tuple[str, ...]) -> None:
    r"""Describe a component: what it does, its hyperparameters, where it comes from, how to use it.

    \b
    nnzoo show optimizer momentum
    nnzoo show dataset digits
    """
    from nnzoo.hyperparameters import format_value

    registration = make_registry(plugin_files, disabled).get(kind, name)
    component = registration.component
    click.echo(f"{component.label}, from {registration.source}\n")
    click.echo((component.description() or "(no description)") + "\n")
    hyperparameters = component.hyperparameters()
    if hyperparameters:
        rows = [
            (h.name, h.type, h.allowed, "" if h.required else format_value(h.default), h.description)
            for h in hyperparameters
        ]
        print_table(("hyperparameter", "type", "range", "default", "meaning"), rows)
    else:
        click.echo("It has no hyperparameters.")
    if kind == "layer":
        click.echo("Layers are what models are made of.")
    click.echo(f"Try: {_example(kind, name, component, plugin_files)}")


def _example(kind: str, name: str, component: type[Component], plugin_files: tuple[Path, ...]) -> str:
    """A command that uses the component, with its hyperparameters written out."""
    from nnzoo.hyperparameters import format_value

    if kind == "layer":
        return "nnzoo list-plugins --kind model"
    options = [f"{h.name}={'…' if h.required else format_value(h.default)}" for h in component.hyperparameters()]
    files = "".join(f" --plugin {shlex.quote(str(path))}" for path in plugin_files)
    return f"nnzoo train{files} --{kind} {name}{':' if options else ''}{','.join(options)}"
