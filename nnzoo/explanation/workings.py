"""Equations with their numbers, term by term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nnzoo.builtin.layers import Activate, Dense
from nnzoo.explanation.numbers import Format, index
from nnzoo.explanation.steps import LayerStep
from nnzoo.kinds import Floats

TERMS = 3
"""Of a long sum, so many of the largest terms are written out."""

EXAMPLES = 3
"""Values of an activation that are shown where there are many."""


def sum_of_products(format: Format, left: Floats, right: Floats, most: int = TERMS) -> str:
    """Σ leftᵢ rightᵢ written out; of a long sum the ``most`` largest terms, and what the others come to.

    >>> import numpy as np
    >>> sum_of_products(Format(full=True), np.array([1, 0.5]), np.array([0.2, -0.6]))
    '1·0.2 + 0.5·(−0.6)'
    """
    terms, chosen = left * right, np.arange(len(left))
    if not format.full and len(left) > most + 1:
        chosen = np.argsort(-np.abs(terms), kind="stable")[:most]
    written = [f"{format.number(left[i])}·{format.factor(right[i])}" for i in chosen]
    if len(chosen) < len(left):
        rest = terms.sum() - terms[chosen].sum()
        written.append(f"{format.number(rest)} (of {len(left) - len(chosen):,} more)")
    return total(written)


def total(terms: Sequence[str]) -> str:
    """Terms with the signs between them.

    >>> total(["1·0.2", "−0.5·0.6"])
    '1·0.2 − 0.5·0.6'
    """
    rest = (f" − {term[1:]}" if term.startswith("−") else f" + {term}" for term in terms[1:])
    return terms[0] + "".join(rest)


def forward_workings(format: Format, step: LayerStep) -> Iterator[str]:
    """How a layer's outputs come about; nothing for a layer whose equation is not known here."""
    x, out = step.x.reshape(-1), step.out.reshape(-1)
    if isinstance(step.layer, Dense):
        weight, bias = step.parameters["weight"], step.parameters["bias"]
        for unit in range(len(out)) if format.full else [int(np.abs(out).argmax())]:
            terms = sum_of_products(format, x, weight[:, unit])
            yield f"y[{unit}] = {total([terms, format.number(bias[unit])])} = {format.number(out[unit])}"
    elif isinstance(step.layer, Activate):
        order = np.argsort(-x, kind="stable")
        places = np.arange(len(x)) if format.full else order[np.linspace(0, len(x) - 1, EXAMPLES).astype(int)]
        for place in dict.fromkeys(places.tolist()):
            i = index(place, step.out.shape)
            yield f"a{i} = f(z{i}) = f({format.number(x[place])}) = {format.number(out[place])}"


def gradient_working(format: Format, step: LayerStep, name: str | None, entry: int) -> str:
    """How one gradient comes about, of a parameter by its name, or of the input; may be empty.

    Parameters
    ----------
    format : Format
        How numbers are written.
    step : LayerStep
        The layer; its ``grad_out`` is what the gradient is computed from.
    name : str or None
        A parameter; None for the input.
    entry : int
        A flat index.
    """
    if step.grad_out is None:
        return ""
    grad_out = step.grad_out.reshape(-1)
    if isinstance(step.layer, Activate):
        return f"{format.number(grad_out[entry])}·{format.factor(slopes(step).reshape(-1)[entry])}"
    if not isinstance(step.layer, Dense):
        return ""
    if name == "bias":
        return format.number(grad_out[entry])
    if name == "weight":
        i, unit = divmod(entry, len(grad_out))
        return f"{format.number(step.x.reshape(-1)[i])}·{format.factor(grad_out[unit])}"
    return sum_of_products(format, grad_out, step.parameters["weight"][entry], most=2)


def slopes(step: LayerStep) -> Floats:
    """f′(z) of a step that applies an activation: what its backward pass makes of a gradient of 1."""
    slope: Floats = np.ones_like(step.x)
    if isinstance(step.layer, Activate):
        step.layer.activation.backward(step.x[None].copy(), step.out[None].copy(), slope[None])
    return slope
