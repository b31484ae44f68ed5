"""All numbers of the explanation, as JSON can hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnzoo.explanation.differences import CheckedGradient
from nnzoo.explanation.subject import Subject
from nnzoo.explanation.walk import LayerStep, Walk
from nnzoo.kinds import Floats, Graph
from nnzoo.model.columns import row_texts
from nnzoo.nn import FlatParameters


def to_json(subject: Subject, walk: Walk) -> dict[str, Any]:
    """One object with every number; arrays are nested lists without the batch axis."""
    update, agreement, culprit = walk.update, walk.agreement(), walk.culprit()
    return {
        "sample": subject.sample,
        "class": subject.label,
        "labels": subject.labels,
        "row": _row(subject),
        **{kind: str(component) for kind, component in walk.recipe.components().items() if kind != "schedule"},
        "parameters": len(subject.network.parameters),
        "input": subject.x[0].tolist(),
        "target": walk.loss.targets.tolist(),
        "forward": [_forward(walk, step) for step in walk.layers],
        "loss_value": walk.loss.value,
        "logits": walk.loss.logits.tolist(),
        "predicted": walk.loss.predicted.tolist(),
        **_answers(subject, walk),
        "logits_gradient": walk.loss.gradient.values.tolist(),
        "backward": [_backward(step) for step in reversed(walk.layers)],
        "update": {
            "learning_rate": update.learning_rate,
            "weight_decay": update.weight_decay,
            "before": _views(update.before),
            "decayed": _views(update.decayed),
            "gradient": _views(update.gradient),
            "after": _views(update.after),
            "state_before": {name: array.tolist() for name, array in update.state_before.items()},
            "state_after": {name: array.tolist() for name, array in update.state_after.items()},
            "loss_value": update.loss,
        },
        "finite_differences": [row for name, _, gradient in walk.checked() for row in _differences(name, gradient)],
        "confirmed": agreement.confirmed,
        "kinks": agreement.kinks,
        "not_confirmed": agreement.not_confirmed,
        "largest_relative_difference": agreement.largest_difference,
        "culprit": None if culprit is None else {"kind": culprit.kind, "component": str(culprit)},
    }


def _row(subject: Subject) -> list[dict[str, Any]] | None:
    """Each column of a row with its value, what the network sees of it, and how much it counts."""
    if subject.row is None:
        return None
    x, places, importance = subject.x.reshape(-1), subject.preprocessing.places(), subject.importance
    found = list[dict[str, Any]]()
    for column, value in row_texts(subject.row, 0, places):
        cell = subject.row[column][0]
        missing = cell is None or cell != cell
        raw: Any = None if missing else cell.item() if subject.row.type(column) == "number" else value
        told = {"column": column, "value": raw, "inputs": places[column], "x": x[places[column]].tolist()}
        if importance is not None:
            told["importance"] = dict(zip(("mean", "spread"), importance.by_column[column], strict=True))
            told["importance"]["figure"] = importance.measure.name
        found.append(told)
    return found


def _answers(subject: Subject, walk: Walk) -> dict[str, Any]:
    """The network's answer and the right one, in the data's words and units."""
    problem, task = subject.problem, walk.recipe.task
    predicted, true = (values.reshape(-1, problem.width) for values in (walk.loss.predicted, walk.loss.targets))
    if not problem.has_classes:
        predicted, true = subject.own_units(predicted), subject.own_units(true)
    return {
        "answer": task.answer(predicted.reshape(problem.output_shape), problem),
        "right_answer": task.answer(true.reshape(problem.output_shape), problem)["answer"],
    }


def _forward(walk: Walk, step: LayerStep) -> dict[str, Any]:
    several = len(step.inputs) > 1
    return {
        "layer": step.name,
        "component": str(step.layer),
        "takes": ["input" if place == Graph.input else walk.layers[place].name for place in step.takes],
        **({"inputs": [x.tolist() for x in step.inputs]} if several else {"input": step.x.tolist()}),
        "shared_with": step.shared_with,
        "parameters": {name: array.tolist() for name, array in step.parameters.items()},
        "output": step.out.tolist(),
    }


def _backward(step: LayerStep) -> dict[str, Any]:
    found = [None if gradient is None else gradient.values for gradient in step.grads_in]
    return {
        "layer": step.name,
        "output_gradient": _or_none(step.grad_out),
        "gradients": {name: gradient.values.tolist() for name, gradient in step.gradients.items()},
        "shared_gradients": {name: gradient.values.tolist() for name, gradient in step.shared_gradients.items()},
        **({"input_gradients": [*map(_or_none, found)]} if len(found) > 1 else {"input_gradient": _or_none(found[0])}),
    }


def _or_none(array: Floats | None) -> Any:
    return None if array is None else array.tolist()


def _views(flat: FlatParameters) -> dict[str, Any]:
    return {name: array.tolist() for name, array in flat.views().items()}


def _differences(name: str, gradient: CheckedGradient) -> Iterator[dict[str, Any]]:
    """Each gradient of an array that was checked."""
    shape = gradient.values.shape
    checks = zip(gradient.entries, gradient.found, gradient.differences, gradient.verdicts(), strict=True)
    for entry, found, difference, verdict in checks:
        yield {
            "array": name,
            "index": [int(i) for i in np.unravel_index(entry, shape)],
            "gradient": float(found),
            "finite_difference": float(difference),
            "verdict": verdict,
        }
