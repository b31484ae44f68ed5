"""nnzoo's own training loop with its defaults: one-cycle, weight decay, loss and accuracy of each batch counted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.task import CLASSES, PIXELS, Task
from nnzoo import registry
from nnzoo.kinds import Shape, Split
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network
from nnzoo.training.prepare import prepare as prepare_trainer
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.trainer import Trainer

EPOCHS = 1000
"""More than are ever run; the schedule goes over all of them."""


def prepare(task: Task, threads: int) -> Callable[[], object]:
    return partial(next, mlp_trainer(task, threads).epochs())


def mlp_trainer(task: Task, threads: int) -> Trainer:
    return make_trainer(f"mlp:hidden={','.join(map(str, task.hidden))}", (PIXELS,), task, threads)


def make_trainer(model: str, shape: Shape, task: Task, threads: int) -> Trainer:
    """The default training of a model on the task's images."""
    recipe = resolve_recipe(registry, model=model, batch_size=task.batch_size, epochs=EPOCHS, threads=threads)
    images, labels = task.data()
    data = Split(images.reshape(-1, *shape), labels, scale=1 / 255)
    prepared = prepare_data(recipe.task, data, None, names=tuple(map(str, range(CLASSES))))
    return prepare_trainer(build_network(recipe, prepared.problem), recipe, prepared)
