"""``nnzoo summary``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.model_argument import model_file
from nnzoo.cli.options import PATH, component_option, make_registry, usual_options
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.tables import print_table
from nnzoo.errors import UsageError
from nnzoo.terminal import quoted

if TYPE_CHECKING:
    from nnzoo.nn import Network
    from nnzoo.plugins.registry import Registry


@click.command()
@click.argument("file", required=False, type=PATH)
@component_option("--model", metavar="NAME", help="The architecture.  [default: mlp]")
@click.option("--hidden", metavar="N[,N…]", help="Units of each hidden layer, for a model that has them.")
@component_option("--activation", metavar="NAME", help="The hidden layers' activation.  [default: relu]")
@click.option("--input-shape", metavar="N[,N…]", help="Shape of one sample.  [default: 28,28, as MNIST's]")
@click.option("--outputs", type=int, metavar="N", help="The number of classes or values.  [default: 10]")
@click.option("--diagram", type=PATH, metavar="PATH", help="Draw it, too: PATH.svg, PATH.png or PATH.pdf.")
@usual_options
def summary(file: Path | None, diagram: Path | None, as_json: bool, **choices: Any) -> None:
    """Show the layers of an architecture before training: component, output shape, and parameters of each.

    With FILE (a model file, the directory of a run, or the name of a network of the zoo), the layers are those of a
    trained network; `nnzoo show` shows more.

    \b
    nnzoo summary
    nnzoo summary --hidden 128,64 --activation sigmoid --diagram network.svg
    nnzoo summary --model mlp:hidden=32 --input-shape 8,8 --outputs 10
    nnzoo summary runs/mine --diagram mine.png
    """
    given = {name: value for name, value in choices.items() if value is not None}
    if file is not None and given:
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise UsageError(f"{file} has its own architecture", hint=f"omit {option}, or {file}")
    registry = make_registry()
    with prints_to_stderr():
        network = _untrained(registry, **given) if file is None else _trained(registry, file)
        if diagram is not None:
            _draw(network, diagram)
    if as_json:
        drawn = {} if diagram is None else {"diagram": str(diagram)}
        print_json(summary_of(network) | drawn)
        return
    print_summary(network)
    if diagram is not None:
        click.echo(f"wrote {diagram}")


def summary_of(network: Network) -> dict[str, Any]:
    """Return the layers of a network as JSON."""
    from nnzoo.nn.summary import layer_summaries

    layers = [
        {
            "layer": str(each.layer),
            "inputs": list(each.inputs),
            "output_shape": list(each.output_shape),
            "parameters": each.parameters,
            "shared_with": each.shared_with,
        }
        for each in layer_summaries(network)
    ]
    vector = network.parameters.vector
    return {
        "input_shape": list(network.input_shape),
        "layers": layers,
        "parameters": vector.size,
        "bytes": vector.nbytes,
    }


def print_summary(network: Network) -> None:
    """Print the layers of a network as a table, with the sum of all parameters below it."""
    from nnzoo.nn.summary import table_of, totals

    print_table(*table_of(network), numbers=2)
    click.echo(totals(network))


def _untrained(
    registry: Registry,
    model: str = "mlp",
    hidden: str | None = None,
    activation: str = "relu",
    input_shape: str = "28,28",
    outputs: int = 10,
) -> Network:
    from nnzoo.model import DeepNeuralNetwork

    return DeepNeuralNetwork(
        activation=activation,
        model=registry.build("model", model, {} if hidden is None else {"hidden": hidden.split(",")}),
        input_shape=_shape(input_shape),
        outputs=outputs,
        registry=registry,
    ).network


def _trained(registry: Registry, file: Path) -> Network:
    from nnzoo.model import DeepNeuralNetwork

    if not file.exists() and file.name in registry.names("model"):
        raise UsageError(
            f"{file} is an architecture, not a trained network", hint=f"nnzoo summary --model {quoted(file)}"
        )
    with model_file(registry, file) as path:
        return DeepNeuralNetwork.load(path, registry=registry).network


def _draw(network: Network, path: Path) -> None:
    from nnzoo.figures.architecture import architecture_figure
    from nnzoo.figures.style import save_figure, styled

    with styled():
        save_figure(architecture_figure(network), path)


def _shape(text: str) -> list[int]:
    try:
        return [int(piece) for piece in text.split(",")]
    except ValueError:
        raise UsageError(f"--input-shape {text} is not a shape", hint="write it like 28,28") from None
