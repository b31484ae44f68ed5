"""``nnzoo list-plugins``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import make_registry, plugin_options
from nnzoo.cli.output import print_json
from nnzoo.cli.tables import print_table

if TYPE_CHECKING:
    from nnzoo.plugins.registry import Plugin


@click.command("list-plugins")
@click.option("--kind", metavar="KIND", help="Only components of this kind (activation, optimizer, dataset, …).")
@plugin_options
@click.option("--no-load", is_flag=True, help="Read metadata only: no plugin is imported, no component listed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_plugins(kind: str | None, no_load: bool, as_json: bool) -> None:
    """List every installed plugin with its version, status and components.

    A broken plugin is listed as failed, with the reason.
    """
    registry = make_registry()
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
        print_json(rows)
        return
    print_table(("plugin", "version", "entry point", "status", "components", "reason"), map(_texts, rows))
    click.echo("`nnzoo show KIND NAME` describes a component.")


def _provided(plugin: Plugin) -> dict[str, list[str]]:
    """The names of a plugin's components by kind, of its trained networks, and of its commands."""
    others = {"zoo": [model.name for model in plugin.zoo], "command": list(plugin.commands)}
    return {**plugin.components(), **{kind: names for kind, names in others.items() if names}}


def _texts(row: dict[str, Any]) -> list[str]:
    components = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in row["components"].items())
    return [row["plugin"], row["version"], row["entry_point"], row["status"], components, row["reason"]]
