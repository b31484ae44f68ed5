"""nnzoo's own training loop with lenet5; needs nnzoo-conv."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.contenders.nnzoo_trainer import make_trainer
from benchmarks.task import Task


def prepare(task: Task, threads: int) -> Callable[[], object]:
    return partial(next, make_trainer("lenet5", (28, 28), task, threads).epochs())
