"""Every number of the explanation, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnzoo.explanation.differences import CheckedGradient
from nnzoo.explanation.subject import Subject
from nnzoo.explanation.walk import LayerStep, Walk
from nnzoo.kinds import Graph
from nnzoo.model.columns import row_texts
from nnzoo.nn import FlatParameters


def to_json(subject: Subject, walk: Walk) -> dict[str, Any]:
    """Return one object with every number; arrays are nested lists without the batch axis."""
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
    """Each column of the row: its value, the network inputs that it became, and its importance."""
    if subject.row is None:
        return None
    x, places, importance = subject.x.reshape(-1), subject.preprocessing.places(), subject.importance
    columns = list[dict[str, Any]]()
    for column, value in row_texts(subject.row, 0, places):
        cell = subject.row[column][0]
        missing = cell is None or cell != cell
        raw: Any = None if missing else cell.item() if subject.row.type(column) == "number" else value
        columns.append({"column": column, "value": raw, "inputs": places[column], "x": x[places[column]].tolist()})
        if importance is not None:
            mean, spread = importance.by_column[column]
            columns[-1]["importance"] = {"mean": mean, "spread": spread, "figure": importance.measure.name}
    return columns


def _answers(subject: Subject, walk: Walk) -> dict[str, Any]:
    """The network's answer and the right one, in the names and units of the data."""
    problem, task = subject.problem, walk.recipe.task
    predicted, true = (values.reshape(-1, problem.width) for values in (walk.loss.predicted, walk.loss.targets))
    if not problem.has_classes:
        predicted, true = subject.in_data_units(predicted), subject.in_data_units(true)
    return {
        "answer": task.answer(predicted.reshape(problem.output_shape), problem),
        "right_answer": task.answer(true.reshape(problem.output_shape), problem)["answer"],
    }


def _forward(walk: Walk, step: LayerStep) -> dict[str, Any]:
    inputs = [x.tolist() for x in step.inputs]
    return {
        "layer": step.name,
        "component": str(step.layer),
        "takes": ["input" if place == Graph.input else walk.layers[place].name for place in step.takes],
        **({"inputs": inputs} if len(inputs) > 1 else {"input": inputs[0]}),
        "shared_with": step.shared_with,
        "parameters": {name: array.tolist() for name, array in step.parameters.items()},
        "output": step.out.tolist(),
    }


def _backward(step: LayerStep) -> dict[str, Any]:
    input_gradients = [None if gradient is None else gradient.values.tolist() for gradient in step.grads_in]
    several = len(input_gradients) > 1
    return {
        "layer": step.name,
        "output_gradient": None if step.grad_out is None else step.grad_out.tolist(),
        "gradients": {name: gradient.values.tolist() for name, gradient in step.gradients.items()},
        "shared_gradients": {name: gradient.values.tolist() for name, gradient in step.shared_gradients.items()},
        **({"input_gradients": input_gradients} if several else {"input_gradient": input_gradients[0]}),
    }


def _views(flat: FlatParameters) -> dict[str, Any]:
    return {name: array.tolist() for name, array in flat.views().items()}


def _differences(name: str, gradient: CheckedGradient) -> Iterator[dict[str, Any]]:
    """The checked entries of an array, each with its gradient and finite difference."""
    checks = zip(gradient.entries, gradient.at_entries, gradient.differences, gradient.verdicts(), strict=True)
    for entry, value, difference, verdict in checks:
        yield {
            "array": name,
            "index": [int(i) for i in np.unravel_index(entry, gradient.values.shape)],
            "gradient": float(value),
            "finite_difference": float(difference),
            "verdict": verdict,
        }
