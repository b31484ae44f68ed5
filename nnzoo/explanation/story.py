"""`story`: the sections of the explanation: data, forward pass, loss, backward pass, update, and gradient checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from nnzoo.explanation.differences import ALL_UP_TO, LARGEST, CheckedGradient, Verdict
from nnzoo.explanation.section import WORKED, Array, Row, Section, Table
from nnzoo.explanation.subject import Subject
from nnzoo.explanation.walk import LayerStep, LossStep, UpdateStep, Walk
from nnzoo.explanation.words import (
    Format,
    equation_of,
    forward_workings,
    gradient_working,
    hyperparameters,
    index,
    input_name,
    listed,
    output_name,
    slopes,
    symbol,
    symbols,
    title,
    total,
)
from nnzoo.kinds import Activation, Columns, Floats, ProbingOptimizer
from nnzoo.model.columns import describe_columns, describe_step, row_texts
from nnzoo.model.importance import Importance
from nnzoo.nn import FlatParameters
from nnzoo.terminal import one_line

_MOST_COLUMNS = 30
"""Columns shown. Of a wider table, these are the most important ones, or the first if importance is unknown."""
_NAME, _VALUE = 30, 24
"""Characters shown of a column's name and of a value."""
_SHOWN_ENTRIES = 4
"""Entries shown of a large array: those with the largest gradients."""


def story(subject: Subject, walk: Walk) -> list[Section]:
    """Return all sections, in the order of computation. Symbols are explained where they first occur."""
    format = Format(subject.small)
    sections = [
        *([_row(format, subject, subject.row)] if subject.row is not None else []),
        *(_forward(format, subject, walk, step) for step in walk.layers),
        _loss(format, subject, walk),
        *([_loss_in_data_units(format, subject, walk)] if subject.preprocessing.targets else []),
        *(_backward(format, walk, step) for step in reversed(walk.layers) if step.grad_out is not None),
        _update(format, walk),
        _verdict(walk),
    ]
    explained = [section.symbols for section in sections]
    return [
        replace(section, symbols="") if section.symbols in explained[:place] else section
        for place, section in enumerate(sections)
    ]


def _forward(format: Format, subject: Subject, walk: Walk, step: LayerStep) -> Section:
    input_symbols, output_symbol = symbols(step)
    shared = f"of {step.shared_with}" if step.shared_with else ""
    equation, answer = equation_of(step.component()), "the logits" if subject.problem.has_classes else "the prediction"
    return Section(
        part="Forward",
        title=title(step),
        layer=step.name,
        symbols=equation.symbols,
        equation=equation.forward(),
        arrays=(
            *(Array(input_symbols[number], input_name(walk, step, number), x) for number, x in enumerate(step.inputs)),
            *(Array(symbol(name), shared, array) for name, array in step.parameters.items()),
            Array(output_symbol, answer if step is walk.layers[-1] else "", step.out),
        ),
        workings=tuple(forward_workings(format, step)),
    )


def _loss(format: Format, subject: Subject, walk: Walk) -> Section:
    loss, component, problem = walk.loss, walk.recipe.loss, subject.problem
    equation = equation_of(component)
    first = "class" if problem.has_classes else "label" if problem.has_labels else "output"
    predicted = "p" if component.gives_probabilities else "predicted"
    columns = (loss.logits, loss.predicted, loss.targets)
    rows = [
        Row((subject.output_name(entry), *(format.number(column[entry]) for column in columns), *pair), verdict)
        for entry, pair, verdict in _checked_entries(format, loss.gradient)
    ]
    return Section(
        part="Loss",
        title=component.name,
        symbols=equation.symbols,
        equation=equation.lines,
        workings=(_loss_working(format, loss),),
        tables=(Table((first, "z", predicted, "t", "∂L/∂z", "finite difference"), tuple(rows)),),
        notes=(f"z is {output_name(walk.layers[-1])}.",),
    )


