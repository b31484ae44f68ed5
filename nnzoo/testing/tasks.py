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
from nnzoo.plugins.registry import default_registry
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.numerics import far_off, random
from nnzoo.testing.observation import same
from nnzoo.testing.targets import SAMPLES, Learnt, learnt_cases, some_predictions, wrong_targets

RATES, STEPS = (1.0, 0.1, 0.01), 300
LEARNT = 0.95
"""Share of targets that are decided after descending along the default loss."""


def exercise(task: Task) -> list[Any]:
    """Use it once."""
    results: list[Any] = []
    for learnt in learnt_cases(task):
        results += [repr(learnt.problem), learnt.encoded, learnt.decided(task, learnt.perfect)]
        results.append(task.baseline(learnt.rows, learnt.problem))
        results.append(json.dumps(_answers(task, learnt)[0]))
    return results


def check_problem(task: Task) -> None:
    """`problem` says shapes and names, the same each time; targets that are not for the task are a FileFormatError."""
    for learnt in learnt_cases(task):
        case, problem, words = learnt.case, learnt.problem, learnt.case.words
        before = learnt.targets.copy()
        again = task.problem(case.input_shape, learnt.targets, case.names)
        require(again == problem, f"of {words} problem makes something else the second time")
        require(same(learnt.targets, before), "problem changes the targets")
        require(problem.input_shape == case.input_shape, f"the input's shape has become {problem.input_shape}")
        shapes = (problem.output_shape, problem.target_shape)
        sizes = [size for shape in shapes for size in shape]
        require(all(isinstance(size, int) and size > 0 for size in sizes), f"of {words} it makes the shapes {shapes}")
        require(
            problem.output_shape and problem.target_shape in (problem.output_shape, problem.output_shape[:-1]),
            f"of {words} it makes outputs of shape {problem.output_shape} and targets of shape {problem.target_shape}",
            hint="the target's shape is the output's, or without the last axis where targets are class numbers",
        )
        require(
            len(problem.names) in (0, problem.width),
            f"of {words} it makes {problem.width} outputs for a position and {len(problem.names)} names",
        )
        require(
            not (problem.has_classes and problem.has_labels), "a target is either a class number or a row of labels"
        )


def check_encode(task: Task) -> None:
    """`encode` makes class numbers, intp, or values, float32, of the problem's shape, each sample by itself."""
    for learnt in _encoding(task):
        problem, encoded, words = learnt.problem, learnt.encoded, learnt.case.words
        expected = np.dtype(np.intp if problem.has_classes else np.float32)
        require(isinstance(encoded, np.ndarray), f"encode returns {with_article(encoded)}, not an array")
        require(
            encoded.shape == (SAMPLES, *problem.target_shape) and encoded.dtype == expected,
            f"of {words} encode makes {encoded.dtype} of shape {encoded.shape}; "
            f"expected {expected} of shape {(SAMPLES, *problem.target_shape)}",
        )
        if problem.has_classes:
            low, high = int(encoded.min()), int(encoded.max())
            fine = low >= 0 and high < problem.width
            require(fine, f"of {words} encode makes classes {low} … {high}, and there are {problem.width}")
        if problem.has_labels:
            require(np.isin(encoded, (0, 1)).all(), f"of {words} encode makes labels other than 0 and 1")
        before = learnt.targets.copy()
        for row in range(5):
            alone = task.encode(learnt.targets[row : row + 1], problem)
            require(same(alone, encoded[row : row + 1]), f"of {words} encode makes something else of a sample alone")
        require(same(learnt.targets, before), "encode changes the targets", hint="make a new array: targets.astype(…)")


def check_refuses(task: Task) -> None:
    """A target that is not allowed (a class out of range, NaN, a row of another length) is a FileFormatError."""
    for learnt in _encoding(task):
        for what, targets in wrong_targets(learnt):
            try:
                task.encode(targets, learnt.problem)
            except FileFormatError:
                continue
            raise CheckFailed(f"trained on {learnt.case.words}, it encodes {what}", hint="raise a FileFormatError")


def check_decide(task: Task) -> None:
    """`decide` writes answers in the form of encoded targets; of perfect predictions it makes the targets."""
    for learnt in learnt_cases(task):
        words, found = learnt.case.words, learnt.decided(task, learnt.perfect)
        require(_near(found, learnt.rows), f"of {words} perfect predictions are decided otherwise than the targets are")
        predictions = some_predictions(learnt.problem)
        decided = learnt.decided(task, predictions)
        if learnt.problem.has_classes:
            fine = decided.min() >= 0 and decided.max() < learnt.problem.width
            require(fine, f"of {words} it decides on classes {decided.min()} … {decided.max()}")
        for row in range(len(predictions)):
            alone = learnt.decided(task, predictions[row : row + 1])
            require(same(alone, decided[row : row + 1]), f"of {words} a prediction is decided otherwise by itself")


def check_decides_from_outputs(task: Task) -> None:
    """If it declares that it can, it decides from raw outputs as it does from predictions."""
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
            f"of {learnt.case.words} it decides otherwise from outputs than from predictions",
            hint="write decides_from_outputs: ClassVar[bool] = False",
        )


