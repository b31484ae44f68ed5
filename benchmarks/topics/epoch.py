"""Epoch time of nnzoo over that of the large matrix products alone, for several sizes of batch and network."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.contender import epochs_in_turns, nnzoo_and_products
from benchmarks.measuring import Row, Settings, ratio_row
from benchmarks.task import Task

BARS = {
    Task(): 1.45,
    Task(batch_size=32): 2.0,
    Task(batch_size=512): 1.28,
    Task(hidden=(256, 128)): 1.35,
}


def measure(settings: Settings) -> Iterator[Row]:
    entries = nnzoo_and_products(settings.threads)
    for task, bar in BARS.items():
        timings, _ = epochs_in_turns(entries, task, settings.repeat)
        yield ratio_row(f"epoch over matrix products, {task}", timings, "nnzoo", "products", bar)
