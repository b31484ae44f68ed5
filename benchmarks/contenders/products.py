"""The large matrix products of an epoch, and nothing else: the lower bound of any trainer.

They are those of every layer but the last, whose ten units take hardly any time: for 784-64-10 they are x·W₁ forward
and xᵀ·∂L/∂z₁ backward. Arrays are float32, and in the cache if they fit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.task import Task
from nnzoo.nn.threads import blas_threads


def prepare(task: Task, threads: int) -> Callable[[], object]:
    steps = [step_products(task, task.batch_size)] * (task.samples // task.batch_size)
    if rest := task.samples % task.batch_size:
        steps.append(step_products(task, rest))

    def epoch() -> None:
        with blas_threads(threads):
            for step in steps:
                for product in step:
                    product()

    return epoch


def step_products(task: Task, n: int) -> list[Callable[[], object]]:
    """The products of one batch of n samples, layer by layer."""
    products: list[Callable[[], object]] = []
    for inputs, units in pairwise(task.sizes[:-1]):
        weight, x, y = matrix(inputs, units), matrix(n, inputs), matrix(n, units)
        if products:  # the gradient of the images is not needed
            products.append(partial(np.matmul, y, weight.T, out=matrix(n, inputs)))
        products.append(partial(np.matmul, x, weight, out=y))
        products.append(partial(np.matmul, x.T, y, out=matrix(inputs, units)))
    return products


def matrix(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).random(shape, np.float32) - np.float32(0.5)
