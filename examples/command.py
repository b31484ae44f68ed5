"""A command: values and derivatives of an activation, as CSV for any other program.

nnzoo values sigmoid --plugin examples/command.py --points 9
"""

from __future__ import annotations

import click
import numpy as np

from nnzoo.api import Registry, UsageError, hookimpl


@click.command()
@click.argument("activation", metavar="NAME")
@click.option("--points", default=9, show_default=True, help="How many values of z.")
@click.option("--reach", default=4.0, show_default=True, help="From minus this to this.")
@click.pass_obj
def values(registry: Registry, activation: str, points: int, reach: float) -> None:
    """Print z, f(z) and f′(z) of an activation.

    NAME may have hyperparameters, and may come from any plugin.
    """
    if points < 2:
        raise UsageError(f"{points} points make no table", hint="two are the fewest")
    function = registry.build("activation", activation)
    z = np.linspace(-reach, reach, points)
    a, slope = np.empty_like(z), np.ones_like(z)
    function.forward(z, a)
    click.echo("z,f,slope")
    results = a.copy()  # backward may use `a` as scratch space
    function.backward(z, a, slope)
    for row in zip(z, results, slope, strict=True):
        click.echo(",".join(f"{value:.6g}" for value in row))


@hookimpl
def nnzoo_commands() -> list[click.Command]:
    return [values]
