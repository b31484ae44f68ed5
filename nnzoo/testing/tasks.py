"""Checks of tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component, parse_spec, with_article
from nnzoo.errors import FileFormatError, UnknownComponentError, UsageError
from nnzoo.kinds import KINDS, Floats, InvertiblePreprocessor, Loss, Task
from nnzoo.kinds.layer import scratch
from nnzoo.plugins.registry import default_registry
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.numerics import near, random
from nnzoo.testing.observation import same
from nnzoo.testing.targets import SAMPLES, Learnt, learnt_cases, some_predictions, wrong_targets

RATES, STEPS = (1.0, 0.1, 0.01), 300
LEARNT = 0.95
"""Share of targets that must be decided correctly after descending along the default loss."""


def exercise(task: Task) -> list[Any]:
    """Use the task once."""
    results: list[Any] = []
    for learnt in learnt_cases(task):
        results += [repr(learnt.problem), learnt.encoded, learnt.decided(task, learnt.perfect)]
        results.append(task.baseline(learnt.rows, learnt.problem))
        results.append(json.dumps(_answers(task, learnt)[0]))
    return results


def check_problem(task: Task) -> None:
    """`problem` returns the same shapes and names each time, or raises a FileFormatError for unsuited targets."""
    for learnt in learnt_cases(task):
        case, problem, words = learnt.case, learnt.problem, learnt.case.words
        before = learnt.targets.copy()
        again = task.problem(case.input_shape, learnt.targets, case.names)
        require(again == problem, f"for {words} problem returns another problem the second time")
        require(same(learnt.targets, before), "problem changes the targets")
        require(problem.input_shape == case.input_shape, f"the input shape has become {problem.input_shape}")
        outputs, shape = problem.output_shape, problem.target_shape
        fine = all(isinstance(size, int) and size > 0 for size in (*outputs, *shape))
        require(fine, f"for {words} the shapes of its problem are {outputs} and {shape}")
        require(
            outputs and shape in (outputs, outputs[:-1]),
            f"for {words} its problem has outputs of shape {outputs} and targets of shape {shape}",
            hint="the target shape is the output shape, without the last axis if targets are class numbers",
        )
        names, width = len(problem.names), problem.width
        require(names in (0, width), f"for {words} its problem has {width} outputs for a position and {names} names")
        both = problem.has_classes and problem.has_labels
        require(not both, "a target is either a class number or a row of labels")


def check_encode(task: Task) -> None:
    """`encode` returns class numbers (intp) or values (float32) of the problem's shape, sample by sample."""
    for learnt in _encoding(task):
        problem, encoded, words = learnt.problem, learnt.encoded, learnt.case.words
        dtype, shape = np.dtype(np.intp if problem.has_classes else np.float32), (SAMPLES, *problem.target_shape)
        require(isinstance(encoded, np.ndarray), f"encode returns {with_article(encoded)}, not an array")
        found = f"encode returns {encoded.dtype} of shape {encoded.shape}"
        fine = encoded.shape == shape and encoded.dtype == dtype
        require(fine, f"for {words} {found}; expected {dtype} of shape {shape}")
        if problem.has_classes:
            low, high = int(encoded.min()), int(encoded.max())
            fine = low >= 0 and high < problem.width
            require(fine, f"for {words} encode returns classes {low} … {high}, but there are {problem.width}")
        if problem.has_labels:
            require(np.isin(encoded, (0, 1)).all(), f"for {words} encode returns labels other than 0 and 1")
        before = learnt.targets.copy()
        for row in range(5):
            alone = task.encode(learnt.targets[row : row + 1], problem)
            fine = same(alone, encoded[row : row + 1])
            require(fine, f"for {words} encode returns another result for a sample alone")
        require(same(learnt.targets, before), "encode changes the targets", hint="make a new array: targets.astype(…)")


def check_refuses(task: Task) -> None:
    """`encode` raises a FileFormatError for invalid targets: a class out of range, NaN, a row of another length."""
    for learnt in _encoding(task):
        for what, targets in wrong_targets(learnt):
            try:
                task.encode(targets, learnt.problem)
            except FileFormatError:
                continue
            raise CheckFailed(f"with {learnt.case.words}, it encodes {what}", hint="raise a FileFormatError")


