"""Activations and layers of any plugin bring their own operators along, in ``exports``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pytest
from annotated_types import Ge, doc
from nnzoo import registry
from nnzoo.api import Activation, PluginError, UsageError


def scaled_softsign(graph, activation, z):
    size = graph.node("Add", [graph.node("Abs", [z]), graph.number("one", 1)])
    softsign = graph.node("Div", [z, size])
    return graph.node("Mul", [softsign, graph.number("height", activation.options["height"])])


@registry.register
@dataclass(frozen=True)
class Softsign(Activation):
    """Softsign: h z / (1 + |z|)."""

    name: ClassVar[str] = "onnx-softsign"
    exports: ClassVar = {"onnx": scaled_softsign}

    height: Annotated[float, Ge(0), doc("largest value")] = 2.0

    def forward(self, z, out):
        np.abs(z, out=out)
        out += 1
        np.divide(z, out, out=out)
        out *= self.height

    def backward(self, z, a, grad):
        grad *= self.height / (1 + np.abs(z)) ** 2


@registry.register
@dataclass(frozen=True)
class Steeper(Softsign):
    """Computes something of its own, and so inherits no operators."""

    name: ClassVar[str] = "onnx-steeper"

    def forward(self, z, out):
        np.multiply(z, self.height, out=out)


@registry.register
@dataclass(frozen=True)
class Forgetful(Softsign):
    """Returns nothing."""

    name: ClassVar[str] = "onnx-forgetful"
    exports: ClassVar = {"onnx": lambda graph, activation, z: None}


def test_an_activation_brings_its_operators(network, computes_the_same):
    dnn = network((3,), model="mlp:hidden=5", activation="onnx-softsign:height=1.5")
    computes_the_same(dnn, np.random.default_rng(0).standard_normal((100, 3)).astype(np.float32))


def test_a_subclass_that_computes_something_else_has_none(network, exported):
    with pytest.raises(UsageError, match="does not know the activation"):
        exported(network((3,), model="mlp:hidden=5", activation="onnx-steeper"), "onnx")


def test_a_function_that_returns_nothing_is_named(network, exported):
    with pytest.raises(PluginError, match=r"onnx-forgetful.* returned None"):
        exported(network((3,), model="mlp:hidden=5", activation="onnx-forgetful"), "onnx")
