"""A step of training works in place: nothing of a batch's size is allocated, and nothing is left behind."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from nnzoo import registry
from nnzoo.kinds import Split
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe

SAMPLES, FEATURES, CLASSES, BATCH = 16384, 100, 10, 2048
ITERATOR_BUFFERS = 8192 * 8 + 4096
"""NumPy's own, where it converts or repeats values: at most 8,192 elements, whatever the batch's size."""


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("task", ["classification", "regression", "multi-label"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_a_step_allocates_no_array(activation: str, optimizer: str, task: str, weighted: bool) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (SAMPLES, FEATURES), np.uint8)
    targets = {
        "classification": rng.integers(0, CLASSES, SAMPLES),
        "regression": rng.standard_normal((SAMPLES, CLASSES)),
        "multi-label": rng.integers(0, 2, (SAMPLES, CLASSES)),
    }[task]
    split = Split(images, targets, scale=1 / 255, weights=rng.random(SAMPLES) if weighted else None)
    parts = {"task": task, "activation": activation, "optimizer": optimizer}
    if weighted:
        parts |= {"freeze": "0.dense.bias", "learning_rate_of": "0.dense.weight=0.5"}
    recipe = resolve_recipe(registry, **parts, epochs=20, batch_size=BATCH)
    data = prepare_data(recipe.task, split, None, names=tuple("abcdefghij"))
    trainer = prepare(build_network(recipe, data.problem), recipe, data)
    trainer.advance(1)
    batches = trainer.train.shuffled(0, epoch=1)
    step = trainer._step
    for _ in range(2):
        step(next(batches))
    tracemalloc.start()
    try:
        for _ in range(2):
            step(next(batches))
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step(next(batches))
        between = tracemalloc.get_traced_memory()[0]
        for _ in range(2):
            step(next(batches))
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - between < 512  # the counts of steps and samples are new objects
    assert peak - before < ITERATOR_BUFFERS < BATCH * CLASSES * 4  # the outputs of one batch