def _loss_in_data_units(format: Format, subject: Subject, walk: Walk) -> Section:
    """Predicted and true values, decoded to the units of the data."""
    predicted, true = (
        subject.in_data_units(values.reshape(-1, subject.problem.width)).reshape(-1)
        for values in (walk.loss.predicted, walk.loss.targets)
    )
    rows = [
        Row((subject.output_name(place), *map(format.number, (value, wanted, value - wanted))))
        for place, (value, wanted) in enumerate(zip(predicted.tolist(), true.tolist(), strict=True))
    ]
    steps = subject.preprocessing.targets
    return Section(
        part="Loss",
        title="in the units of the data",
        symbols="for a value x of the data and what the network learns, y",
        equation=tuple(line for step in steps for line in equation_of(step.preprocessor).lines),
        workings=tuple(map(describe_step, steps)),
        tables=(Table(("value", "predicted", "true", "off by"), tuple(rows)),),
    )


def _loss_working(format: Format, loss: LossStep) -> str:
    """The value of the loss, with the penalty of layers as a term of its sum."""
    if not loss.penalty:
        return f"L = {format.number(loss.value)}"
    without, penalty = format.number(loss.value - loss.penalty), format.number(loss.penalty)
    return f"L = {without} + {penalty} = {format.number(loss.value)}, where layers have added {penalty}"


def _row(format: Format, subject: Subject, row: Columns) -> Section:
    """The row of a table that is the sample: its values, importances, and network inputs."""
    importance, places = subject.importance, subject.preprocessing.places()
    shown = list(places)
    if len(shown) > _MOST_COLUMNS:
        shown = list(importance.columns[:_MOST_COLUMNS]) if importance else shown[:_MOST_COLUMNS]
    steps = {each.column: each.steps for each in describe_columns(subject.preprocessing)}
    x = subject.x.reshape(-1)
    rows = []
    for column, value in row_texts(row, 0, shown):
        inputs = places[column]
        counts = [_mean_and_spread(importance, column)] if importance else []
        encoded = format.row(x[inputs]) if len(inputs) > 1 else format.number(x[inputs[0]])
        rows.append(Row((one_line(column, _NAME), one_line(value, _VALUE), *counts, _in_brackets(inputs), encoded)))
    notes = [f"x is what the network sees: {x.size} {'number' if x.size == 1 else 'numbers'}."]
    if len(shown) < len(places):
        which = "those that count most" if importance else "the first"
        notes.append(f"{len(shown)} of {len(places)} columns are shown, {which}.")
    if importance:
        notes.append(
            f"counts: the {importance.change} on test data ({importance.rows:,} rows) when the column is shuffled, "
            f"as mean ± standard deviation of {importance.repeats} shuffles"
            + (", in percentage points." if importance.measure.is_share else ".")
        )
    titles = ("column", "value", *(["counts"] if importance else []), "inputs", "x")
    return Section(
        part="Data",
        title="the row",
        workings=tuple(f"{one_line(column, _NAME)} ← {'; '.join(steps[column])}" for column in shown),
        tables=(Table(titles, tuple(rows)),),
        notes=tuple(notes),
    )


def _mean_and_spread(importance: Importance, column: str) -> str:
    mean, spread = (importance.factor * each for each in importance.by_column[column])
    return f"{mean:z.3g} ± {spread:.2g}".replace("-", "−")


def _in_brackets(inputs: list[int]) -> str:
    """The indices of a column's network inputs: ``[3]``, ``[3…5]``."""
    if inputs == list(range(inputs[0], inputs[-1] + 1)):
        return f"[{inputs[0]}]" if len(inputs) == 1 else f"[{inputs[0]}…{inputs[-1]}]"
    return f"[{','.join(map(str, inputs))}]"


@dataclass(frozen=True)
class _Shown:
    """A gradient: its symbol before and after the index, and the calculation of each entry."""

    symbol: str
    gradient: CheckedGradient
    working: Callable[[int], str]
    suffix: str = ""


