"""What each piece of a training step costs, done in several ways: microseconds, in the midst of a step's products.

    python -m benchmarks.micro --batch-size 128

The network is 784-64-10. Before each measurement the two large matrix products of a step are run and the piece once, so
that the caches hold what they hold in training. Ways take turns; medians are reported.
"""

from __future__ import annotations

import importlib
import statistics
import time

import click
import numpy as np

from benchmarks.contenders.products import step_products
from benchmarks.task import Task
from benchmarks.ways import Way
from nnzoo.nn.threads import blas_threads

PIECES = ("batch", "products", "layers", "loss", "update")


def measure(ways: list[Way], n: int, rounds: int) -> list[float]:
    """The median seconds of each way."""
    products = step_products(Task(), n)
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for taken, (_, call) in zip(seconds, ways, strict=True):
            for product in products:
                product()
            call()
            started = time.perf_counter()
            call()
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken) for taken in seconds]


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--batch-size", default=128, show_default=True, help="Samples in a step.")
@click.option("--only", type=click.Choice(PIECES), multiple=True, help="Measure these pieces alone.")
@click.option("--threads", default=1, show_default=True, help="Threads that matrix products may use.")
@click.option("--repeat", default=301, show_default=True, help="Rounds; medians are reported.")
def main(batch_size: int, only: tuple[str, ...], threads: int, repeat: int) -> None:
    for piece in only or PIECES:
        module = importlib.import_module(f"benchmarks.ways.{piece}")
        ways = list(module.ways(batch_size))
        with blas_threads(threads), np.errstate(all="ignore"):
            seconds = measure(ways, batch_size, repeat)
        click.echo(f"\n{piece}: {(module.__doc__ or '').splitlines()[0]}")
        for (name, _), taken in zip(ways, seconds, strict=True):
            click.echo(f"  {name:<62}{1e6 * taken:8.1f} µs")


if __name__ == "__main__":
    main()
