"""The layer `terms`: the inputs, their products, squares and sines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import MinLen, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, Shape, UsageError

Term = Literal["x", "y", "xx", "yy", "xy", "sin-x", "sin-y"]


def terms(x: Floats, terms: tuple[str, ...]) -> Floats:
    """Functions of two inputs, one column for each of the terms."""
    a, b = x[:, 0], x[:, 1]
    known = {"x": a, "y": b, "xx": a * a, "yy": b * b, "xy": a * b, "sin-x": np.sin(a), "sin-y": np.sin(b)}
    return np.stack([known[term] for term in terms], axis=1)


@dataclass(frozen=True)
class Terms(Layer):
    """Functions of the first two inputs: x and y themselves, their squares, their product and their sines.

    Equation, for a sample (a, b) and the terms tᵢ::

        yᵢ = tᵢ(a, b)      of  a, b, a², b², a b, sin a, sin b
    """

    name: ClassVar[str] = "terms"
    in_numpy: ClassVar = terms

    terms: Annotated[tuple[Term, ...], MinLen(1), doc("the functions, in order")] = ("x", "y")

    def plan(self, input_shape: Shape) -> LayerPlan:
        if len(input_shape) != 1 or input_shape[0] < 2:
            raise UsageError(f"{self.label} needs two inputs or more, but samples have shape {input_shape}")
        return LayerPlan((len(self.terms),), workspace={"slope": Buffer(())})

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        a, b = x[:, 0], x[:, 1]
        for place, term in enumerate(self.terms):
            column = out[:, place]
            if term in ("x", "y"):
                np.copyto(column, a if term == "x" else b)
            elif term.startswith("sin"):
                np.sin(a if term == "sin-x" else b, out=column)
            else:
                np.multiply(b if term == "yy" else a, a if term == "xx" else b, out=column)

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is None:
            return
        grad_in.fill(0)
        slope = memory.workspace["slope"]
        for place, term in enumerate(self.terms):
            for axis, letter in enumerate("xy"):
                if letter not in term.removeprefix("sin-"):
                    continue
                if term == letter:
                    slope.fill(1)
                elif term.startswith("sin"):
                    np.cos(x[:, axis], out=slope)
                elif term == "xy":
                    np.copyto(slope, x[:, 1 - axis])
                else:
                    np.multiply(x[:, axis], 2, out=slope)
                slope *= grad_out[:, place]
                grad_in[:, axis] += slope