def _backward(format: Format, walk: Walk, step: LayerStep) -> Section:
    input_symbols, output_symbol = symbols(step)
    lines, arrays, shown = list(equation_of(step.component()).backward()), list[Array](), list[_Shown]()
    if isinstance(step.component(), Activation):
        lines.insert(0, "∂L/∂z = ∂L/∂a · f′(z)")
    sources = _sources(walk, step)
    if step.output_gradient is None:
        arrays += [Array(f"∂L/∂{output_symbol}", origin, gradient) for origin, gradient in sources.items()]
    else:
        lines.insert(0, f"∂L/∂{output_symbol} = {' + '.join(sources)}")
        arrays += [Array(origin, "", gradient) for origin, gradient in sources.items()]
        shown.append(_sum(format, f"∂L/∂{output_symbol}", step.output_gradient, sources))
    if isinstance(step.component(), Activation):
        arrays.append(Array("f′(z)", "", slopes(step)))
    for name, gradient in step.gradients.items():
        shown.append(_Shown(f"∂L/∂{symbol(name)}", gradient, partial(gradient_working, format, step, name), step.at))
    for name, gradient in step.shared_gradients.items():
        total_symbol = f"∂L/∂{symbol(name)}"
        places = {f"{total_symbol}{user.at}": user.gradients[name].values for user in walk.users(step)}
        lines.append(f"{total_symbol} = {' + '.join(places)}")
        shown.append(_sum(format, total_symbol, gradient, places))
    missing = []
    for number, (input_symbol, input_gradient) in enumerate(zip(input_symbols, step.grads_in, strict=True)):
        if input_gradient is None:
            missing.append(f"∂L/∂{input_symbol}")
        else:
            working = partial(gradient_working, format, step, number)
            shown.append(_Shown(f"∂L/∂{input_symbol}", input_gradient, working))
    arrays += [Array(f"{each.symbol}{each.suffix}", "", each.gradient.values, tabled=format.full) for each in shown]
    rows = [row for each in shown for row in _rows(format, each)]
    if not any(row.cells[1] for row in rows):  # no layer explains its gradients
        rows = [Row((row.cells[0], *row.cells[2:]), row.verdict) for row in rows]
    titles = ("", *([WORKED] if rows and len(rows[0].cells) > 3 else []), "gradient", "finite difference")
    verb, where = "is" if len(missing) == 1 else "are", "this layer" if len(missing) == len(input_symbols) else "there"
    return Section(
        part="Backward",
        title=title(step),
        layer=step.name,
        equation=tuple(lines),
        arrays=tuple(arrays),
        tables=(Table(titles, tuple(rows)),),
        notes=(f"{listed(missing)} {verb} not computed: nothing before {where} is trained.",) if missing else (),
    )


def _checked_entries(format: Format, gradient: CheckedGradient) -> Iterator[tuple[int, tuple[str, str], Verdict]]:
    """Each checked entry, its gradient and finite difference as text, and the verdict."""
    pairs = zip(gradient.at_entries, gradient.differences, strict=True)
    for entry, (value, difference), verdict in zip(gradient.entries.tolist(), pairs, gradient.verdicts(), strict=True):
        yield entry, (format.number(value), format.number(difference)), verdict


def _sources(walk: Walk, step: LayerStep) -> dict[str, Floats]:
    """The gradient of a layer's output by its source; where several layers read the output, the part of each."""
    if step.grad_out is None:
        return {}
    if step is walk.layers[-1]:
        return {"from the loss": step.grad_out}
    readers = walk.readers(step)
    if step.output_gradient is None:
        return {f"from {readers[0][0].name}": step.grad_out}
    parts = ((reader, symbols(reader)[0][number], reader.grads_in[number]) for reader, number in readers)
    return {f"∂L/∂{name} of {reader.name}": part.values for reader, name, part in parts if part is not None}


