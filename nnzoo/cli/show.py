"""``nnzoo show``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import kind_and_name, make_registry, plugin_options
from nnzoo.cli.tables import print_table

if TYPE_CHECKING:
    from nnzoo.plugins.registry import Registry


@click.command()
@click.argument("kind")
@click.argument("name", required=False)
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(kind: str, name: str | None, plugin_files: tuple[Path, ...], disabled: tuple[str, ...], as_json: bool) -> None:
    """Describe a component: what it does, its hyperparameters, where it comes from, how to use it.

    \b
    nnzoo show optimizer momentum
    nnzoo show dataset digits
    """
    from nnzoo.hyperparameters import format_value

    registry = make_registry(plugin_files, disabled)
    if name is None:
        raise kind_and_name(registry, "show", kind)
    described = registry.describe(kind, name)
    if as_json:
        click.echo(json.dumps(described.to_dict()))
        return
    click.echo(f"{described.kind} {described.name}, from {described.plugin}\n")
    click.echo((described.text or "(no description)") + "\n")
    if described.hyperparameters:
        rows = [
            (h.name, h.type, h.allowed, "" if h.required else format_value(h.default), h.description)
            for h in described.hyperparameters
        ]
        print_table(("hyperparameter", "type", "range", "default", "meaning"), rows)
    else:
        click.echo("It has no hyperparameters.")
    if (line := _import_line(registry, kind, name)) is not None:
        click.echo(f"In Python: {line}")
    if described.example:
        click.echo(f"Try: {described.example}")
    else:
        users, what = ("dataset", "data sets") if kind == "preprocessor" else ("model", "models")
        click.echo(f"A {kind} is used by {what}.\nTry: nnzoo list-plugins --kind {users}")


def _import_line(registry: Registry, kind: str, name: str) -> str | None:
    """How to import the component's class, from its package if that has it; None for a single file or a session's."""
    found = registry.get(kind, name)
    module, called = found.component.__module__, found.component.__qualname__
    if found.source.is_file:
        return None
    package = module.partition(".")[0]
    if getattr(sys.modules.get(package), called, None) is found.component:
        module = package
    return f"from {module} import {called}"