def check_decide(task: Task) -> None:
    """`decide` writes answers in the form of encoded targets, and turns perfect predictions into the targets."""
    for learnt in learnt_cases(task):
        words, found = learnt.case.words, learnt.decided(task, learnt.perfect)
        require(near(found, learnt.rows), f"for {words} its answers to perfect predictions differ from the targets")
        predictions = some_predictions(learnt.problem)
        decided = learnt.decided(task, predictions)
        if learnt.problem.has_classes:
            fine = decided.min() >= 0 and decided.max() < learnt.problem.width
            require(fine, f"for {words} it decides on classes {decided.min()} … {decided.max()}")
        for row in range(len(predictions)):
            alone = learnt.decided(task, predictions[row : row + 1])
            require(same(alone, decided[row : row + 1]), f"for {words} the answer to a prediction alone differs")


def check_decides_from_outputs(task: Task) -> None:
    """With `decides_from_outputs = True`, it decides from raw outputs as from predictions."""
    if not task.decides_from_outputs:
        raise CheckSkipped("it declares decides_from_outputs = False")
    loss = _default_loss(task)
    for learnt in learnt_cases(task):
        outputs = 3 * random(41).standard_normal((SAMPLES, learnt.problem.width))
        predictions = outputs.copy()
        loss.predict(predictions)
        learnt.preprocessing.decode_targets(predictions)
        require(
            same(learnt.decided(task, outputs), learnt.decided(task, predictions)),
            f"for {learnt.case.words} its decisions from outputs differ from those from predictions",
            hint="write decides_from_outputs: ClassVar[bool] = False",
        )


def check_baseline(task: Task) -> None:
    """`baseline` returns one finite row of predictions, whose shares of classes add up to 1, and fits equal targets."""
    for learnt in learnt_cases(task):
        problem, words = learnt.problem, learnt.case.words
        equal = np.repeat(learnt.rows[:1], 9, axis=0)
        for rows in (learnt.rows, equal):
            before = rows.copy()
            row = task.baseline(rows, problem)
            require(isinstance(row, np.ndarray), f"baseline returns {with_article(row)}, not an array")
            fine, found = row.shape == (problem.width,) and row.dtype == np.float64, f"{row.dtype} of shape {row.shape}"
            require(fine, f"for {words} baseline returns {found}; expected float64 of shape ({problem.width},)")
            require(np.isfinite(row).all(), f"for {words} baseline is not finite")
            require(same(rows, before), "baseline changes the targets")
            shares = not problem.has_classes or (row.min() >= 0 and abs(row.sum() - 1) < 1e-9)
            require(shares, f"for {words} the shares of classes add up to {row.sum():.6g}")
        decided = learnt.decided(task, task.baseline(equal, problem)[None])
        require(near(decided, equal[:1]), f"for {words} that are all the same, the answer to the baseline differs")


def check_answer(task: Task) -> None:
    """`answer` returns data for JSON, with ``answer`` first; distinct targets get distinct answers with their names."""
    for learnt in learnt_cases(task):
        problem, words = learnt.problem, learnt.case.words
        known: dict[str, bytes] = {}
        for answer, target in zip(_answers(task, learnt), learnt.encoded, strict=True):
            require(isinstance(answer, dict), f"answer returns {with_article(answer)}, not a dict")
            first, keys = next(iter(answer), None), ", ".join(map(str, answer))
            require(first == "answer", f"its first key is not 'answer': {keys}")
            try:
                text = json.dumps(answer, allow_nan=False, ensure_ascii=False)
            except (TypeError, ValueError) as error:
                hint = "write float(…), str(…) and lists"
                raise CheckFailed(f"for {words} JSON can't store an answer: {error}", hint=hint) from None
            other = known.setdefault(text, target.tobytes())
            require(other == target.tobytes(), f"for {words} two targets have the same answer: {text[:80]}")
            if problem.has_classes and problem.positions == 1:
                name = problem.name(int(target))
                require(name in text, f"for {words} the answer for {name!r} does not name it: {text[:80]}")


def check_target_steps(task: Task) -> None:
    """`target_steps` returns the same tuple of invertible steps each time."""
    steps = task.target_steps()
    require(isinstance(steps, tuple), f"target_steps returns {with_article(steps)}, not a tuple")
    for step in steps:
        require(isinstance(step, InvertiblePreprocessor), f"its target step {step!r} is not an InvertiblePreprocessor")
    require(task.target_steps() == steps, "target_steps returns other steps the second time")


