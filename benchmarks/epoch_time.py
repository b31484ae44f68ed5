"""The epoch time of the default network over that of its two large matrix products alone.

    python benchmarks/epoch_time.py

For each batch, training a 784-64-10 network needs two products that cost something, x·W₁ forward and xᵀ·∂L/∂z₁
backward; everything else should be small beside them. Both are timed in turn, so that the machine's moods hit both,
on random images of MNIST's size: the time does not depend on what they show.
"""

from __future__ import annotations

import json
import statistics
import time

import click
import numpy as np

from nnzoo import registry
from nnzoo.kinds import Split
from nnzoo.nn.threads import blas_threads
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.trainer import Trainer

SAMPLES, PIXELS, CLASSES = 60_000, 784, 10


def make_trainer(hidden: int, batch_size: int, epochs: int, threads: int = 1) -> Trainer:
    """The default training on random images."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (SAMPLES, PIXELS), np.uint8)
    labels = rng.integers(0, CLASSES, SAMPLES)
    recipe = resolve_recipe(
        registry, model=f"mlp:hidden={hidden}", batch_size=batch_size, epochs=epochs, threads=threads
    )
    network = build_network(recipe, (PIXELS,), CLASSES)
    return prepare(network, recipe, Split(images, labels, scale=1 / 255), None, classes=CLASSES)


def time_products(hidden: int, batch_size: int) -> float:
    """Seconds that the two large products of one epoch take."""
    rng = np.random.default_rng(0)
    x = rng.random((batch_size, PIXELS), np.float32)
    weights = rng.standard_normal((PIXELS, hidden), np.float32)
    z = np.empty((batch_size, hidden), np.float32)
    gradient = np.empty_like(weights)
    batches = -(-SAMPLES // batch_size)
    started = time.perf_counter()
    for _ in range(batches):
        np.matmul(x, weights, out=z)
        np.matmul(x.T, z, out=gradient)
    return time.perf_counter() - started


@click.command(help=__doc__)
@click.option("--hidden", default=64, show_default=True, help="Units of the hidden layer.")
@click.option("--batch-size", default=128, show_default=True, help="Samples in a step.")
@click.option("--threads", default=1, show_default=True, help="Threads that matrix products may use, in both.")
@click.option("--repeat", default=7, show_default=True, help="Pairs of measurements; medians are reported.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(hidden: int, batch_size: int, threads: int, repeat: int, as_json: bool) -> None:
    epochs = make_trainer(hidden, batch_size, repeat + 1, threads).epochs()
    pairs = []
    for _ in range(repeat + 1):
        seconds = next(epochs).seconds
        with blas_threads(threads):
            pairs.append((seconds, time_products(hidden, batch_size)))
    del pairs[0]  # the warm-up: arrays are allocated in the first epoch
    figures = {
        "hidden": hidden,
        "batch_size": batch_size,
        "threads": threads,
        "epoch_seconds": statistics.median(epoch for epoch, _ in pairs),
        "products_seconds": statistics.median(products for _, products in pairs),
        "ratio": statistics.median(epoch / products for epoch, products in pairs),
    }
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"epoch             {figures['epoch_seconds']:.3f} s")
    click.echo(f"products alone    {figures['products_seconds']:.3f} s")
    click.echo(f"ratio             {figures['ratio']:.2f}   (medians of {repeat})")


if __name__ == "__main__":
    main()
