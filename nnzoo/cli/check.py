"""``nnzoo check``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import make_registry, plugin_options
from nnzoo.cli.tables import print_table
from nnzoo.errors import PluginError

if TYPE_CHECKING:
    from nnzoo.testing import Check


@click.command(short_help="Hold a component against the rules of its kind.")
@click.argument("kind")
@click.argument("name")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
def check(kind: str, name: str, plugin_files: tuple[Path, ...], disabled: tuple[str, ...], as_json: bool) -> None:
    r"""Hold a component against the rules of its kind: derivatives, memory, manners, and more.

    NAME may have hyperparameters, as in leaky-relu:negative_slope=0.2. A test suite runs the same checks with
    nnzoo.testing. The exit code is 5 if a check fails.

    \b
    nnzoo check activation relu
    nnzoo check activation mish --plugin mish.py
    """
    from nnzoo.testing import checks_for

    registry = make_registry(plugin_files, disabled)
    component = registry.build(kind, name)
    provider = registry.provider(component)
    if not as_json:
        click.echo(f"{component.kind} {component}, from {provider}\n")
    rows = [_outcome(one) for one in checks_for(component)]
    failed = [row for row in rows if row["status"] == "failed"]
    if as_json:
        outcome = {"kind": kind, "component": str(component), "plugin": str(provider), "passed": not failed}
        click.echo(json.dumps({**outcome, "checks": rows}))
    else:
        print_table(("check", "outcome", "claim"), [(row["check"], row["status"], row["claim"]) for row in rows])
        for row in rows:
            if row["reason"]:
                click.echo(f"{row['check']} {row['status']}: {row['reason']}")
        counts = {status: sum(row["status"] == status for row in rows) for status in ("passed", "failed", "skipped")}
        click.echo(f"\n{', '.join(f'{count} {status}' for status, count in counts.items() if count)}")
    if failed:
        click.get_current_context().exit(PluginError.exit_code)


def _outcome(one: Check) -> dict[str, Any]:
    """Run one check; its row of the table."""
    from nnzoo.testing import CheckFailed, CheckSkipped

    row = {"check": one.name, "claim": one.claim, "status": "passed", "reason": ""}
    try:
        one()
    except CheckFailed as failure:
        row |= {"status": "failed", "reason": str(failure)}
    except CheckSkipped as skipped:
        row |= {"status": "skipped", "reason": str(skipped)}
    return row
