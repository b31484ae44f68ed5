"""Exports of components that nnzoo has never heard of: from their own function, or made of `forward`."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.api import UsageError
from nnzoo.plugins.registry import Registry

HEAD = """
import math
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, doc
from numpy import tanh as th
from nnzoo.api import Activation, Buffer, Floats, Layer, LayerPlan, Loss, MergeLayer, Graph, GraphModel, Parameter
from nnzoo.api import hookimpl
from nnzoo.builtin.activations import Sigmoid
from nnzoo.builtin.layers import Activate, Dense

RATES = (0.25, -1.5e-3)
TABLE = {1: 2}
"""

PLUGIN = """
@dataclass(frozen=True)
class Odd(Activation):
    '''A "name" with \\\\ and quotes.'''

    name: ClassVar[str] = "max"
    alpha: Annotated[float, Ge(0), doc("how much")] = 0.5
    SHIFT: ClassVar[float] = 0.125

    def forward(self, z: Floats, out: Floats) -> None:
        alpha = self.alpha + self.SHIFT  # a name that is an argument, too
        self._wave(
            z,
            out,
        )
        if not RATES: return
        out *= max(alpha, 0)  # die Wärme „ß“
        out += self.alpha + math.pi * 0

    def _wave(
        self,
        z: Floats,
        out: Floats,
    ) -> None:
        wave(z, out)
        self._moved(out)

    def _moved(self, a):
        a -= self.alpha * -1

    def backward(self, z, a, grad):
        grad *= (self.alpha + self.SHIFT) * (1 - np.tanh(z) ** 2) + RATES[0]


def wave(z: Floats, out: Any) -> None:
    th(z, out=out)
    out += RATES[0] * z


@dataclass(frozen=True)
class Named(Activation):
    '''Names its function.'''

    name: ClassVar[str] = "named"
    beta: Annotated[float, Ge(0), doc("how steep")] = 2.0

    def forward(self, z, out):
        out[...] = TABLE[1] * z * self.beta

    def backward(self, z, a, grad):
        grad *= 2 * self.beta


def predict(z: np.ndarray, beta: float) -> np.ndarray:
    '''A function that is called as one of the script.'''
    return half(4 * z, beta=beta)


def half(z, beta):
    return z * beta / 2


Named.in_numpy = predict


@dataclass(frozen=True)
class Norm(Layer):
    '''Counts in training, scales in predictions, with a scratch array.'''

    name: ClassVar[str] = "norm"
    x: Annotated[float, Ge(0), doc("called as an array")] = 3.0

    def plan(self, input_shape):
        return LayerPlan(
            input_shape,
            parameters={"scale": Parameter(input_shape, "ones")},
            state={"mean": Parameter(input_shape)},
            workspace={"ones": Buffer(input_shape, fill=1), "mask": Buffer((), np.bool_)},
        )

    def forward(self, x, out, memory):
        ones, mean = memory.workspace["ones"], memory.state["mean"]
        if memory.training:
            mean += x.mean(axis=0)
        np.multiply(x, memory.parameters["scale"], out=out)
        out -= mean
        result = out = out.reshape(len(x), -1)
        result += ones.reshape(len(x), -1) * self.x
        memory.penalty = 0.0
        if not memory.training:
            return
        memory.rng

    def backward(self, x, out, grad_out, grad_in, memory):
        np.sum(x * grad_out, axis=0, out=memory.gradients["scale"])
        if grad_in is not None:
            np.multiply(grad_out, memory.parameters["scale"], out=grad_in)


@dataclass(frozen=True)
class Gate(Layer):
    '''Works through two activations.'''

    name: ClassVar[str] = "gate"
    inner: Annotated[Activation, doc("first")] = field(default_factory=Odd)
    last: Annotated[Activation, doc("second")] = field(default_factory=Sigmoid)

    def plan(self, input_shape):
        return LayerPlan(input_shape, workspace={"between": Buffer(input_shape)})

    def forward(self, x, out, memory):
        between = memory.workspace["between"]
        self.inner.forward(x, between)
        self.last.forward(between, out)

    def backward(self, x, out, grad_out, grad_in, memory): raise NotImplementedError


@dataclass(frozen=True)
class Distance(MergeLayer):
    '''The difference of two inputs, squared.'''

    name: ClassVar[str] = "distance"

    def plan(self, input_shapes):
        return LayerPlan(input_shapes[0])

    def forward(self, inputs, out, memory):
        left, right = inputs
        np.subtract(left, right, out=out)
        out *= out

    def backward(self, inputs, out, grad_out, grads_in, memory): raise NotImplementedError


