"""Targets of many kinds to check tasks with, and the problems and encodings that a task makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.errors import NnzooError
from nnzoo.kinds import Floats, Preprocessing, Problem, Shape, Task
from nnzoo.kinds.parts import joined_targets
from nnzoo.testing.check import require, results_of
from nnzoo.testing.numerics import random

SAMPLES = 30
NAMES = ("red", "dark blue", "größer")


@dataclass(frozen=True)
class Case:
    """Targets of a data set that a task may be asked to learn."""

    words: str
    targets: NDArray[Any]
    names: tuple[str, ...] = ()
    input_shape: Shape = (4,)


@dataclass(frozen=True)
class Learnt:
    """A task's problem for a case, and its targets: after the target steps, encoded, and as rows in the user's units.

    ``rows`` has the shape (m,), intp, or (m, k), float64.
    """

    case: Case
    problem: Problem
    preprocessing: Preprocessing
    targets: NDArray[Any]
    encoded: NDArray[Any]
    rows: NDArray[Any]

    @property
    def perfect(self) -> Floats:
        """Predictions that match the targets exactly, of shape (m, k)."""
        return np.eye(self.problem.width)[self.rows] if self.problem.has_classes else self.rows.copy()

    def decided(self, task: Task, predictions: Floats) -> NDArray[Any]:
        """The task's decisions, written to an array that held other values."""
        m, k = predictions.shape
        out = np.full(m, -7, np.intp) if self.problem.has_classes else np.full((m, k), np.nan)
        before = predictions.copy()
        returned = task.decide(predictions, out)
        require(returned is None, f"decide returns {with_article(returned)}", hint="write into out")
        require(np.array_equal(predictions, before), "decide changes the predictions")
        unwritten = out == -7 if self.problem.has_classes else np.isnan(out)
        require(not unwritten.any(), "decide leaves (part of) out unwritten", hint="write out[...] = …")
        return out


def _cases(task: Task) -> Iterator[Case]:
    rng = random(40)
    if task.target_is_input:
        for shape in ((4,), (3, 2)):
            inputs = rng.standard_normal((SAMPLES, *shape)).astype(np.float32)
            yield Case(f"inputs of shape {shape}", inputs, input_shape=shape)
        return
    classes = rng.permutation(np.arange(SAMPLES) % 3)
    yield Case("class numbers with names", classes, NAMES)
    yield Case("class numbers", classes)
    yield Case("class numbers at 4 places", rng.integers(3, size=(SAMPLES, 4)), NAMES)
    yield Case("values", 20 + 3 * rng.standard_normal((SAMPLES, 1)), ("price",))
    yield Case("rows of 3 values", 1e6 + rng.standard_normal((SAMPLES, 3)))
    yield Case("labels", rng.integers(2, size=(SAMPLES, 3)), NAMES)


def learnt_cases(task: Task) -> list[Learnt]:
    """The cases that the task accepts; targets with fields are tried only if it accepts nothing else.

    Raises
    ------
    CheckFailed
        When it accepts none.
    """
    rng = random(40)
    fields = {"kind": rng.permutation(np.arange(SAMPLES) % 3), "size": 5 + rng.standard_normal((SAMPLES, 2))}
    with_fields = Case("a class and values in fields", joined_targets(fields))
    cases, last_resort = {case.words: case for case in _cases(task)}, {with_fields.words: with_fields}
    return [*results_of(partial(_learn, task), cases, last_resort, refusal=NnzooError).values()]


def _learn(task: Task, case: Case) -> Learnt:
    """Fit the steps, make the problem and encode the targets, in the order of a training run."""
    steps = () if task.target_is_input else task.target_steps()
    preprocessing = Preprocessing.fitted((), np.zeros((SAMPLES, 1)), steps, case.targets.copy() if steps else None)
    targets = preprocessing.encode_targets(case.targets.copy())
    problem = task.problem(case.input_shape, targets, case.names)
    require(isinstance(problem, Problem), f"problem returns {with_article(problem)}, not a Problem")
    encoded = targets if task.target_is_input else task.encode(targets.copy(), problem)
    rows: NDArray[Any]
    if problem.has_classes:
        rows = np.asarray(encoded, np.intp).reshape(-1)
    else:
        rows = np.array(encoded, np.float64).reshape(-1, problem.width)
        preprocessing.decode_targets(rows)
    return Learnt(case, problem, preprocessing, targets, encoded, rows)


def wrong_targets(learnt: Learnt) -> Iterator[tuple[str, NDArray[Any]]]:
    """Targets that must be refused, each with a description."""
    raw, problem = learnt.targets, learnt.problem
    plain = raw.shape[1:] == problem.target_shape

    def with_value(value: float, dtype: type[np.generic]) -> NDArray[Any]:
        changed = raw.astype(dtype)
        changed.reshape(len(raw), -1)[2, 0] = value
        return changed

    if raw.dtype.kind in "iu" and problem.has_classes and plain:
        yield "class −1", with_value(-1, np.int64)
        yield f"class {problem.width} of {problem.width}", with_value(problem.width, np.int64)
    if problem.has_labels and plain:
        yield "a label of 2", with_value(2, np.int64)
        yield "a label that is NaN", with_value(np.nan, np.float64)
    if raw.dtype.kind == "f":
        yield "a value that is NaN", with_value(np.nan, np.float64)
        yield "a value that is infinite", with_value(np.inf, np.float64)
    if raw.ndim == 2 and plain:
        yield "rows that are one longer", np.concatenate([raw, raw[:, :1]], axis=1)


def some_predictions(problem: Problem) -> Floats:
    """Probabilities of classes or labels, or values."""
    rng, k = random(42), problem.width
    if problem.has_classes:
        return rng.dirichlet(np.ones(k), SAMPLES)
    return rng.random((SAMPLES, k)) if problem.has_labels else rng.standard_normal((SAMPLES, k))
