"""A batch, and a transform that changes it."""

import numpy as np
import pytest
from nnzoo.api import Problem, TransformBatch


@pytest.fixture
def workspace_of():
    """A transform's scratch arrays, full of what no result may depend on."""

    def workspace(plan, n, dtype=np.float64):
        arrays = {name: np.empty((n, *buffer.shape), buffer.dtype or dtype) for name, buffer in plan.items()}
        for array in arrays.values():
            array.fill(np.nan if array.dtype.kind == "f" else 1)
        return arrays

    return workspace


@pytest.fixture
def changed(workspace_of):
    """What a transform makes of inputs, targets and weights."""

    def change(transform, inputs, targets=None, weights=None, *, seed=0, positions=()):
        inputs = np.array(inputs)
        n = len(inputs)
        targets = np.eye(n, 3, dtype=inputs.dtype) if targets is None else np.array(targets)
        problem = Problem(inputs.shape[1:], (*positions, targets.shape[-1]), positions)
        batch = TransformBatch(inputs, targets, None if weights is None else np.array(weights))
        workspace = workspace_of(transform.plan(problem), n, inputs.dtype)
        assert transform.apply(batch, np.random.default_rng(seed), workspace) is None
        return batch

    return change


@pytest.fixture
def pictures():
    """Eighty of random pixels, in one channel and in three, between 1 and 2, so that 0 is what came in."""
    rng = np.random.default_rng(1)
    return [rng.uniform(1, 2, (80, 7, 9)), rng.uniform(1, 2, (80, 3, 7, 9))]
