"""The layers of graphs: those that merge branches, and one that selects some of a sample's values."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc

from nnzoo.api import (
    Buffer,
    ExplainedLayer,
    Floats,
    Layer,
    LayerMemory,
    LayerPlan,
    LayerSample,
    MergeLayer,
    Shape,
    Terms,
    UsageError,
    hookimpl,
)
from nnzoo.builtin import numpy_functions


@dataclass(frozen=True)
class _Elementwise(MergeLayer, ExplainedLayer):
    """An elementwise layer; an input with fewer axes is broadcast along the missing last ones."""

    multiplies: ClassVar[bool] = False
    """Whether the derivative by an input is the product of the others; else it is 1."""

    def plan(self, input_shapes: tuple[Shape, ...]) -> LayerPlan:
        largest = max(input_shapes, key=len)
        for shape in input_shapes:
            if shape != largest[: len(shape)]:
                raise UsageError(
                    f"{self.label} can't merge samples of the shapes {', '.join(map(str, input_shapes))}",
                    hint=f"each must have the shape {largest}, or the shape of its first axes",
                )
        return LayerPlan(largest, workspace={"term": Buffer(largest)})

    def forward(self, inputs: Sequence[Floats], out: Floats, memory: LayerMemory) -> None:
        np.copyto(out, _spread(inputs[0], out))
        for x in inputs[1:]:
            self.join(out, _spread(x, out))

    def backward(
        self,
        inputs: Sequence[Floats],
        out: Floats,
        grad_out: Floats,
        grads_in: Sequence[Floats | None],
        memory: LayerMemory,
    ) -> None:
        for number, grad_in in enumerate(grads_in):
            if grad_in is None:
                continue
            term = grad_in if grad_in.shape == grad_out.shape else memory.workspace["term"]
            np.copyto(term, grad_out)
            self.differentiate(term, [x for other, x in enumerate(inputs) if other != number])
            if term is not grad_in:
                np.add.reduce(term.reshape(*grad_in.shape, -1), axis=-1, out=grad_in)

    def output_terms(self, entry: int, sample: LayerSample) -> Terms:
        values = np.array([_whole(x, sample.out).flat[entry] for x in sample.inputs])
        return Terms(tuple(values[:, None]) if self.multiplies else (values,))

    def gradient_terms(self, of: str | int, entry: int, sample: LayerSample, grad_out: Floats) -> Terms:
        others = [_whole(x, sample.out) for number, x in enumerate(sample.inputs) if number != of]
        factors = [grad_out, *(others if self.multiplies else [])]
        return Terms(tuple(factor.reshape(sample.inputs[int(of)].size, -1)[entry] for factor in factors))

    @abstractmethod
    def join(self, out: Floats, x: Floats) -> None:
        """Add one more input to ``out``, or multiply ``out`` by it."""

    @abstractmethod
    def differentiate(self, term: Floats, others: Sequence[Floats]) -> None:
        """Multiply ``term`` by the derivative with respect to one input; ``others`` are the other inputs."""


@dataclass(frozen=True)
class Add(_Elementwise):
    """The sum of its inputs: for instance of a block and its skip connection.

    An input with fewer axes is broadcast along the missing last ones: one value for each channel of an image.

    Equation::

        y = x₁ + x₂ + …
        ∂L/∂x₁ = ∂L/∂y
    """

    name: ClassVar[str] = "add"
    sign: ClassVar[str] = "+"
    in_numpy: ClassVar = numpy_functions.add

    def join(self, out: Floats, x: Floats) -> None:
        out += x

    def differentiate(self, term: Floats, others: Sequence[Floats]) -> None:
        pass


@dataclass(frozen=True)
class Multiply(_Elementwise):
    """The elementwise product of its inputs: for instance of values and a gate.

    An input with fewer axes is broadcast along the missing last ones: one factor for each channel of an image.

    Equation::

        y = x₁ · x₂ · …
        ∂L/∂x₁ = ∂L/∂y · x₂ · …
    """

    name: ClassVar[str] = "multiply"
    sign: ClassVar[str] = "×"
    multiplies: ClassVar[bool] = True
    in_numpy: ClassVar = numpy_functions.multiply

    def join(self, out: Floats, x: Floats) -> None:
        out *= x

    def differentiate(self, term: Floats, others: Sequence[Floats]) -> None:
        for x in others:
            term *= _spread(x, term)


@dataclass(frozen=True)
class Concatenate(MergeLayer, ExplainedLayer):
    """The concatenation of its inputs along an axis of the sample.

    Equation::

        y = [x₁, x₂, …]
        ∂L/∂x₁ = the part of ∂L/∂y that belongs to x₁
    """

    name: ClassVar[str] = "concatenate"
    sign: ClassVar[str] = "[ ]"
    in_numpy: ClassVar = numpy_functions.concatenate

    axis: Annotated[int, Ge(0), Le(7), doc("axis of a sample; 0 is the first, such as the channels of an image")] = 0

    def plan(self, input_shapes: tuple[Shape, ...]) -> LayerPlan:
        first, axis = input_shapes[0], self.axis
        for shape in input_shapes:
            if axis >= len(first) or (*shape[:axis], *shape[axis + 1 :]) != (*first[:axis], *first[axis + 1 :]):
                raise UsageError(
                    f"{self.label} can't concatenate samples of the shapes {', '.join(map(str, input_shapes))} along "
                    f"axis {axis}",
                    hint="they must be equal along every other axis",
                )
        length = sum(shape[axis] for shape in input_shapes)
        return LayerPlan((*first[:axis], length, *first[axis + 1 :]))

    def forward(self, inputs: Sequence[Floats], out: Floats, memory: LayerMemory) -> None:
        np.concatenate(inputs, axis=self.axis + 1, out=out)

    def backward(
        self,
        inputs: Sequence[Floats],
        out: Floats,
        grad_out: Floats,
        grads_in: Sequence[Floats | None],
        memory: LayerMemory,
    ) -> None:
        start, before = 0, (slice(None),) * (self.axis + 1)
        for x, grad_in in zip(inputs, grads_in, strict=True):
            stop = start + x.shape[self.axis + 1]
            if grad_in is not None:
                np.copyto(grad_in, grad_out[(*before, slice(start, stop))])
            start = stop

    def output_terms(self, entry: int, sample: LayerSample) -> Terms:
        return Terms((np.concatenate(sample.inputs, axis=self.axis).reshape(-1)[[entry]],))

    def gradient_terms(self, of: str | int, entry: int, sample: LayerSample, grad_out: Floats) -> Terms:
        place = list(np.unravel_index(entry, sample.inputs[int(of)].shape))
        place[self.axis] += sum(x.shape[self.axis] for x in sample.inputs[: int(of)])
        return Terms((grad_out[tuple(place)].reshape(1),))


@dataclass(frozen=True)
class Slice(Layer, ExplainedLayer):
    """Some of a sample's values, reshaped: for instance one of several inputs in one row.

    Equation::

        y = x[start … start + size]
        ∂L/∂x = ∂L/∂y in these places, 0 in all others
    """

    name: ClassVar[str] = "slice"
    in_numpy: ClassVar = numpy_functions.part

    start: Annotated[int, Ge(0), doc("place of the first value in the flattened sample")] = 0
    shape: Annotated[tuple[Annotated[int, Ge(1)], ...], doc("shape of the output")] = (1,)

    def plan(self, input_shape: Shape) -> LayerPlan:
        size, available = math.prod(self.shape), math.prod(input_shape)
        if self.start + size > available or not self.shape:
            last = self.start + size - 1
            raise UsageError(f"{self.label} needs values {self.start} … {last}, but a sample has {available}")
        return LayerPlan(self.shape)

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        n = len(x)
        np.copyto(out.reshape(n, -1), x.reshape(n, -1)[:, self.start : self.start + math.prod(self.shape)])

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is not None:
            n, stop = len(x), self.start + math.prod(self.shape)
            grad_in.fill(0)
            np.copyto(grad_in.reshape(n, -1)[:, self.start : stop], grad_out.reshape(n, -1))

    def output_terms(self, entry: int, sample: LayerSample) -> Terms:
        return Terms((sample.inputs[0].reshape(-1)[[self.start + entry]],))

    def gradient_terms(self, of: str | int, entry: int, sample: LayerSample, grad_out: Floats) -> Terms:
        place = entry - self.start
        inside = 0 <= place < grad_out.size
        return Terms((grad_out.reshape(-1)[[place]] if inside else np.zeros_like(grad_out, shape=1),))


def _spread(x: Floats, whole: Floats) -> Floats:
    """The input with axes of length 1 at the end, so that it broadcasts to an array with more axes."""
    return x.reshape(*x.shape, *(1 for _ in whole.shape[x.ndim :]))


def _whole(x: Floats, out: Floats) -> Floats:
    """An input, broadcast to the shape of the output."""
    return np.broadcast_to(_spread(x, out), out.shape)


@hookimpl
def nnzoo_layers() -> list[type[MergeLayer | Layer]]:
    return [Add, Multiply, Concatenate, Slice]
