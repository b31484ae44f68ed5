"""The epoch time of lenet5 over that of its own matrix products alone.

    pip install ./plugins/nnzoo-conv
    python benchmarks/conv_epoch_time.py

A step of training takes, for each layer with weights, the product that yields its output, the one that yields the
gradient of the weights and, but for the first layer, the one that yields the gradient of its input. They are timed just
as the layers make them, conv2d one for each row of its window; everything else (strips and sums, pooling, activations,
the update) should be small beside them. Training and products are timed in turn, so that the machine's moods hit both,
on random images of MNIST's size: the time does not depend on what they show. Each round is a part of an epoch, scaled
up to the whole.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial

import click
import numpy as np
from numpy.typing import NDArray

from nnzoo import registry
from nnzoo.api import LayerPlan, NnzooError
from nnzoo.kinds import Split
from nnzoo.nn import Network
from nnzoo.nn.threads import blas_threads
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.trainer import Trainer

SAMPLES, SHAPE, CLASSES = 60_000, (28, 28), 10
Product = Callable[[], object]


def make_trainer(batch_size: int, steps: int, epochs: int, threads: int) -> Trainer:
    """The default training of lenet5 on random images, with so many steps in an epoch."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (steps * batch_size, *SHAPE), np.uint8)
    labels = rng.integers(0, CLASSES, len(images))
    recipe = resolve_recipe(registry, model="lenet5", batch_size=batch_size, epochs=epochs, threads=threads)
    network = build_network(recipe, SHAPE, CLASSES)
    return prepare(network, recipe, Split(images, labels, scale=1 / 255), None, classes=CLASSES)


def matrix(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).random(shape, np.float32)


def conv2d_products(plan: LayerPlan, n: int) -> tuple[list[Product], list[Product]]:
    """A convolution's products of output and weights' gradient, and those of the input's gradient."""
    rows, values, filters = plan.parameters["weight"].shape
    _, _, _, height, width = plan.workspace["strips"].shape
    places = plan.output_shape[1] * plan.output_shape[2]
    weight, strips, y = matrix(rows, values, filters), matrix(n, values, height * width), matrix(n, filters, places)
    seen = [strips[:, :, i * width : i * width + places] for i in range(rows)]
    each, product = matrix(n, rows, values, filters), matrix(n, values, places)
    own = [partial(np.matmul, weight[i].T, seen[i], out=y) for i in range(rows)]
    own += [partial(np.matmul, seen[i], y.transpose(0, 2, 1), out=each[:, i]) for i in range(rows)]
    return own, [partial(np.matmul, weight[i], y, out=product) for i in range(rows)]


def dense_products(plan: LayerPlan, n: int) -> tuple[list[Product], list[Product]]:
    """The same of a fully connected layer."""
    features, units = plan.parameters["weight"].shape
    weight, x, y = matrix(features, units), matrix(n, features), matrix(n, units)
    own = [partial(np.matmul, x, weight, out=y), partial(np.matmul, x.T, y, out=matrix(features, units))]
    return own, [partial(np.matmul, y, weight.T, out=matrix(n, features))]


def step_products(network: Network, batch_size: int) -> list[Product]:
    """All that one step takes, in arrays of their own."""
    products: list[Product] = []
    for layer, plan in zip(network.layers, network.plans, strict=True):
        if layer.name in ("conv2d", "dense"):
            own, of_input = (conv2d_products if layer.name == "conv2d" else dense_products)(plan, batch_size)
            products += own + of_input if products else own
    return products


def time_products(products: list[Product], steps: int) -> float:
    """Seconds that the products of so many steps take."""
    started = time.perf_counter()
    for _ in range(steps):
        for product in products:
            product()
    return time.perf_counter() - started


@click.command(help=__doc__)
@click.option("--batch-size", default=128, show_default=True, help="Samples in a step.")
@click.option("--steps", default=60, show_default=True, help="Steps in a round.")
@click.option("--threads", default=1, show_default=True, help="Threads that matrix products may use, in both.")
@click.option("--repeat", default=5, show_default=True, help="Rounds; medians are reported.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(batch_size: int, steps: int, threads: int, repeat: int, as_json: bool) -> None:
    try:
        trainer = make_trainer(batch_size, steps, repeat + 1, threads)
    except NnzooError as error:  # nnzoo-conv is not installed, or an option is out of range
        raise click.ClickException(str(error)) from None
    epochs, products = trainer.epochs(), step_products(trainer.network, batch_size)
    whole = SAMPLES / (steps * batch_size)
    pairs = []
    for _ in range(repeat + 1):
        seconds = next(epochs).seconds
        with blas_threads(threads):
            pairs.append((whole * seconds, whole * time_products(products, steps)))
    del pairs[0]  # the warm-up: arrays are allocated in the first round
    figures = {
        "batch_size": batch_size,
        "threads": threads,
        "epoch_seconds": statistics.median(epoch for epoch, _ in pairs),
        "products_seconds": statistics.median(alone for _, alone in pairs),
        "ratio": statistics.median(epoch / alone for epoch, alone in pairs),
    }
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"epoch             {figures['epoch_seconds']:.2f} s")
    click.echo(f"products alone    {figures['products_seconds']:.2f} s")
    click.echo(f"ratio             {figures['ratio']:.2f}   (medians of {repeat})")


if __name__ == "__main__":
    main()