def _sum(format: Format, symbol: str, gradient: CheckedGradient, parts: dict[str, Floats]) -> _Shown:
    """A gradient that is the sum of other gradients."""

    def working(entry: int) -> str:
        return total([format.number(part.item(entry)) for part in parts.values()])

    return _Shown(symbol, gradient, working)


def _rows(format: Format, shown: _Shown) -> Iterator[Row]:
    """A row for each checked entry: name, calculation (may be empty), gradient, finite difference."""
    for entry, pair, verdict in _checked_entries(format, shown.gradient):
        name = f"{shown.symbol}{index(entry, shown.gradient.values.shape)}{shown.suffix}"
        yield Row((name, shown.working(entry), *pair), verdict)


def _update(format: Format, walk: Walk) -> Section:
    update, optimizer = walk.update, walk.recipe.optimizer
    equation = equation_of(optimizer)
    rate, decay = format.number(update.learning_rate), format.number(update.weight_decay)
    lines, notes = equation.lines, []
    workings = [f"η = {rate}", f"λ = {decay}", *hyperparameters(optimizer), "t = 1, for this is the first step"]
    if update.weight_decay:
        factor = format.number(1 - update.learning_rate * update.weight_decay)
        lines = ("θ ← (1 − ηλ) θ        (weight decay, for weights only)", *lines)
        workings.insert(2, f"1 − ηλ = 1 − {rate}·{decay} = {factor}")
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
    """The optimizer's state before and after: first the arrays with a value for each parameter, then the others."""

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
    """Entries of one array: before the step, intermediate values, and after."""
    columns = {"before": update.before}
    if update.weight_decay and update.before.layout[name].is_weight:
        columns["decayed"] = update.decayed
    columns["gradient"] = update.gradient
    for state_name, (before, after) in state.items():
        if before.vector.any():
            columns[f"{state_name} before"] = before
        columns[state_name] = after
    columns["after"] = update.after
    gradient = update.gradient[name].reshape(-1)
    entries = np.arange(gradient.size)
    if not format.full:
        entries = np.argsort(-np.abs(gradient), kind="stable")[:_SHOWN_ENTRIES]
    rows = [
        Row((index(i, update.before[name].shape), *(format.number(c[name].reshape(-1)[i]) for c in columns.values())))
        for i in entries.tolist()
    ]
    return Table((name, *columns), tuple(rows))


def _verdict(walk: Walk) -> Section:
    """The number of checked gradients, and the component to look at if some are wrong."""
    agreement, culprit = walk.agreement(), walk.culprit()
    notes = [
        f"{agreement.confirmed:,} of {agreement.checked:,} gradients are confirmed by finite differences"
        + (f", {agreement.kinks:,} at a kink" if agreement.kinks else "")
        + (f", {agreement.not_confirmed:,} NOT CONFIRMED" if agreement.not_confirmed else "")
        + f". Largest relative difference: {agreement.largest_difference:.1e}."
    ]
    if any(len(gradient.entries) < gradient.values.size for _, _, gradient in walk.checked()):
        notes.append(
            f"Of an array with more than {ALL_UP_TO} values, {2 * LARGEST} were checked: "
            f"the {LARGEST} with the largest gradients, and {LARGEST} others."
        )
    if agreement.kinks:
        notes.append(
            "At a kink, such as ReLU's at 0 or a maximum of two equal values, the loss has one slope to the left and "
            "another to the right: there is no derivative that a finite difference could confirm."
        )
    if culprit is not None:
        notes.append(
            f"The first wrong gradient comes from the {culprit.label}: what its backward pass computes is not the "
            "derivative of its forward pass. All gradients further back are computed from this one, and wrong, too."
        )
    return Section(
        part="Checked",
        title="finite differences",
        equation=("∂L/∂θ ≈ (L(θ + h) − L(θ − h)) / 2h        with h = 10⁻⁵, one θ at a time, in float64",),
        notes=tuple(notes),
    )
