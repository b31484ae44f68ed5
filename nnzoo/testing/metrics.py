"""Checks of metrics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.kinds import Buffer, Metric, MetricPlan, Problem
from nnzoo.kinds.layer import scratch
from nnzoo.testing.check import CheckSkipped, accepted, require
from nnzoo.testing.numerics import peak_memory, random
from nnzoo.testing.observation import same, same_objects

ROWS = 60
MANY_ROWS = 200_000
TOLERANCE = 1e-9

PROBLEMS: dict[str, Problem] = {
    "3 classes": Problem((4,), (3,), (), ("red", "green", "dark blue")),
    "10 classes": Problem((4,), (10,), ()),
    "a class at each of 2 places": Problem((2,), (2, 4), (2,)),
    "4 labels": Problem((4,), (4,), (4,), ("new", "old", "big", "?"), has_labels=True),
    "1 value": Problem((4,), (1,), (1,), ("price",)),
    "3 values": Problem((4,), (3,), (3,)),
}
"""Problems that a metric may be asked to measure."""

Values: TypeAlias = tuple[float | None, ...]


@dataclass
class Pass:
    """A metric's pass over some samples, with its arrays."""

    metric: Metric
    problem: Problem
    plan: MetricPlan = field(init=False)
    sums: dict[str, NDArray[np.float64]] = field(init=False)
    workspace: dict[str, NDArray[Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.plan = self.metric.plan(self.problem)
        self.sums = {name: np.zeros(shape) for name, shape in self.plan.sums.items()}

    def add(self, samples: Samples) -> None:
        """Count a batch, in a workspace with the values that the previous batch left."""
        m = len(samples.targets)
        if any(len(array) < m for array in self.workspace.values()) or not self.workspace:
            self.workspace = scratch(self.plan.workspace, m, np.float32)
        workspace = {name: array[:m] for name, array in self.workspace.items()}
        self.metric.update(samples.read(self.metric), samples.targets, samples.weights, self.sums, workspace)

    def values(self) -> Values:
        """Compute the figures."""
        values = self.metric.values(self.sums)
        require(
            isinstance(values, tuple) and len(values) == len(self.plan.figures),
            f"values returns {values!r} for the figures {', '.join(self.plan.figures)}",
            hint="return a tuple with a number for each figure",
        )
        for value in values:
            fine = value is None or (isinstance(value, float | int) and not isinstance(value, np.generic))
            require(fine, f"a value is {with_article(value)}", hint="return float(…), or None")
            require(value is None or math.isfinite(value), f"a value is {value}", hint="return None if it is undefined")
        return values


@dataclass(frozen=True)
class Samples:
    """Answers, predictions and targets."""

    answers: NDArray[Any]
    predictions: NDArray[Any]
    targets: NDArray[Any]
    weights: NDArray[np.float64] | None = None

    def read(self, metric: Metric) -> NDArray[Any]:
        """The array that the metric reads."""
        return self.answers if metric.reads == "answers" else self.predictions

    def take(self, rows: Any) -> Samples:
        """Some rows."""
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.answers[rows], self.predictions[rows], self.targets[rows], weights)


def exercise(metric: Metric) -> list[Any]:
    """Use the metric once."""
    return [list(_measured(metric, problem, [_samples(problem)])) for problem in _fitting(metric).values()]


def check_plan(metric: Metric) -> None:
    """`plan` returns the same figures and arrays at each call, or raises a UsageError for an unsuited problem."""
    for words, problem in _fitting(metric).items():
        plan = metric.plan(problem)
        require(isinstance(plan, MetricPlan), f"plan returns {with_article(plan)}, not a MetricPlan")
        require(metric.plan(problem) == plan, f"for {words} plan returns another plan the second time")
        figures = plan.figures
        fine = isinstance(figures, tuple) and figures and all(isinstance(f, str) and f.isidentifier() for f in figures)
        require(fine, f"figures = {figures!r}", hint="list names of letters, digits and _ in a tuple, such as top_5")
        require(len(set(figures)) == len(figures), f"for {words} two figures have the same name: {', '.join(figures)}")
        require("loss" not in figures, "a figure has the name loss, which is reserved for the loss")
        for name in (*plan.sums, *plan.workspace):
            require(name.isidentifier(), f"an array has the name {name!r}", hint="use letters, digits and _")
        for name, buffer in plan.workspace.items():
            require(isinstance(buffer, Buffer), f"workspace[{name!r}] is {with_article(buffer)}, not a Buffer")
        for name, shape in plan.sums.items():
            what = f"sums[{name!r}] is {with_article(shape)}"
            require(isinstance(shape, tuple), f"{what}, not a shape such as () or (3,)")


def check_values(metric: Metric) -> None:
    """`values` returns a finite Python number for each figure, or None if it is undefined, as for no samples."""
    for problem in _fitting(metric).values():
        samples = _samples(problem)
        _measured(metric, problem, [])
        _measured(metric, problem, [replace(samples, weights=np.zeros(ROWS))])
        for rows in (slice(None), slice(0), slice(0, 1), slice(1, 2), slice(2, 3)):
            _measured(metric, problem, [samples.take(rows)])


def check_in_place(metric: Metric) -> None:
    """`update` changes the planned sums in place and nothing else, and returns None."""
    for problem in _fitting(metric).values():
        samples, counted = _samples(problem, weighted=True), Pass(metric, problem)
        copies = samples.read(metric).copy(), samples.targets.copy(), np.array(samples.weights)
        arrays, workspace = dict(counted.sums), scratch(counted.plan.workspace, ROWS, np.float32)
        received = dict(workspace)
        read, targets, weights = samples.read(metric), samples.targets, samples.weights
        returned = metric.update(read, targets, weights, counted.sums, workspace)
        require(returned is None, f"update returns {with_article(returned)}", hint="add to the arrays of sums")
        names = ("predicted", "targets", "weights")
        for name, array, copy in zip(names, (read, targets, weights), copies, strict=True):
            require(np.array_equal(array, copy), f"update changes {name}")  # type: ignore[arg-type] # it has weights
        hint = "write sums[…] += …"
        require(same_objects(counted.sums, arrays), "it replaces the array of a sum", hint=hint)
        require(same_objects(workspace, received), "it puts a new array into the workspace", hint="plan it")
        require(any(array.any() for array in arrays.values()), "update leaves all sums at 0", hint=hint)
        before = {name: array.copy() for name, array in arrays.items()}
        metric.values(arrays)
        require(same(before, arrays), "values changes the sums, which later batches still need")


def check_batches(metric: Metric) -> None:
    """The values do not depend on the division of samples into batches, or on their order."""
    for words, problem in _fitting(metric).items():
        samples = _samples(problem, weighted=True)
        whole = _measured(metric, problem, [samples])
        for ends in ((20,), (7, 7, 33, 59), range(1, ROWS)):
            batches = [samples.take(rows) for rows in np.split(np.arange(ROWS), list(ends))]
            found = _measured(metric, problem, batches)
            _require_same(found, whole, f"for {words}, in {len(ends) + 1} batches", "in one")
        backwards = _measured(metric, problem, [samples.take(slice(None, None, -1))])
        _require_same(backwards, whole, f"for {words}, in reverse order", "in order")


def check_weights(metric: Metric) -> None:
    """A sample of weight 2 counts as two samples, one of weight 0 as none; no weights count as weights of 1."""
    for words, problem in _fitting(metric).items():
        samples, weights = _samples(problem), random(21).integers(4, size=ROWS)
        weighted = _measured(metric, problem, [replace(samples, weights=weights.astype(np.float64))])
        repeated = _measured(metric, problem, [samples.take(np.repeat(np.arange(ROWS), weights))])
        _require_same(weighted, repeated, f"for {words}, with weights", "with each sample repeated by its weight")
        ones = _measured(metric, problem, [replace(samples, weights=np.ones(ROWS))])
        without = _measured(metric, problem, [samples])
        _require_same(ones, without, f"for {words}, with weights of 1", "without weights")


def check_workspace(metric: Metric) -> None:
    """Values that an earlier pass leaves in the workspace have no effect."""
    for problem in _fitting(metric).values():
        samples = _samples(problem, weighted=True)
        used, fresh = Pass(metric, problem), Pass(metric, problem)
        used.add(_samples(problem, rows=ROWS + 9, seed=1))
        for array in used.sums.values():
            array.fill(0)
        used.add(samples)
        fresh.add(samples)
        _require_same(used.values(), fresh.values(), "after another batch", "in a new workspace")


def check_resumes(metric: Metric) -> None:
    """A new metric continues from saved sums to the same values: it remembers nothing else."""
    for problem in _fitting(metric).values():
        samples = _samples(problem, weighted=True)
        halves = samples.take(slice(0, 25)), samples.take(slice(25, None))
        stopped = Pass(metric, problem)
        stopped.add(halves[0])
        resumed = Pass(replace(metric), problem)
        for name, array in stopped.sums.items():
            resumed.sums[name][...] = array
        Pass(metric, problem).add(_samples(problem, seed=2))
        resumed.add(halves[1])
        found = resumed.values()
        _require_same(found, _measured(metric, problem, halves), "resumed from saved sums", "without a stop")


def check_no_allocation(metric: Metric) -> None:
    """`update` allocates less than a byte for each row."""
    for words, problem in _fitting(metric).items():
        samples, counted = _samples(problem, rows=MANY_ROWS, weighted=True), Pass(metric, problem)
        peak = peak_memory(partial(counted.add, samples))
        require(
            peak <= MANY_ROWS,
            f"for {words}, update allocates {peak:,} bytes for {MANY_ROWS:,} rows",
            hint="plan arrays in the workspace and write into them (out=…)",
        )


def check_direction(metric: Metric) -> None:
    """`higher_is_better` is correct: perfect answers are better than wrong ones."""
    for words, problem in _fitting(metric).items():
        targets = _samples(problem).targets
        perfect, wrong = (
            _measured(metric, problem, [Samples(*_perfect(problem, answered), targets)])
            for answered in (targets, np.roll(targets, 1, axis=0))
        )
        pairs = [(one, other) for one, other in zip(perfect, wrong, strict=True) if None not in (one, other)]
        require(pairs, f"for {words} it has no value for perfect answers, or none for wrong ones")
        sign = 1 if metric.higher_is_better else -1
        better = [sign * one > sign * other for one, other in pairs]  # type: ignore[operator] # None is left out
        require(
            all(better),
            f"for {words}, perfect answers have {_shown(perfect)}, wrong ones {_shown(wrong)}, "
            f"but it declares higher_is_better = {metric.higher_is_better}",
        )


def check_share(metric: Metric) -> None:
    """With `is_share = True`, its values lie between 0 and 1."""
    if not metric.is_share:
        raise CheckSkipped("it declares is_share = False")
    for words, problem in _fitting(metric).items():
        values = _measured(metric, problem, [_samples(problem)])
        shares = [value for value in values if value is not None]
        require(all(0 <= value <= 1 for value in shares), f"for {words} it has {_shown(values)}, which are not shares")


def check_units(metric: Metric) -> None:
    """With `in_units = True`, its values grow tenfold in a tenth of the unit."""
    if not metric.in_units:
        raise CheckSkipped("it declares in_units = False")
    for words, problem in _fitting(metric).items():
        if problem.has_classes or problem.has_labels:
            continue
        samples = _samples(problem)
        larger = Samples(10 * samples.answers, 10 * samples.predictions, 10 * samples.targets)
        once = _measured(metric, problem, [samples])
        tenfold = tuple(None if value is None else 10 * value for value in once)
        found = _measured(metric, problem, [larger])
        _require_same(found, tenfold, f"for {words}, in a tenth of the unit", "should have")


def _fitting(metric: Metric) -> dict[str, Problem]:
    return accepted(metric.plan, PROBLEMS)


def _measured(metric: Metric, problem: Problem, batches: Sequence[Samples]) -> Values:
    counted = Pass(metric, problem)
    for batch in batches:
        counted.add(batch)
    return counted.values()


def _samples(problem: Problem, *, rows: int = ROWS, weighted: bool = False, seed: int = 0) -> Samples:
    """Random targets, and answers of which about half are right."""
    rng, k = random(20, seed), problem.width
    weights = rng.uniform(0.5, 2, rows) if weighted else None
    right = rng.random(rows) < 0.5
    targets: NDArray[Any]
    if problem.has_classes:
        targets = rng.integers(k, size=rows)
        predictions = rng.dirichlet(np.ones(k), rows)
        predictions[right] = 0.3 * predictions[right] + 0.7 * np.eye(k)[targets[right]]
        return Samples(predictions.argmax(axis=1), predictions, targets, weights)
    if problem.has_labels:
        targets = rng.integers(2, size=(rows, k)).astype(np.float64)
        predictions = rng.random((rows, k))
        predictions[right] = 0.4 * predictions[right] + 0.6 * targets[right]
        return Samples((predictions >= 0.5).astype(np.float64), predictions, targets, weights)
    targets = 20 + 3 * rng.standard_normal((rows, k))
    predictions = targets + rng.standard_normal((rows, k))
    return Samples(predictions, predictions, targets, weights)


def _perfect(problem: Problem, targets: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Answers and predictions that match these targets exactly."""
    return targets.copy(), np.eye(problem.width)[targets] if problem.has_classes else targets.copy()


def _require_same(found: Values, expected: Values, what: str, than: str) -> None:
    for one, other in zip(found, expected, strict=True):
        near = one == other or (None not in (one, other) and math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-12))  # type: ignore[arg-type]
        require(near, f"{what}, it has {_shown(found)}, but {than} {_shown(expected)}")


def _shown(values: Values) -> str:
    return ", ".join("None" if value is None else f"{value:.6g}" for value in values)
