"""Checks of transforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.kinds import Buffer, Problem, Transform, TransformBatch
from nnzoo.testing.check import fitting, require
from nnzoo.testing.numerics import random

SAMPLES = 16
PROBLEMS: dict[str, Problem] = {
    "pictures of 3 classes": Problem((8, 8), (3,), (), ("one", "two", "three")),
    "pictures in color": Problem((3, 8, 8), (3,), ()),
    "rows of 3 classes": Problem((6,), (3,), ()),
    "rows with 2 values": Problem((6,), (2,), (2,)),
}
"""What a transform may be asked to change, in words."""


@dataclass
class Bench:
    """A transform and a batch, with all arrays that it has planned."""

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
        plan = self.transform.plan(self.problem)
        self.workspace = {
            name: np.full((n, *buffer.shape), buffer.fill, buffer.dtype or self.dtype) for name, buffer in plan.items()
        }

    def apply(self, seed: int = 0) -> TransformBatch:
        """The batch as the transform left it."""
        returned: Any = self.transform.apply(self.batch, random(31, seed), self.workspace)
        require(returned is None, f"apply returns {with_article(returned)}", hint="change the batch in place")
        return self.batch


def exercise(transform: Transform) -> list[Any]:
    """Use it once."""
    found = (Bench(transform, problem).apply() for problem in _fitting(transform).values())
    return [array for batch in found for array in (batch.inputs, batch.targets)]


def check_plan(transform: Transform) -> None:
    """`plan` names its scratch arrays, the same at each call; a problem it is not for is a UsageError."""
    for words, problem in _fitting(transform).items():
        plan = transform.plan(problem)
        require(isinstance(plan, Mapping), f"plan returns {with_article(plan)}, not a mapping of names to buffers")
        for name, buffer in plan.items():
            require(isinstance(buffer, Buffer), f"the plan's {name!r} is {with_article(buffer)}, not a Buffer")
        require(dict(transform.plan(problem)) == dict(plan), f"for {words} plan returns something else the second time")


def check_in_place(transform: Transform) -> None:
    """`apply` changes the batch's arrays where they are, and some of them it does change."""
    changed = False
    for problem in _fitting(transform).values():
        for weighted in (False, True):
            bench = Bench(transform, problem, weighted=weighted)
            batch, handed = bench.batch, dict(vars(bench.batch))
            before = {name: None if array is None else array.copy() for name, array in handed.items()}
            bench.apply()
            for name, array in handed.items():
                require(
                    getattr(batch, name) is array,
                    f"it puts another array in the place of {name}",
                    hint="write x[...] = …",
                )
                changed |= array is not None and not np.array_equal(array, before[name])  # type: ignore[arg-type]
    require(changed, "it changes nothing")


def check_finite(transform: Transform) -> None:
    """What it leaves is finite, weights are not below 0, and shares of classes still sum to 1."""
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
                require(
                    right, f"for {words} a target is not a class any more", hint="declare soft_targets = True to mix"
                )


def check_seeded(transform: Transform) -> None:
    """Its randomness comes from ``rng`` alone: the same generator gives the same batch, whatever came before."""
    for problem in _fitting(transform).values():
        once = Bench(transform, problem).apply(seed=1)
        used = Bench(transform, problem)
        used.apply(seed=2)
        fresh = Bench(transform, problem)
        fresh.workspace = used.workspace  # with what another batch has left in it
        again = fresh.apply(seed=1)
        for name in ("inputs", "targets"):
            require(
                np.array_equal(getattr(once, name), getattr(again, name)),
                f"from the same generator come other {name}",
                hint="draw from rng, and expect anything in the workspace",
            )


def check_sizes(transform: Transform) -> None:
    """Batches of any size are changed, in float64 too."""
    for problem in _fitting(transform).values():
        for samples in (1, 2, 3):
            Bench(transform, problem, samples).apply()
        Bench(transform, problem, dtype=np.float64).apply()


def _fitting(transform: Transform) -> dict[str, Problem]:
    return fitting(transform.plan, PROBLEMS)


CHECKS = (check_plan, check_in_place, check_finite, check_seeded, check_sizes)
