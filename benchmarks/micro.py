"""The time of each piece of a training step, computed in several ways: microseconds, between the products of a step.

    python -m benchmarks.micro

The network is 784-64-10. Before each measurement, the two large matrix products of a step and the piece run once, so
that the caches hold the same data as in training. Ways take turns; medians are reported.
"""

from __future__ import annotations

import importlib
import statistics
import time

import click
import numpy as np

from benchmarks.contenders.products import step_products
from benchmarks.report import print_table
from benchmarks.task import Task
from nnzoo.nn.threads import blas_threads

PIECES = ("batch", "products", "layers", "loss", "update")


def measure(piece: str, n: int, rounds: int) -> dict[str, float]:
    """The median seconds of each way to do a piece for n samples."""
    ways = list(importlib.import_module(f"benchmarks.ways.{piece}").ways(n))
    products = step_products(Task(), n)
    seconds: dict[str, list[float]] = {name: [] for name, _ in ways}
    for _ in range(rounds):
        for name, call in ways:
            for product in products:
                product()
            call()
            started = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option(
    "--batch-size",
    "sizes",
    type=click.IntRange(1),
    multiple=True,
    default=(32, 128),
    help="Repeatable.  [default: 32, 128]",
)
@click.option("--only", type=click.Choice(PIECES), multiple=True, help="Measure only these pieces; repeatable.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="BLAS threads.")
@click.option("--repeat", type=click.IntRange(5), default=301, show_default=True, help="Rounds; medians are reported.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
def main(sizes: tuple[int, ...], only: tuple[str, ...], threads: int, repeat: int, markdown: bool) -> None:
    rows = []
    for piece in only or PIECES:
        with blas_threads(threads), np.errstate(all="ignore"):
            columns = [measure(piece, n, repeat) for n in sizes]
        rows += [(name, *(f"{1e6 * column[name]:.1f}" for column in columns)) for name in columns[0]]
    titles = ("microseconds", *(f"batch {n}" for n in sizes))
    print_table(titles, rows, "l" + "r" * len(sizes), markdown=markdown)


if __name__ == "__main__":
    main()
