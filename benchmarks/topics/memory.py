"""The memory that a training step allocates, and the peak memory of whole processes."""

from __future__ import annotations

import statistics
import sys
import tempfile
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

import nnzoo
from benchmarks.contenders.nnzoo_trainer import mlp_trainer
from benchmarks.measuring import Row, Settings
from benchmarks.mnist import MISSING, find_mnist
from benchmarks.processes import run_python
from benchmarks.task import Task
from nnzoo.training.trainer import Trainer

MEGABYTE = 1_000_000
STEPS = 6
"""Of an epoch; the last but one is looked at."""
FRAMES = 12
"""That tracemalloc remembers of each array: enough to lead from NumPy's own Python code back to ours."""
NNZOO = Path(nnzoo.__file__).parent


def measure(settings: Settings) -> Iterator[Row]:
    yield allocations(settings)
    yield peak("nnzoo --help", 40, settings)
    if mnist := find_mnist():
        yield peak("nnzoo train --dataset mnist", 110, settings, mnist)
    else:
        yield Row("peak memory of nnzoo train --dataset mnist", None, 110, "MB", MISSING)


def allocations(settings: Settings) -> Row:
    """Bytes of new arrays in a step: the most that exist at a time."""
    trainer = mlp_trainer(Task(samples=128 * STEPS), settings.threads)
    made = arrays_made(trainer)
    note = f"arrays made in {', '.join(sorted(made))}" if made else "NumPy's own buffers, of fixed size, are left out"
    return Row("allocated by a step after the first", sum(made.values()), 0, "B", note)


def arrays_made(trainer: Trainer) -> Counter[str]:
    """Where a later step makes arrays, and of how many bytes; looked for after every single instruction."""
    most: Counter[str] = Counter()
    before: Counter[str] = Counter()

    def look(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal most
        frame.f_trace_opcodes = True
        most |= array_sizes() - before  # of each place the larger
        return look

    def watched(*order: Any, **first: Any) -> Iterator[Any]:
        nonlocal before
        for step, batch in enumerate(draw(*order, **first)):
            if step == STEPS - 2:
                before = array_sizes()
            sys.settrace(look if step == STEPS - 2 else None)
            yield batch

    batches: Any = trainer.train
    draw, batches.shuffled = batches.shuffled, watched
    tracemalloc.start(FRAMES)
    try:
        next(trainer.epochs())
    finally:
        sys.settrace(None)
        tracemalloc.stop()
    return most


def array_sizes() -> Counter[str]:
    """Bytes of the arrays there are, by the line of nnzoo's that made them."""
    ours = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    sizes: Counter[str] = Counter()
    for trace in tracemalloc.take_snapshot().filter_traces([ours]).traces:
        frames = [frame for frame in trace.traceback if Path(frame.filename).is_relative_to(NNZOO)] or trace.traceback
        sizes[f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"] += trace.size  # the innermost frame of ours
    return sizes


def peak(command: str, bar: float, settings: Settings, mnist: Path | None = None) -> Row:
    """The row for the peak memory of a command: the median of some processes."""
    _, *arguments = command.split()
    with tempfile.TemporaryDirectory() as folder:
        where = {"NNZOO_DATA_DIR": str(mnist)} if mnist else {}
        runs = [
            run_python(["-m", "nnzoo", *arguments], Path(folder), where).peak / MEGABYTE for _ in range(settings.repeat)
        ]
    return Row(f"peak memory of {command}", statistics.median(runs), bar, "MB", details={"megabytes": runs})