def check_baseline(task: Task) -> None:
    """`baseline` is one finite row of predictions, shares of classes that add up to 1; of equal targets it is they."""
    for learnt in learnt_cases(task):
        problem, words = learnt.problem, learnt.case.words
        equal = np.repeat(learnt.rows[:1], 9, axis=0)
        for rows in (learnt.rows, equal):
            before = rows.copy()
            row = task.baseline(rows, problem)
            require(isinstance(row, np.ndarray), f"baseline returns {with_article(row)}, not an array")
            fine = row.shape == (problem.width,) and row.dtype == np.float64
            require(
                fine, f"of {words} baseline is {row.dtype} of shape {row.shape}; expected float64 ({problem.width},)"
            )
            require(np.isfinite(row).all(), f"of {words} baseline is not finite")
            require(same(rows, before), "baseline changes the targets")
            shares = not problem.has_classes or (row.min() >= 0 and abs(row.sum() - 1) < 1e-9)
            require(shares, f"of {words} the shares of classes add up to {row.sum():.6g}")
        found = learnt.decided(task, task.baseline(equal, problem)[None])
        require(_near(found, equal[:1]), f"of {words} that are all the same, the baseline is decided otherwise")


def check_answer(task: Task) -> None:
    """`answer` is what JSON can hold, ``answer`` first; different targets have different answers, with their names."""
    for learnt in learnt_cases(task):
        problem, words = learnt.problem, learnt.case.words
        known: dict[str, bytes] = {}
        for answer, target in zip(_answers(task, learnt), learnt.encoded, strict=True):
            require(isinstance(answer, dict), f"answer returns {with_article(answer)}, not a dict")
            require(
                next(iter(answer), None) == "answer", f"its first key is not 'answer': {', '.join(map(str, answer))}"
            )
            try:
                text = json.dumps(answer, allow_nan=False, ensure_ascii=False)
            except (TypeError, ValueError) as error:
                raise CheckFailed(
                    f"of {words} an answer is not for JSON: {error}", hint="write float(…), str(…) and lists"
                ) from None
            other = known.setdefault(text, target.tobytes())
            require(other == target.tobytes(), f"of {words} two targets have one answer: {text[:80]}")
            if problem.has_classes and problem.positions == 1:
                name = problem.name(int(target))
                require(name in text, f"of {words} the answer for {name!r} does not name it: {text[:80]}")


def check_target_steps(task: Task) -> None:
    """`target_steps` is a tuple of steps that can be taken back, the same each time."""
    steps = task.target_steps()
    require(isinstance(steps, tuple), f"target_steps returns {with_article(steps)}, not a tuple")
    for step in steps:
        require(isinstance(step, InvertiblePreprocessor), f"its target step {step!r} is not an InvertiblePreprocessor")
    require(task.target_steps() == steps, "target_steps returns others the second time")


def check_defaults_fit(task: Task) -> None:
    """Its default loss takes its targets, and its default metrics can be measured."""
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
                raise CheckFailed(f"its metric {spec!r} is not for {learnt.case.words}: {error}") from None
    wrong = [name for name in (*task.default_metrics, *task.figures) if not isinstance(name, str)]
    require(not wrong, f"default_metrics and figures must be tuples of names, but contain {wrong}")


def check_learns(task: Task) -> None:
    """Outputs that follow the gradient of its default loss come to be decided as the targets are."""
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
            f"of {learnt.case.words}, {STEPS} steps along the gradient of {task.default_loss} lead to {best:.0%} only",
            hint="default_loss and encode do not fit together, or decide expects something else",
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
    """Predictions, in the user's units, from outputs that begin at 0 and follow the loss's gradient down."""
    m, k = len(learnt.rows), learnt.problem.width
    targets = learnt.rows if learnt.problem.has_classes else learnt.encoded.reshape(m, k).astype(np.float64)
    outputs, grad, losses = np.zeros((m, k)), np.empty((m, k)), np.empty(m)
    workspace = {name: np.full((m, *b.shape), b.fill, b.dtype or np.float64) for name, b in loss.plan(k).items()}
    for _ in range(steps):
        loss.losses(outputs, targets, losses, grad, workspace)
        outputs -= rate * grad
    loss.predict(outputs)
    learnt.preprocessing.decode_targets(outputs)
    return outputs


def _agreement(learnt: Learnt, decided: NDArray[Any]) -> float:
    """The share of targets that are decided; of values, how much nearer they are than their mean."""
    if learnt.problem.has_classes or learnt.problem.has_labels:
        return float(np.mean(decided == learnt.rows))
    spread = np.abs(learnt.rows - learnt.rows.mean(axis=0)).mean()
    return 1 - float(np.abs(decided - learnt.rows).mean() / spread)


def _default_loss(task: Task) -> Loss:
    require(isinstance(getattr(task, "default_loss", None), str), f"default_loss = {task.default_loss!r}")
    loss: Loss = _build(task, "loss", task.default_loss)
    return loss


def _build(task: Task, kind: str, spec: str) -> Any:
    """A component that a task names: one that is installed, or one that came in the same file.

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


def _near(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    one, other = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    return one.shape == other.shape and far_off(one, other, 1e-9) is None


CHECKS = (
    check_problem,
    check_encode,
    check_refuses,
    check_decide,
    check_decides_from_outputs,
    check_baseline,
    check_answer,
    check_target_steps,
    check_defaults_fit,
    check_learns,
)