@dataclass(frozen=True)
class Two(GraphModel):
    '''Two branches.'''

    name: ClassVar[str] = "two"

    def depth(self):
        return 2

    def graph(self, problem, activation):
        graph = Graph()
        start = graph.add(Dense(5), Activate(activation), Norm(), Gate(), after=graph.input)
        other = graph.add(Dense(5), Activate(Named()), Activate(Odd(alpha=0.25)), after=start)
        graph.add(Distance(), Dense(problem.width), after=(start, other))
        return graph


@hookimpl
def nnzoo_activations():
    return [Odd, Named]


@hookimpl
def nnzoo_layers():
    return [Norm, Gate, Distance]


@hookimpl
def nnzoo_models():
    return [Two]
"""


OTHER = """
@dataclass(frozen=True)
class Exponential(Loss):
    '''e to the output.'''

    name: ClassVar[str] = "exponential"
    gives_probabilities: ClassVar[bool] = True

    def plan(self, outputs):
        return {}

    def losses(self, outputs, targets, losses, grad, workspace): raise NotImplementedError

    def predict(self, outputs):
        outputs -= outputs.max(axis=1, keepdims=True)
        half(outputs, outputs)
        outputs /= outputs.sum(axis=1, keepdims=True)


def half(z, out):  # another plugin has one of this name
    np.exp(z, out=out)


@hookimpl
def nnzoo_losses():
    return [Exponential]
"""


@pytest.fixture
def plugin(tmp_path):
    """A registry with plugins of these sources, behind what all have."""

    def registry(**sources):
        paths = [tmp_path / f"{name}.py" for name in sources]
        for path, source in zip(paths, sources.values(), strict=True):
            path.write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
        return Registry(files=paths, disabled=["all"])

    return registry


def test_a_script_computes_what_strange_components_do(plugin, exported):
    registry = plugin(one=PLUGIN, other=OTHER)
    dnn = DeepNeuralNetwork(
        input_shape=(4,), outputs=3, model="two", activation="max", loss="exponential", registry=registry
    )
    network, rng = dnn.network, np.random.default_rng(0)
    network.parameters.vector[...] += rng.standard_normal(len(network.parameters)).astype(np.float32)
    network.state.vector[...] += rng.standard_normal(len(network.state)).astype(np.float32)
    x = rng.standard_normal((50, 4)).astype(np.float32)
    script = exported(dnn, registry)
    np.testing.assert_allclose(script.load().predict(x), dnn.predict_proba(x), rtol=0, atol=1e-5)
    np.save(script.path.with_name("x.npy"), x)
    done = script.run("x.npy")
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 51)


REFUSED = {
    "np.copyto(out, self.known[z])": "self.known",
    "self.known.forward(z, out)": "self.known",
    "np.copyto(out, TABLE[1] * z)": "TABLE, which is a dict",
    "helper(self, z, out)": "passes self on",
    "import scipy; out[...] = z": "computes nothing",
    "out[...] = [v for v in map(lambda v: v, z)]": "has a function within",
    "out[...] = cached() * z": "cached, which is a",
    "out[...] = below(z)": "<lambda> is a lambda or nested function",
    "out[...] = missing * z": "missing, which is not in its module",
    "super().forward(z, out)": "forward uses super()",
    "self.count = 1": "self.count",
    "out[...] = z\n        return out": "has a return statement",
    'out[...] = len("""a\n                    b""") * z': "has a text of several lines",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_plain_numpy_is_refused_by_name(plugin, exported, line):
    registry = plugin(
        one=f"""
        @dataclass(frozen=True)
        class Strange(Activation):
            name: ClassVar[str] = "strange"

            def forward(self, z, out):
                {line.replace("        return", "                return")}

            def backward(self, z, a, grad):
                pass


        def helper(component, z, out):
            out[...] = z


        @cache
        def cached():
            return 2


        below = lambda z: z


        @hookimpl
        def nnzoo_activations():
            return [Strange]
    """
    )
    dnn = DeepNeuralNetwork(sizes=[2, 3, 2], activation="strange", registry=registry)
    with pytest.raises(UsageError, match="strange") as refused:
        exported(dnn, registry)
    assert REFUSED[line] in refused.value.message
    assert "in_numpy" in refused.value.hint


def test_a_function_with_an_unknown_argument_is_refused(plugin, exported):
    registry = plugin(
        one="""
        def strange(z, alpha):
            return z


        @dataclass(frozen=True)
        class Strange(Activation):
            name: ClassVar[str] = "strange"
            in_numpy: ClassVar = strange

            def forward(self, z, out):
                np.copyto(out, z)

            def backward(self, z, a, grad):
                pass


        @hookimpl
        def nnzoo_activations():
            return [Strange]
    """
    )
    dnn = DeepNeuralNetwork(sizes=[2, 3, 2], activation="strange", registry=registry)
    with pytest.raises(UsageError, match="takes 'alpha'"):
        exported(dnn, registry)