def check_defaults_fit(task: Task) -> None:
    """Its default loss and default metrics accept its targets."""
    loss = _default_loss(task)
    for learnt in learnt_cases(task):
        try:
            _descend(loss, learnt, 0.0, 1)
        except UsageError as error:
            raise CheckFailed(f"default_loss = {task.default_loss!r} refuses {learnt.case.words}: {error}") from None
        for spec in task.default_metrics:
            try:
                _build(task, "metric", spec).plan(learnt.problem)
            except UsageError as error:
                raise CheckFailed(f"its metric {spec!r} does not accept {learnt.case.words}: {error}") from None
    wrong = [name for name in (*task.default_metrics, *task.figures) if not isinstance(name, str)]
    require(not wrong, f"default_metrics and figures must be tuples of names, but contain {wrong}")


def check_learns(task: Task) -> None:
    """Outputs that follow the gradient of its default loss lead to answers that match the targets."""
    loss = _default_loss(task)
    for learnt in learnt_cases(task):
        best = 0.0
        for rate in RATES:
            with np.errstate(all="ignore"):  # too large a rate diverges, and the next is tried
                predictions = _descend(loss, learnt, rate, STEPS)
            if np.isfinite(predictions).all():
                best = max(best, _agreement(learnt, learnt.decided(task, predictions)))
        require(
            best >= LEARNT,
            f"for {learnt.case.words}, after {STEPS} steps along the gradient of {task.default_loss}, only {best:.0%} "
            "of the answers are right",
            hint="default_loss and encode do not fit together, or decide expects other predictions",
        )


def _encoding(task: Task) -> list[Learnt]:
    if task.target_is_input:
        raise CheckSkipped("its targets are the inputs")
    return learnt_cases(task)


def _answers(task: Task, learnt: Learnt) -> list[dict[str, Any]]:
    predictions = learnt.perfect.reshape(SAMPLES, *learnt.problem.output_shape)
    before = predictions.copy()
    answers = [task.answer(prediction, learnt.problem) for prediction in predictions]
    require(same(predictions, before), "answer changes the prediction")
    return answers


def _descend(loss: Loss, learnt: Learnt, rate: float, steps: int) -> Floats:
    """Predictions, in the user's units, from outputs that start at 0 and descend along the gradient of the loss."""
    m, k = len(learnt.rows), learnt.problem.width
    targets = learnt.rows if learnt.problem.has_classes else learnt.encoded.reshape(m, k).astype(np.float64)
    outputs, grad, losses = np.zeros((m, k)), np.empty((m, k)), np.empty(m)
    workspace = scratch(loss.plan(k), m, np.float64)
    for _ in range(steps):
        loss.losses(outputs, targets, losses, grad, workspace)
        outputs -= rate * grad
    loss.predict(outputs)
    learnt.preprocessing.decode_targets(outputs)
    return outputs


def _agreement(learnt: Learnt, decided: NDArray[Any]) -> float:
    """The share of right decisions; for values, 1 minus their mean error relative to that of the mean."""
    if learnt.problem.has_classes or learnt.problem.has_labels:
        return float(np.mean(decided == learnt.rows))
    spread = np.abs(learnt.rows - learnt.rows.mean(axis=0)).mean()
    return 1 - float(np.abs(decided - learnt.rows).mean() / spread)


def _default_loss(task: Task) -> Loss:
    require(isinstance(getattr(task, "default_loss", None), str), f"default_loss = {task.default_loss!r}")
    loss: Loss = _build(task, "loss", task.default_loss)
    return loss


def _build(task: Task, kind: str, spec: str) -> Any:
    """A component that a task names: an installed one, or one in the same file.

    Raises
    ------
    CheckFailed
        When there is none.
    """
    try:
        return default_registry().build(kind, spec)
    except UnknownComponentError as error:
        name, options = parse_spec(spec)
        for component in _subclasses(KINDS[kind]):
            if component.__module__ == type(task).__module__ and getattr(component, "name", None) == name:
                return component.from_options(options)
        raise CheckFailed(f"it names the {kind} {spec!r}: {error.message}") from None


def _subclasses(base: type[Component]) -> Iterator[type[Component]]:
    for component in base.__subclasses__():
        yield component
        yield from _subclasses(component)
