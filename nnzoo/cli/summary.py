"""``nnzoo summary``."""

from __future__ import annotations

import json
import math
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import make_registry, plugin_options
from nnzoo.cli.tables import print_table
from nnzoo.errors import UsageError

if TYPE_CHECKING:
    from nnzoo.nn import Network


@click.command(short_help="Show the layers of an architecture.")
@click.option("--model", default="mlp", show_default=True, metavar="NAME", help="The architecture.")
@click.option("--hidden", metavar="N[,N…]", help="Units of each hidden layer, for a model that has them.")
@click.option("--activation", default="relu", show_default=True, metavar="NAME", help="The hidden layers' activation.")
@click.option(
    "--input-shape", default="28,28", show_default=True, metavar="N[,N…]", help="Shape of one sample: 28,28 for MNIST."
)
@click.option("--outputs", type=int, default=10, show_default=True, metavar="N", help="Classes, or values to predict.")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def summary(
    model: str,
    hidden: str | None,
    activation: str,
    input_shape: str,
    outputs: int,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show the layers of an architecture, before anything is trained: what each is, its output, its parameters.

    `nnzoo inspect` shows the same of a trained network.

    \b
    nnzoo summary
    nnzoo summary --hidden 128,64 --activation sigmoid
    nnzoo summary --model mlp:hidden=32 --input-shape 8,8 --outputs 10
    """
    from nnzoo.model import DeepNeuralNetwork

    registry = make_registry(plugin_files, disabled)
    with redirect_stdout(sys.stderr):  # a plugin may print
        network = DeepNeuralNetwork(
            activation=activation,
            model=registry.build("model", model, {} if hidden is None else {"hidden": hidden.split(",")}),
            input_shape=_shape(input_shape),
            outputs=outputs,
            registry=registry,
        ).network
    if as_json:
        click.echo(json.dumps(summary_of(network)))
    else:
        print_summary(network)


def summary_of(network: Network) -> dict[str, Any]:
    """The layers of a network, as JSON can hold them."""
    layers = [
        {
            "layer": str(layer),
            "output_shape": list(plan.output_shape),
            "parameters": sum(math.prod(parameter.shape) for parameter in plan.parameters.values()),
        }
        for layer, plan in zip(network.layers, network.plans, strict=True)
    ]
    vector = network.parameters.vector
    return {
        "input_shape": list(network.input_shape),
        "layers": layers,
        "parameters": vector.size,
        "bytes": vector.nbytes,
    }


def print_summary(network: Network) -> None:
    """The layers of a network as a table, with the sum of all parameters below it."""
    from nnzoo.nn.summary import layer_rows

    print_table(("layer", "output shape", "parameters"), layer_rows(network), numbers=2)
    whole = summary_of(network)
    shape = "×".join(map(str, whole["input_shape"]))
    click.echo(f"input {shape}, {whole['parameters']:,} parameters, {whole['bytes']:,} bytes")


def _shape(text: str) -> list[int]:
    try:
        return [int(piece) for piece in text.split(",")]
    except ValueError:
        raise UsageError(f"--input-shape {text} is no shape", hint="write it like 28,28") from None
