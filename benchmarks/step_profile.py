"""The time of each part of a training step, while nnzoo trains.

    python -m benchmarks.step_profile

Every part of the step (batches, layers, loss, optimizer) is timed as it is called; the rest is the loop itself, with
its counting and weight decay. Timing takes about a tenth of a microsecond per part. The large matrix products of the
layers are timed separately for comparison.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import click

from benchmarks.contenders.nnzoo_trainer import mlp_trainer
from benchmarks.contenders.products import prepare as prepare_products
from benchmarks.measuring import in_turns, timed
from benchmarks.report import print_table
from benchmarks.task import Task
from nnzoo.training.trainer import Trainer

Clock = defaultdict[str, float]
REST = "the loop: counting, checks, weight decay"


def clocked(clock: Clock, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, with its time added to a part."""

    def watched(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        result = call(*arguments, **named)
        clock[part] += time.perf_counter() - started
        return result

    return watched


def watch(trainer: Trainer, clock: Clock) -> None:
    """Time the parts of a step; components are frozen, so their functions are wrapped."""
    recipe, batches = trainer.recipe, trainer.train
    for place, layer in enumerate(trainer.network.layers):
        for way in ("forward", "backward"):
            object.__setattr__(layer, way, clocked(clock, f"{place}.{layer.name} {way}", getattr(layer, way)))
    object.__setattr__(recipe.loss, "losses", clocked(clock, "loss and its gradient", recipe.loss.losses))
    object.__setattr__(recipe.optimizer, "update", clocked(clock, "optimizer", recipe.optimizer.update))
    draw: Any = batches.shuffled

    def shuffled(*order: Any, **first: Any) -> Iterator[Any]:
        draw_next = clocked(clock, "gathering the batch", draw(*order, **first).__next__)
        while True:
            try:
                batch = draw_next()
            except StopIteration:
                return
            yield batch

    object.__setattr__(batches, "shuffled", shuffled)


def profile(task: Task, threads: int, rounds: int) -> dict[str, float]:
    """Median seconds of each part of a step, of a whole step, and of its large products."""
    trainer, clock = mlp_trainer(task, threads), Clock(float)
    watch(trainer, clock)
    epochs, parts = trainer.epochs(), defaultdict[str, list[float]](list)

    def epoch() -> float:
        clock.clear()
        whole = timed(lambda: next(epochs))()
        for part, seconds in {**clock, REST: whole - sum(clock.values())}.items():
            parts[part].append(seconds)
        return whole

    timings = in_turns({"a step": epoch, "the large products": timed(prepare_products(task, threads))}, rounds)
    warm = {part: seconds[1:] for part, seconds in parts.items()}  # as in the timings
    return {name: statistics.median(seconds) / len(task.starts) for name, seconds in {**warm, **timings}.items()}


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option(
    "--batch-size", "sizes", multiple=True, default=(32, 128, 512), help="Repeatable.  [default: 32, 128, 512]"
)
@click.option("--hidden", default="64", show_default=True, metavar="N[,N…]", help="Units of each hidden layer.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="BLAS threads.")
@click.option("--repeat", type=click.IntRange(5), default=7, show_default=True, help="Epochs; medians are reported.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
def main(sizes: tuple[int, ...], hidden: str, threads: int, repeat: int, markdown: bool) -> None:
    units = tuple(map(int, hidden.split(",")))
    columns = [profile(Task(hidden=units, batch_size=size), threads, repeat) for size in sizes]
    rows = [(name, *(f"{1e6 * column[name]:.1f}" for column in columns)) for name in columns[0]]
    titles = ("microseconds", *(f"batch {size}" for size in sizes))
    print_table(titles, rows, "l" + "r" * len(sizes), markdown=markdown)


if __name__ == "__main__":
    main()
