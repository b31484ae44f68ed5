"""The layer that looks a vector up for each class number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Buffer, FileFormatError, Floats, Layer, LayerMemory, LayerPlan, Parameter, Shape

from nnzoo_sequences.onnx_nodes import embedding_nodes


def embedding(x: Floats, weight: Floats) -> Floats:
    """Embedding: the row of the weights for each class number."""
    if not np.all((x >= 0) & (x < len(weight)) & (x % 1 == 0)):
        raise ValueError(f"inputs must be class numbers 0 … {len(weight) - 1}")
    y: Floats = weight[x.astype(np.intp)]
    return y


@dataclass(frozen=True)
class Embedding(Layer):
    """Embedding: a vector for each class number, looked up in a table that is learnt.

    Equation, for class numbers x of any shape, and weights W of shape (classes, size)::

        y[n,…,j] = W[x[n,…], j]
        ∂L/∂W = onehot(x)ᵀ ∂L/∂y      ∂L/∂x = 0

    Inputs reach a network as floating-point numbers. Here they must be whole numbers 0 … classes − 1, and anything else
    is an error. The backward pass has a row of ``classes`` numbers for each class number that it is given, which suits
    characters; for ten thousand words it would be slow.

    References
    ----------
    Bengio, Ducharme, Vincent & Jauvin (2003), "A neural probabilistic language model", JMLR 3.
    """

    name: ClassVar[str] = "embedding"
    in_numpy: ClassVar = embedding
    exports: ClassVar = {"onnx": embedding_nodes}
    class_inputs: ClassVar[str] = "classes"

    classes: Annotated[int, Ge(1), doc("number of classes, such as the characters that there are")] = 64
    size: Annotated[int, Ge(1), doc("length of a vector")] = 64

    def plan(self, input_shape: Shape) -> LayerPlan:
        return LayerPlan(
            (*input_shape, self.size),
            parameters={"weight": Parameter((self.classes, self.size), "lecun", self.size, is_weight=True)},
            workspace={
                "number": Buffer(input_shape, np.intp),
                "first": Buffer((math.prod(input_shape),), np.intp),  # where each row of one_hot begins
                "place": Buffer((math.prod(input_shape),), np.intp),
                "rest": Buffer(input_shape),
                "one_hot": Buffer((*input_shape, self.classes)),
            },
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        number, rest = memory.workspace["number"], memory.workspace["rest"]
        if not (x.min() >= 0 and x.max() < self.classes):  # so written, NaN is refused as well
            self._refuse(x)
        np.copyto(number, x, casting="unsafe")
        np.subtract(x, number, out=rest)
        if rest.any():
            self._refuse(x)
        memory.parameters["weight"].take(number, axis=0, out=out, mode="clip")  # any other mode would buffer

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        one_hot = memory.workspace["one_hot"].reshape(-1, self.classes)
        number, first, place = (memory.workspace[name].reshape(-1) for name in ("number", "first", "place"))
        if first[-1] != self.classes * (len(first) - 1):
            first[...] = np.arange(0, self.classes * len(first), self.classes)
        np.add(first, number, out=place)
        one_hot.fill(0)
        one_hot.reshape(-1)[place] = 1
        np.matmul(one_hot.T, grad_out.reshape(len(one_hot), -1), out=memory.gradients["weight"])
        if grad_in is not None:
            grad_in.fill(0)

    def _refuse(self, x: Floats) -> None:
        wrong = next(float(value) for value in x.flat if not (0 <= value < self.classes and value % 1 == 0))
        raise FileFormatError(
            f"{self.label}: an input is {wrong:g}, but inputs must be class numbers 0 … {self.classes - 1}",
            hint="scale neither characters nor words, and number them as the training data do",
        )
