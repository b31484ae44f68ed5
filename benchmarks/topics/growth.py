"""How an epoch's time grows with hidden size, depth, batch, samples and parameters, against the products alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from benchmarks.contender import epochs_in_turns, nnzoo_and_products
from benchmarks.growth_figure import Point, Series, draw
from benchmarks.measuring import Row, Settings, median_ratio
from benchmarks.task import Task

WIDTHS = (16, 32, 64, 128, 256, 512, 1024)
GROWING = {
    "hidden size": [(units, Task(hidden=(units,))) for units in WIDTHS],
    "hidden layers of 64": [(depth, Task(hidden=(64,) * depth)) for depth in (1, 2, 3, 4, 6, 8)],
    "batch size": [(size, Task(batch_size=size)) for size in (8, 16, 32, 64, 128, 256, 512, 1024)],
    "samples": [(samples, Task(samples=samples)) for samples in (1_000, 6_000, 60_000, 600_000)],
    "parameters": [(task.parameters, task) for task in (Task(hidden=(units,) * 2) for units in WIDTHS)],
}
"""One size grows, the others are those of 784-64-10, batch 128, 60,000 samples; parameters with two equal layers."""


def measure(settings: Settings) -> Iterator[Row]:
    series = [
        Series(name, [measure_point(size, task, settings) for size, task in tasks]) for name, tasks in GROWING.items()
    ]
    draw(series, settings.figure)
    for each in series:
        first, last = each.points[0], each.points[-1]
        yield Row(
            f"epoch over matrix products, {each.name}: {last.size:,}",
            last.ratio,
            note=f"{first.ratio:.2f} for {first.size:,}; all between in {settings.figure.name}",
            details={"points": [vars(point) for point in each.points]},
        )


@cache
def measure_point(size: int, task: Task, settings: Settings) -> Point:
    """Both epoch times of a task: the fastest, which was disturbed least, and the median ratio."""
    entries = nnzoo_and_products(settings.threads)
    timings, _ = epochs_in_turns(entries, task, settings.repeat)
    ours, products = timings["nnzoo"], timings["products"]
    return Point(size, min(ours), min(products), median_ratio(ours, products), len(task.starts))
