"""The learning rate of each step of a run, worked out again from its schedule."""

from __future__ import annotations

import math

import numpy as np

from nnzoo.kinds import Floats, MetricSchedule
from nnzoo.trained_run import TrainedRun
from nnzoo.training.recipe import Recipe

_MOST = 2000
"""Steps that are looked at; a line has no more places on paper."""


def rates_by_step(run: TrainedRun) -> tuple[Floats, Floats] | None:
    """How much of a training was done after a step, in epochs, and the learning rate of that step.

    A schedule that listens to the metrics gets those that are recorded.

    Parameters
    ----------
    run : TrainedRun
        It may still be going on; its epochs so far are covered.

    Returns
    -------
    tuple of ndarray of shape (n,), or None
        Each step, or every so many of them and the last of each epoch. None where the schedule does not explain what
        is recorded, such as when the run was resumed with another one, and where its plugin is not there.
    """
    recipe, history = run.recipe_or_none, run.history
    if recipe is None or not history or not (length := _steps_per_epoch(run, recipe)):
        return None
    stride = max(1, length * len(history) // _MOST)
    recorded = dict(zip(*run.series("learning_rate"), strict=True))
    memory: dict[str, float] = {}
    plateau_factor, places, rates = 1.0, [], []
    for done, line in enumerate(history):
        steps = sorted({*range(done * length, (done + 1) * length, stride), (done + 1) * length - 1})
        factors = [recipe.schedule.factor(step, recipe.epochs * length) for step in steps]
        places += [(step + 1) / length for step in steps]
        rates += [recipe.learning_rate * factor * plateau_factor for factor in factors]
        if not math.isclose(rates[-1], recorded.get(done + 1, math.nan)):
            return None
        if isinstance(recipe.schedule, MetricSchedule):
            plateau_factor = recipe.schedule.after_epoch(line, memory)
    return np.array(places), np.array(rates)


def _steps_per_epoch(run: TrainedRun, recipe: Recipe) -> int:
    """How many steps an epoch had; 0 where the record does not say."""
    return -(-max(0, run.record.data.samples.get("train", 0)) // recipe.batch_size)
