"""The update: what weight decay and the optimizer make of the parameters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnzoo.explanation.equations import equation_of
from nnzoo.explanation.naming import hyperparameters, listed
from nnzoo.explanation.numbers import Format, index
from nnzoo.explanation.section import Array, Row, Section, Table
from nnzoo.explanation.steps import UpdateStep, Walk
from nnzoo.kinds import Floats, ProbingOptimizer
from nnzoo.nn import FlatParameters

SHOWN = 4
"""Entries of a large array: those with the largest gradients."""


def update_section(format: Format, walk: Walk) -> Section:
    """The section of the optimizer's step."""
    update, optimizer = walk.update, walk.recipe.optimizer
    equation = equation_of(optimizer)
    rate, decay = format.number(update.learning_rate), format.number(update.weight_decay)
    lines, notes = equation.lines, []
    workings = [f"η = {rate}", f"λ = {decay}", *hyperparameters(optimizer), "t = 1, for this is the first step"]
    if update.weight_decay:
        kept = format.number(1 - update.learning_rate * update.weight_decay)
        lines = ("θ ← (1 − ηλ) θ        (weight decay, for weights only)", *lines)
        workings.insert(2, f"1 − ηλ = 1 − {rate}·{decay} = {kept}")
    split, whole = _by_array(update.before, update.state_before, update.state_after)
    at_first = [name for name, (before, _) in split.items() if not before.vector.any()]
    if at_first:
        notes.append(f"{listed(at_first)} {'is' if len(at_first) == 1 else 'are'} 0 before the first step.")
    if isinstance(optimizer, ProbingOptimizer):
        notes.append("The gradient in the table is the one at the parameters that the optimizer has looked at.")
    losses = [format.number(value) for value in (walk.loss.value, update.loss)]
    notes.append(f"The loss of this sample was {losses[0]}; now it is {losses[1]}.")
    return Section(
        part="Update",
        title=optimizer.name,
        symbols=equation.symbols,
        equation=lines,
        arrays=tuple(
            Array(name, when, array)
            for name, pair in whole.items()
            for when, array in zip(("before", "after"), pair, strict=True)
        ),
        workings=tuple(workings),
        tables=tuple(_table(format, update, split, name) for name in update.before.layout),
        notes=tuple(notes),
    )


def _by_array(
    layout: FlatParameters, before: Mapping[str, Floats], after: Mapping[str, Floats]
) -> tuple[dict[str, tuple[FlatParameters, FlatParameters]], dict[str, tuple[Floats, Floats]]]:
    """The optimizer's state before and after: what has a value for each parameter, and everything else."""

    def split(vector: Floats) -> FlatParameters:
        flat = FlatParameters(layout.layout, vector.dtype)
        np.copyto(flat.vector, vector)
        return flat

    pairs = {name: (array, after[name]) for name, array in before.items()}
    fitting = {name for name, (array, _) in pairs.items() if array.shape == layout.vector.shape}
    return (
        {name: (split(one), split(two)) for name, (one, two) in pairs.items() if name in fitting},
        {name: pair for name, pair in pairs.items() if name not in fitting},
    )


def _table(
    format: Format, update: UpdateStep, state: Mapping[str, tuple[FlatParameters, FlatParameters]], name: str
) -> Table:
    """An array's entries before the step, on the way, and after."""
    columns = {"before": update.before}
    if update.weight_decay and update.before.layout[name].is_weight:
        columns["decayed"] = update.decayed
    columns["gradient"] = update.gradient
    for what, (before, after) in state.items():
        if before.vector.any():
            columns[f"{what} before"] = before
        columns[what] = after
    columns["after"] = update.after
    gradient = update.gradient[name].reshape(-1)
    entries = np.arange(gradient.size)
    if not format.full:
        entries = np.argsort(-np.abs(gradient), kind="stable")[:SHOWN]
    rows = [
        Row((index(i, update.before[name].shape), *(format.number(c[name].reshape(-1)[i]) for c in columns.values())))
        for i in entries.tolist()
    ]
    return Table((name, *columns), tuple(rows))
