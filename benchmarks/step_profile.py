"""Where the time of a training step goes, part by part, while nnzoo trains.

    python -m benchmarks.step_profile --batch-size 128

Every part of the step (batches, layers, loss, optimizer) is timed as it is called; what is left over is the loop itself
with its counting and weight decay. Timing costs about a tenth of a microsecond a part. The large matrix products, which
are within the layers, are timed alone for comparison.
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
from benchmarks.task import Task
from nnzoo.training.trainer import Trainer

Clock = defaultdict[str, float]


def clocked(clock: Clock, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose time is added to a part's."""

    def watched(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        result = call(*arguments, **named)
        clock[part] += time.perf_counter() - started
        return result

    return watched


def watch(trainer: Trainer, clock: Clock) -> None:
    """Have the parts of a step timed; components are frozen, so the functions are put in their way."""
    recipe, batches = trainer.recipe, trainer.train
    for place, layer in enumerate(trainer.network.layers):
        for way in ("forward", "backward"):
            object.__setattr__(layer, way, clocked(clock, f"{place}.{layer.name} {way}", getattr(layer, way)))
    value = recipe.loss.value_and_gradient
    object.__setattr__(recipe.loss, "value_and_gradient", clocked(clock, "loss and its gradient", value))
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


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--batch-size", default=128, show_default=True, help="Samples in a step.")
@click.option("--hidden", default="64", show_default=True, metavar="N[,N…]", help="Units of each hidden layer.")
@click.option("--threads", default=1, show_default=True, help="Threads that matrix products may use.")
@click.option("--repeat", default=7, show_default=True, help="Epochs; medians are reported.")
def main(batch_size: int, hidden: str, threads: int, repeat: int) -> None:
    task = Task(hidden=tuple(map(int, hidden.split(","))), batch_size=batch_size)
    trainer, clock = mlp_trainer(task, threads), Clock(float)
    watch(trainer, clock)
    epochs, parts = trainer.epochs(), defaultdict[str, list[float]](list)

    def epoch() -> float:
        clock.clear()
        whole = timed(lambda: next(epochs))()
        for part, seconds in clock.items():
            parts[part].append(seconds)
        parts["the loop: counting, checks, weight decay"].append(whole - sum(clock.values()))
        return whole

    timings = in_turns({"a step": epoch, "products": timed(prepare_products(task, threads))}, repeat)
    steps = len(task.starts)
    whole = statistics.median(timings["a step"])
    table = {part: statistics.median(seconds[1:]) for part, seconds in parts.items()}  # the first epoch warmed up
    for name, seconds in [
        *table.items(),
        ("a step", whole),
        ("the large products", statistics.median(timings["products"])),
    ]:
        click.echo(f"{name:<44}{1e6 * seconds / steps:8.1f} µs {100 * seconds / whole:5.1f} %")


if __name__ == "__main__":
    main()
