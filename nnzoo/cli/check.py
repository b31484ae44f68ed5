"""``nnzoo check``."""

from __future__ import annotations

import click

from nnzoo.cli.options import json_option, kind_and_name, make_registry, plugin_options
from nnzoo.cli.output import print_json
from nnzoo.cli.tables import print_table
from nnzoo.errors import PluginError, UsageError


@click.command()
@click.argument("kind")
@click.argument("name", required=False)
@plugin_options
@click.option("--skip", metavar="CHECK", multiple=True, help="Leave this check out. Repeatable.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Seconds for each check.  [default: 120]",
)
@json_option
def check(kind: str, name: str | None, skip: tuple[str, ...], time_limit: float | None, as_json: bool) -> None:
    """Test a component against the rules of its kind: derivatives, memory, side effects, and more.

    NAME may have hyperparameters, as in leaky-relu:negative_slope=0.2. In a test suite, nnzoo.testing runs the same
    checks. The exit code is 5 if a check fails.

    \b
    nnzoo check activation relu
    nnzoo check activation mish --plugin mish.py
    """
    from nnzoo.testing import run_checks

    registry = make_registry()
    if name is None:
        raise kind_and_name(registry, "check", kind)
    component = registry.build(kind, name)
    provider = registry.provider(component)
    if not as_json:
        click.echo(f"{kind} {component}, from {provider}\n")
    try:
        report = run_checks(component, skip=skip, **({} if time_limit is None else {"time_limit": time_limit}))
    except ValueError as error:
        raise UsageError(str(error)) from None
    rows = [
        {"check": o.check.name, "claim": o.check.claim, "status": o.status, "reason": o.reason} for o in report.outcomes
    ]
    if as_json:
        outcome = {"kind": kind, "component": str(component), "plugin": str(provider), "passed": report.passed}
        print_json({**outcome, "checks": rows})
    else:
        print_table(("check", "outcome", "claim"), [(row["check"], row["status"], row["claim"]) for row in rows])
        click.echo(report)
    if not report.passed:
        click.get_current_context().exit(PluginError.exit_code)
