"""Checks of transforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.kinds import Buffer, Problem, Transform, TransformBatch
from nnzoo.kinds.layer import scratch
from nnzoo.testing.check import accepted, require
from nnzoo.testing.numerics import random

SAMPLES = 16
PROBLEMS: dict[str, Problem] = {
    "pictures of 3 classes": Problem((8, 8), (3,), (), ("one", "two", "three")),
    "pictures in color": Problem((3, 8, 8), (3,), ()),
    "rows of 3 classes": Problem((6,), (3,), ()),
    "rows with 2 values": Problem((6,), (2,), (2,)),
}
"""Problems whose batches a transform may be asked to change."""


@dataclass
class Bench:
    """A transform and a batch, with all planned arrays."""

    transform: Transform
    problem: Problem
    samples: int = SAMPLES
    weighted: bool = False
    dtype: type[np.floating[Any]] = np.float32
    batch: TransformBatch = field(init=False)
    workspace: dict[str, NDArray[Any]] = field(init=False)

    def __post_init__(self) -> None:
        rng, n, k = random(30), self.samples, self.problem.width
        targets: NDArray[Any] = rng.integers(k, size=n)
        if self.transform.soft_targets:
            targets = np.eye(k, dtype=self.dtype)[targets]
        if not self.problem.has_classes:
            targets = rng.standard_normal((n, k)).astype(self.dtype)
        weights = rng.uniform(0.5, 2, n).astype(self.dtype) if self.weighted else None
        self.batch = TransformBatch(rng.random((n, *self.problem.input_shape)).astype(self.dtype), targets, weights)
        self.workspace = scratch(self.transform.plan(self.problem), n, self.dtype)

    def apply(self, seed: int = 0) -> TransformBatch:
        """Apply the transform and return the changed batch."""
        returned: Any = self.transform.apply(self.batch, random(31, seed), self.workspace)
        require(returned is None, f"apply returns {with_article(returned)}", hint="change the batch in place")
        return self.batch


def exercise(transform: Transform) -> list[Any]:
    """Use the transform once."""
    found = (Bench(transform, problem).apply() for problem in _fitting(transform).values())
    return [array for batch in found for array in (batch.inputs, batch.targets)]


def check_plan(transform: Transform) -> None:
    """`plan` returns the same scratch arrays at each call, or raises a UsageError for an unsuited problem."""
    for words, problem in _fitting(transform).items():
        plan = transform.plan(problem)
        require(isinstance(plan, Mapping), f"plan returns {with_article(plan)}, not a mapping of names to buffers")
        for name, buffer in plan.items():
            require(isinstance(buffer, Buffer), f"the plan's {name!r} is {with_article(buffer)}, not a Buffer")
        require(dict(transform.plan(problem)) == dict(plan), f"for {words} plan returns other buffers the second time")


def check_in_place(transform: Transform) -> None:
    """`apply` changes some of the batch's arrays, all in place."""
    changed = False
    for problem in _fitting(transform).values():
        for weighted in (False, True):
            bench = Bench(transform, problem, weighted=weighted)
            batch, received = bench.batch, dict(vars(bench.batch))
            before = {name: None if array is None else array.copy() for name, array in received.items()}
            bench.apply()
            for name, array in received.items():
                in_place = getattr(batch, name) is array
                require(in_place, f"it replaces the array {name}", hint="write x[...] = …")
                changed |= array is not None and not np.array_equal(array, before[name])  # type: ignore[arg-type]
    require(changed, "it changes nothing")


def check_finite(transform: Transform) -> None:
    """Changed batches are finite, weights are not below 0, and shares of classes still sum to 1."""
    for words, problem in _fitting(transform).items():
        for seed in range(5):
            batch = Bench(transform, problem, weighted=True).apply(seed)
            require(np.isfinite(batch.inputs).all(), f"for {words} inputs are not finite")
            require(np.isfinite(batch.targets).all(), f"for {words} targets are not finite")
            require(batch.weights is None or bool((batch.weights >= 0).all()), f"for {words} a weight is below 0")
            if problem.has_classes and transform.soft_targets:
                sums = batch.targets.sum(axis=1)
                fine = np.allclose(sums, 1, atol=1e-5) and batch.targets.min() >= -1e-6
                require(fine, f"for {words} a sample's shares of classes sum to {sums[np.abs(sums - 1).argmax()]:.4g}")
            elif problem.has_classes:
                right = batch.targets.min() >= 0 and batch.targets.max() < problem.width
                hint = "declare soft_targets = True to mix classes"
                require(right, f"for {words} a target is no longer a class", hint=hint)


def check_seeded(transform: Transform) -> None:
    """Its randomness comes from ``rng`` alone: the same generator gives the same batch, whatever happened before."""
    for problem in _fitting(transform).values():
        once = Bench(transform, problem).apply(seed=1)
        used = Bench(transform, problem)
        used.apply(seed=2)
        fresh = Bench(transform, problem)
        fresh.workspace = used.workspace  # with values of another batch
        again = fresh.apply(seed=1)
        hint = "draw from rng, and assume nothing about the contents of the workspace"
        for name in ("inputs", "targets"):
            same = np.array_equal(getattr(once, name), getattr(again, name))
            require(same, f"the same generator gives other {name}", hint=hint)


def check_sizes(transform: Transform) -> None:
    """It accepts batches of any size, also in float64."""
    for problem in _fitting(transform).values():
        for samples in (1, 2, 3):
            Bench(transform, problem, samples).apply()
        Bench(transform, problem, dtype=np.float64).apply()


def _fitting(transform: Transform) -> dict[str, Problem]:
    return accepted(transform.plan, PROBLEMS)
