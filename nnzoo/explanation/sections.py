"""The story of one step: forward, loss, backward, update, section by section."""

from __future__ import annotations

from dataclasses import replace

from nnzoo.explanation.backward_section import backward_section, checked_entries
from nnzoo.explanation.equations import equation_of
from nnzoo.explanation.naming import input_name, output_name, symbol, symbols, title
from nnzoo.explanation.numbers import Format
from nnzoo.explanation.row_section import row_section
from nnzoo.explanation.section import Array, Row, Section, Table
from nnzoo.explanation.steps import LayerStep, LossStep, Walk
from nnzoo.explanation.subject import Subject
from nnzoo.explanation.update_section import update_section
from nnzoo.explanation.verdict_section import verdict_section
from nnzoo.explanation.workings import forward_workings
from nnzoo.model.columns import describe_step


def story(subject: Subject, walk: Walk) -> list[Section]:
    """All sections, in the order in which things are computed."""
    format = Format(subject.small)
    sections = [
        *([row_section(format, subject, subject.row)] if subject.row is not None else []),
        *(_forward(format, subject, walk, step) for step in walk.layers),
        _loss(format, subject, walk),
        *([_own_units(format, subject, walk)] if subject.preprocessing.targets else []),
        *(backward_section(format, walk, step) for step in reversed(walk.layers) if step.grad_out is not None),
        update_section(format, walk),
        verdict_section(walk),
    ]
    explained = [section.symbols for section in sections]
    return [
        replace(section, symbols="") if section.symbols in explained[:place] else section
        for place, section in enumerate(sections)
    ]


def _forward(format: Format, subject: Subject, walk: Walk, step: LayerStep) -> Section:
    came, left = symbols(step)
    shared = f"of {step.shared_with}" if step.shared_with else ""
    equation, answer = equation_of(step.component()), "the logits" if subject.problem.has_classes else "the prediction"
    return Section(
        part="Forward",
        title=title(step),
        layer=step.name,
        symbols=equation.symbols,
        equation=equation.forward(),
        arrays=(
            *(Array(came[number], input_name(walk, step, number), x) for number, x in enumerate(step.inputs)),
            *(Array(symbol(name), shared, array) for name, array in step.parameters.items()),
            Array(left, answer if step is walk.layers[-1] else "", step.out),
        ),
        workings=tuple(forward_workings(format, step)),
    )


def _loss(format: Format, subject: Subject, walk: Walk) -> Section:
    loss, component = walk.loss, walk.recipe.loss
    equation = equation_of(component)
    problem = subject.problem
    first = "class" if problem.has_classes else "label" if problem.has_labels else "output"
    predicted = "p" if component.gives_probabilities else "predicted"
    columns = (loss.logits, loss.predicted, loss.targets)
    rows = [
        Row((subject.output_name(entry), *(format.number(column[entry]) for column in columns), *pair), verdict)
        for entry, pair, verdict in checked_entries(format, loss.gradient)
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


def _own_units(format: Format, subject: Subject, walk: Walk) -> Section:
    """What the numbers of the loss mean in the units of the data."""
    width = subject.problem.width
    predicted, true = (
        subject.own_units(values.reshape(-1, width)).reshape(-1) for values in (walk.loss.predicted, walk.loss.targets)
    )
    rows = [
        Row((subject.output_name(place), *(format.number(value) for value in (given, wanted, given - wanted))))
        for place, (given, wanted) in enumerate(zip(predicted.tolist(), true.tolist(), strict=True))
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
    """The value of the loss, and what of it layers have added."""
    if not loss.penalty:
        return f"L = {format.number(loss.value)}"
    own, added = format.number(loss.value - loss.penalty), format.number(loss.penalty)
    return f"L = {own} + {added} = {format.number(loss.value)}, where layers have added {added}"
