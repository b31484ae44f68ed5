"""One layer on the way back: each gradient beside its finite difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from nnzoo.explanation.differences import CheckedGradient, Verdict
from nnzoo.explanation.equations import equation_of
from nnzoo.explanation.naming import listed, symbol, symbols, title
from nnzoo.explanation.numbers import Format, index
from nnzoo.explanation.section import WORKED, Array, Row, Section, Table
from nnzoo.explanation.steps import LayerStep, Walk
from nnzoo.explanation.workings import gradient_working, slopes, total
from nnzoo.kinds import Activation, Floats


@dataclass(frozen=True)
class _Shown:
    """A gradient: its symbol before and behind the index, and how each of its values comes about."""

    symbol: str
    gradient: CheckedGradient
    working: Callable[[int], str]
    behind: str = ""


def backward_section(format: Format, walk: Walk, step: LayerStep) -> Section:
    """The section of a layer that the backward pass went through."""
    came, left = symbols(step)
    lines, arrays, shown = list(equation_of(step.component()).backward()), list[Array](), list[_Shown]()
    if isinstance(step.component(), Activation):
        lines.insert(0, "∂L/∂z = ∂L/∂a · f′(z)")
    sources = _sources(walk, step)
    if step.output_gradient is None:
        arrays += [Array(f"∂L/∂{left}", origin, gradient) for origin, gradient in sources.items()]
    else:
        lines.insert(0, f"∂L/∂{left} = {' + '.join(sources)}")
        arrays += [Array(origin, "", gradient) for origin, gradient in sources.items()]
        shown.append(_sum(format, f"∂L/∂{left}", step.output_gradient, sources))
    if isinstance(step.component(), Activation):
        arrays.append(Array("f′(z)", "", slopes(step)))
    for name, gradient in step.gradients.items():
        shown.append(_Shown(f"∂L/∂{symbol(name)}", gradient, partial(gradient_working, format, step, name), step.at))
    for name, gradient in step.shared_gradients.items():
        of = f"∂L/∂{symbol(name)}"
        places = {f"{of}{user.at}": user.gradients[name].values for user in walk.users(step)}
        lines.append(f"{of} = {' + '.join(places)}")
        shown.append(_sum(format, of, gradient, places))
    missing = []
    for number, (of, found) in enumerate(zip(came, step.grads_in, strict=True)):
        if found is None:
            missing.append(f"∂L/∂{of}")
        else:
            shown.append(_Shown(f"∂L/∂{of}", found, partial(gradient_working, format, step, number)))
    arrays += [Array(f"{each.symbol}{each.behind}", "", each.gradient.values, tabled=format.full) for each in shown]
    rows = [row for each in shown for row in _rows(format, each)]
    if not any(row.cells[1] for row in rows):  # none of them says how it comes about
        rows = [Row((row.cells[0], *row.cells[2:]), row.verdict) for row in rows]
    titles = ("", *([WORKED] if rows and len(rows[0].cells) > 3 else []), "gradient", "finite difference")
    verb, where = "is" if len(missing) == 1 else "are", "this layer" if len(missing) == len(came) else "there"
    return Section(
        part="Backward",
        title=title(step),
        layer=step.name,
        equation=tuple(lines),
        arrays=tuple(arrays),
        tables=(Table(titles, tuple(rows)),),
        notes=(f"{listed(missing)} {verb} not computed: nothing before {where} is trained.",) if missing else (),
    )


def checked_entries(format: Format, gradient: CheckedGradient) -> Iterator[tuple[int, tuple[str, str], Verdict]]:
    """Each entry that was checked, its gradient and finite difference in words, and what the two say."""
    pairs = zip(gradient.found, gradient.differences, strict=True)
    for entry, (found, difference), verdict in zip(gradient.entries.tolist(), pairs, gradient.verdicts(), strict=True):
        yield entry, (format.number(found), format.number(difference)), verdict


def _sources(walk: Walk, step: LayerStep) -> dict[str, Floats]:
    """Where the gradient of a layer's output comes from; of several sources, each with its part."""
    if step.grad_out is None:
        return {}
    if step is walk.layers[-1]:
        return {"from the loss": step.grad_out}
    readers = walk.readers(step)
    if step.output_gradient is None:
        return {f"from {readers[0][0].name}": step.grad_out}
    parts = ((reader, symbols(reader)[0][number], reader.grads_in[number]) for reader, number in readers)
    return {f"∂L/∂{of} of {reader.name}": part.values for reader, of, part in parts if part is not None}


def _sum(format: Format, symbol: str, gradient: CheckedGradient, parts: dict[str, Floats]) -> _Shown:
    """A gradient that is the sum of others."""

    def working(entry: int) -> str:
        return total([format.number(part.item(entry)) for part in parts.values()])

    return _Shown(symbol, gradient, working)


def _rows(format: Format, shown: _Shown) -> Iterator[Row]:
    """The gradients of one array that were checked; how they come about, where that is known."""
    for entry, pair, verdict in checked_entries(format, shown.gradient):
        name = f"{shown.symbol}{index(entry, shown.gradient.values.shape)}{shown.behind}"
        yield Row((name, shown.working(entry), *pair), verdict)
