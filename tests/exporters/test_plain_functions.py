"""Functions made of components that stand in scripts: the same values, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import LayerPlan
from nnzoo.builtin.activations import Relu
from nnzoo.builtin.losses import SoftmaxCrossEntropy
from nnzoo.builtin.merging import Add
from nnzoo.model.plain_numpy import named_in_class, plain_function
from nnzoo.python_source import NotPlainError
from nnzoo.testing.plain import require_same

Z = np.linspace(-9, 9, 12, dtype=np.float32).reshape(3, 4)


@dataclass(frozen=True)
class Floor(Relu):
    """Overrides what it computes."""

    name: ClassVar[str] = "floor"

    def forward(self, z, out):
        np.maximum(z, -5.0, out=out)


@dataclass(frozen=True)
class Subtract(Add):
    """Overrides what its parent's `forward` calls."""

    name: ClassVar[str] = "subtract"

    def join(self, out, x):
        out -= x


@dataclass(frozen=True)
class Warm(SoftmaxCrossEntropy):
    """Overrides what it computes, with its parent's."""

    name: ClassVar[str] = "warm"

    def predict(self, outputs):
        outputs *= 0.25
        super().predict(outputs)


@dataclass(frozen=True)
class Renamed(Relu):
    """Computes what its parent does."""

    name: ClassVar[str] = "renamed"

    def backward(self, z, a, grad):
        grad *= z >= 0


def computed(activation):
    out = np.empty_like(Z)
    activation.forward(Z, out)
    return out


def test_a_subclass_that_computes_something_else_does_not_inherit_in_numpy():
    require_same(plain_function(Floor()), computed(Floor()), [Z])
    subtract = plain_function(Subtract(), LayerPlan((4,)), {"output_shape": (4,)})
    require_same(subtract, Z - 2 * Z - 3 * Z, [Z, 2 * Z, 3 * Z])
    with pytest.raises(NotPlainError):
        plain_function(Warm())
    assert named_in_class(Renamed, "in_numpy") is Relu.in_numpy


K = 1.0


def shifted(z, j=K, *, k=K):
    return z * k + j


K = 2.0


@dataclass(frozen=True)
class Defaults(Relu):
    """Calls a function whose defaults are values of a constant that has another one now."""

    name: ClassVar[str] = "defaults"

    def forward(self, z, out):
        out[...] = shifted(z) + self.moved(z)

    def moved(self, z, k=shifted.__kwdefaults__["k"]):
        return z + k


@dataclass(frozen=True)
class Loop(Relu):
    """Has a variable of a comprehension that is called as a constant."""

    name: ClassVar[str] = "loop"

    def forward(self, z, out):
        out[...] = z * sum([K * 2 for K in (1.0, 2.0)]) + K


@dataclass(frozen=True)
class Folded(Relu):
    """Has an expression that goes on left of its statement."""

    name: ClassVar[str] = "folded"

    def forward(self, z, out):
        out[...] = (z +
  K)  # fmt: skip


@dataclass(frozen=True)
class Lambda(Relu):
    """Has a name that Python keeps for itself."""

    name: ClassVar[str] = "lambda"

    def forward(self, z, out):
        np.maximum(z, 0, out=out)


def test_a_function_is_called_as_the_component_where_python_has_no_other_use_for_the_name():
    assert [plain_function(each).name for each in (Loop(), Lambda())] == ["loop", "activation_lambda"]


@pytest.mark.parametrize("component", [Defaults(), Loop(), Folded()])
def test_a_function_keeps_its_values_and_names(component):
    require_same(plain_function(component), computed(component), [Z])
