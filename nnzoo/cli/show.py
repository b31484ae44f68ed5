"""``nnzoo show``."""

from __future__ import annotations

import inspect
from pathlib import Path

import click

from nnzoo.cli.options import make_registry, plugin_options
from nnzoo.cli.tables import print_table


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
    click.echo(inspect.cleandoc(component.__doc__ or "(no description)") + "\n")
    hyperparameters = component.hyperparameters()
    if hyperparameters:
        rows = [
            (h.name, h.type, h.allowed, "" if h.required else format_value(h.default), h.description)
            for h in hyperparameters
        ]
        print_table(("hyperparameter", "type", "range", "default", "meaning"), rows)
    else:
        click.echo("It has no hyperparameters.")
    click.echo(f"Try: {_example(kind, str(component()) if not any(h.required for h in hyperparameters) else name)}")


def _example(kind: str, spec: str) -> str:
    """A command that uses the component."""
    if kind == "layer":
        return "nnzoo list-plugins --kind model    (layers are what models are made of)"
    return f"nnzoo train --{kind} {spec}"
