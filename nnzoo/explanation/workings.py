"""Equations with their numbers, term by term."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from nnzoo.component import plugin_bug, require_returned
from nnzoo.explanation.numbers import Format, index
from nnzoo.explanation.steps import LayerStep
from nnzoo.kinds import Activation, ExplainedLayer, Floats, Terms

TERMS = 3
"""Of a long sum, so many of the largest terms are written out."""

EXAMPLES = 3
"""Values of an activation that are shown where there are many."""


def sum_of_products(format: Format, *factors: Floats, most: int = TERMS) -> str:
    """Σ leftᵢ rightᵢ … written out; of a long sum the ``most`` largest terms, and what the others come to.

    >>> import numpy as np
    >>> sum_of_products(Format(full=True), np.array([1, 0.5]), np.array([0.2, -0.6]))
    '1·0.2 + 0.5·(−0.6)'
    """
    terms = Terms(factors).products
    chosen = np.arange(len(terms))
    if not format.full and len(terms) > most + 1:
        chosen = np.argsort(-np.abs(terms), kind="stable")[:most]
    first, *others = factors
    written = ["·".join([format.number(first[i]), *(format.factor(other[i]) for other in others)]) for i in chosen]
    if len(chosen) < len(terms):
        rest = terms.sum() - terms[chosen].sum()
        written.append(f"{format.number(rest)} (of {len(terms) - len(chosen):,} more)")
    return total(written)


def total(terms: Sequence[str]) -> str:
    """Terms with the signs between them.

    >>> total(["1·0.2", "−0.5·0.6"])
    '1·0.2 − 0.5·0.6'
    """
    rest = (f" − {term[1:]}" if term.startswith("−") else f" + {term}" for term in terms[1:])
    return terms[0] + "".join(rest)


def forward_workings(format: Format, step: LayerStep) -> Iterator[str]:
    """How a layer's outputs come about; nothing for a layer that does not explain itself."""
    out = step.out.reshape(-1)
    if isinstance(step.component(), Activation):
        z = step.x.reshape(-1)
        order = np.argsort(-z, kind="stable")
        places = np.arange(len(z)) if format.full else order[np.linspace(0, len(z) - 1, EXAMPLES).astype(int)]
        for place in dict.fromkeys(places.tolist()):
            i = index(place, step.out.shape)
            yield f"a{i} = f(z{i}) = f({format.number(z[place])}) = {format.number(out[place])}"
    elif isinstance(step.layer, ExplainedLayer):
        for entry in range(len(out)) if format.full else [int(np.abs(out).argmax())]:
            terms = step.layer.output_terms(entry, step.sample)
            require_returned(step.layer, "output_terms", terms, Terms, "Terms")
            if not math.isclose(terms.value, out[entry], rel_tol=1e-6, abs_tol=1e-9):
                found, wanted = format.number(terms.value), format.number(out[entry])
                raise plugin_bug(step.layer, f"output_terms({entry}, …) come to {found}, and its output is {wanted}")
            if terms.plus is None and len(terms.products) == len(terms.factors) == 1:
                continue  # a value as it was
            worked = _written(format, terms, TERMS)
            yield f"y{index(entry, step.out.shape)} = {worked} = {format.number(out[entry])}"


def gradient_working(format: Format, step: LayerStep, of: str | int, entry: int) -> str:
    """How one gradient comes about, of a parameter by its name, or of an input by its number; may be empty.

    Parameters
    ----------
    format : Format
        How numbers are written.
    step : LayerStep
        The layer; its ``grad_out`` is what the gradient is computed from.
    of : str or int
        A parameter, or an input.
    entry : int
        A flat index.
    """
    if step.grad_out is None:
        return ""
    if isinstance(step.component(), Activation):
        return sum_of_products(format, step.grad_out.reshape(-1)[[entry]], slopes(step).reshape(-1)[[entry]])
    if isinstance(step.layer, ExplainedLayer):
        terms = step.layer.gradient_terms(of, entry, step.sample, step.grad_out)
        require_returned(step.layer, "gradient_terms", terms, Terms, "Terms")
        return _written(format, terms, 2)
    return ""


def _written(format: Format, terms: Terms, most: int) -> str:
    """A sum with what is added to it."""
    products = sum_of_products(format, *terms.factors, most=most)
    return products if terms.plus is None else total([products, format.number(terms.plus)])


def slopes(step: LayerStep) -> Floats:
    """f′(z) of a step that applies an activation: what its backward pass makes of a gradient of 1."""
    slope: Floats = np.ones_like(step.x)
    activation = step.component()
    if isinstance(activation, Activation):
        activation.backward(step.x[None].copy(), step.out[None].copy(), slope[None])
    return slope
