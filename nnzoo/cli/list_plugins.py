"""``nnzoo list-plugins``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import make_registry, plugin_options
from nnzoo.cli.tables import print_table

if TYPE_CHECKING:
    from nnzoo.plugins.registry import Plugin


@click.command("list-plugins")
@click.option("--kind", metavar="KIND", help="Only components of this kind (activation, optimizer, dataset, …).")
@plugin_options
@click.option("--no-load", is_flag=True, help="Read metadata only: import no plugin, so name no component.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_plugins(
    plugin_files: tuple[Path, ...], disabled: tuple[str, ...], kind: str | None, no_load: bool, as_json: bool
) -> None:
    """List every installed plugin: its version, whether it works, and the components it provides.

    A plugin that is broken is listed as failed, with the reason.
    """
    registry = make_registry(plugin_files, disabled)
    if kind is not None:
        registry.check_kind(kind)
    rows = [
        {
            "plugin": plugin.source.distribution,
            "version": plugin.source.version,
            "entry_point": plugin.source.entry,
            "status": plugin.status if plugin.loaded or plugin.status == "disabled" else "not loaded",
            "components": {k: names for k, names in _provided(plugin).items() if kind in (None, k)},
            "reason": plugin.reason,
        }
        for plugin in registry.plugins(load=not no_load)
    ]
    if kind is not None:
        rows = [row for row in rows if row["components"] or row["status"] == "failed"]
    if as_json:
        click.echo(json.dumps(rows))
        return
    print_table(("plugin", "version", "entry point", "status", "components", "reason"), map(_texts, rows))
    click.echo("`nnzoo show KIND NAME` describes a component.")


def _provided(plugin: Plugin) -> dict[str, list[str]]:
    """Names of its components by kind, of its trained networks, and of its commands."""
    others = {"zoo": [model.name for model in plugin.zoo], "command": list(plugin.commands)}
    return {**plugin.components(), **{what: names for what, names in others.items() if names}}


def _texts(row: dict[str, Any]) -> list[str]:
    components = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in row["components"].items())
    return [row["plugin"], row["version"], row["entry_point"], row["status"], components, row["reason"]]
