"""One layer on the way back: each gradient beside its finite difference."""

from __future__ import annotations

from collections.abc import Iterator

from nnzoo.builtin.layers import Activate
from nnzoo.explanation.differences import CheckedGradient, Verdict
from nnzoo.explanation.equations import equation_of
from nnzoo.explanation.naming import symbol, symbols, title
from nnzoo.explanation.numbers import Format, index
from nnzoo.explanation.section import WORKED, Array, Row, Section, Table
from nnzoo.explanation.steps import LayerStep, Walk
from nnzoo.explanation.workings import gradient_working, slopes


def backward_section(format: Format, walk: Walk, step: LayerStep) -> Section:
    """The section of a layer that the backward pass went through."""
    came, left = symbols(step)
    lines = equation_of(step.component()).backward()
    arrays = [] if step.grad_out is None else [Array(f"∂L/∂{left}", _origin(walk, step), step.grad_out)]
    if isinstance(step.layer, Activate):
        lines = ("∂L/∂z = ∂L/∂a · f′(z)", *lines)
        arrays.append(Array("f′(z)", "", slopes(step)))
    gradients: list[tuple[str | None, str, CheckedGradient]] = [
        (name, symbol(name), gradient) for name, gradient in step.gradients.items()
    ]
    notes = []
    if step.grad_in is None:
        notes.append(f"∂L/∂{came} is not computed: nothing before this layer is trained.")
    else:
        gradients.append((None, came, step.grad_in))
    arrays += [Array(f"∂L/∂{of}", "", gradient.values, tabled=format.full) for _, of, gradient in gradients]
    rows = [row for name, of, gradient in gradients for row in _rows(format, step, name, of, gradient)]
    titles = ("", *([WORKED] if rows and len(rows[0].cells) > 3 else []), "gradient", "finite difference")
    return Section(
        part="Backward",
        title=title(step),
        layer=step.name,
        equation=lines,
        arrays=tuple(arrays),
        tables=(Table(titles, tuple(rows)),),
        notes=tuple(notes),
    )


def checked_entries(format: Format, gradient: CheckedGradient) -> Iterator[tuple[int, tuple[str, str], Verdict]]:
    """Each entry that was checked, its gradient and finite difference in words, and what the two say."""
    pairs = zip(gradient.found, gradient.differences, strict=True)
    for entry, (found, difference), verdict in zip(gradient.entries.tolist(), pairs, gradient.verdicts(), strict=True):
        yield entry, (format.number(found), format.number(difference)), verdict


def _origin(walk: Walk, step: LayerStep) -> str:
    """Where the gradient of a layer's output comes from."""
    return "from the loss" if step is walk.layers[-1] else f"from {walk.layers[step.place + 1].name}"


def _rows(format: Format, step: LayerStep, name: str | None, of: str, gradient: CheckedGradient) -> Iterator[Row]:
    """The gradients of one array that were checked; how they come about, where that is known here."""
    for entry, pair, verdict in checked_entries(format, gradient):
        working = gradient_working(format, step, name, entry)
        yield Row((f"∂L/∂{of}{index(entry, gradient.values.shape)}", *filter(None, [working]), *pair), verdict)
