"""Components with one mistake each: the kit finds and names it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import pytest
from annotated_types import Ge, Lt, doc

from nnzoo.api import (
    Activation,
    DatasetLoader,
    Exporter,
    Layer,
    LayerPlan,
    MetricSchedule,
    Model,
    Optimizer,
    OptimizerWrapper,
    ProbingOptimizer,
    Schedule,
    Split,
    UsageError,
)
from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.datasets import Digits
from nnzoo.builtin.exporters import NumpyScript
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.optimizers import Momentum
from nnzoo.testing import CheckFailed, checks_for

WRONG: dict[str, tuple[type, str, str]] = {}


def caught_by(check: str, message: str) -> Callable[[type], type]:
    """Note the check that must fail for the class below, and part of what it must say."""

    def note(cls):
        WRONG[cls.__name__] = (cls, check, message)
        return cls

    return note


# --- activations


def twice(z):
    return 2 * z


@caught_by("derivative", "backward multiplies grad by 1, but f′ is 0 there")
@dataclass(frozen=True)
class ReluWithDerivativeOne(Activation):
    """The original project's ReLU."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        np.maximum(z, 0, out=out)

    def backward(self, z, a, grad):
        grad *= 1


@caught_by("extremes", "overflow")
@dataclass(frozen=True)
class SigmoidThatOverflows(Activation):
    """The textbook's formula."""

    name: ClassVar[str] = "wrong"
    slope: ClassVar[float] = 0.25

    def forward(self, z, out):
        out[...] = 1 / (1 + np.exp(-z))

    def backward(self, z, a, grad):
        grad *= a * (1 - a)


@caught_by("derivative", "backward multiplies grad by -")
@dataclass(frozen=True)
class TanhWithWrongSign(Activation):
    """A derivative that points the other way."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, grad):
        grad *= a * a - 1


@caught_by("export", "the function twice in exported scripts computes")
@dataclass(frozen=True)
class TanhThatExportsAnother(Activation):
    """Names a function that computes something else."""

    name: ClassVar[str] = "wrong"
    in_numpy: ClassVar = twice

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, grad):
        grad *= 1 - a * a


@caught_by("in-place", "backward leaves grad unchanged; write `grad *= …`")
@dataclass(frozen=True)
class TanhWithNewGradient(Activation):
    """Makes a new array where it should change the one it was given."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, grad):
        grad = grad * (1 - a * a)


@caught_by("in-place", "backward returns something")
@dataclass(frozen=True)
class TanhThatReturns(Activation):
    """Returns the gradient."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, grad):
        return grad * (1 - a * a)


@caught_by("in-place", "forward leaves (part of) out unwritten")
@dataclass(frozen=True)
class TanhThatForgetsOut(Activation):
    """Computes, and throws the result away."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        out = np.tanh(z)  # noqa: F841

    def backward(self, z, a, grad):
        grad *= 1 - a * a


@caught_by("in-place", "z is changed")
@dataclass(frozen=True)
class TanhInItsInput(Activation):
    """Uses the input as scratch space."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        np.tanh(z, out=z)
        out[...] = z

    def backward(self, z, a, grad):
        grad *= 1 - a * a


@caught_by("shapes", "differs from forward on each value alone")
@dataclass(frozen=True)
class SoftmaxAsActivation(Activation):
    """Looks at more than one value."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        np.exp(z - z.max(), out=out)
        out /= out.sum() or 1

    def backward(self, z, a, grad):
        grad *= a * (1 - a)


@caught_by("slope-declared", "write slope: ClassVar[float] = 0.25")
@dataclass(frozen=True)
class SigmoidWithoutItsSlope(Activation):
    """Leaves the slope at 1."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        out[...] = 0.5 + 0.5 * np.tanh(0.5 * z)

    def backward(self, z, a, grad):
        grad *= a * (1 - a)


@caught_by("repeatable", "a second, identical use gives another result")
@dataclass(frozen=True)
class ReluThatCounts(Activation):
    """Remembers how often it was used."""

    name: ClassVar[str] = "wrong"
    calls: ClassVar[list[int]] = []

    def forward(self, z, out):
        self.calls.append(1)
        np.maximum(z, 0.001 * len(self.calls), out=out)

    def backward(self, z, a, grad):
        grad *= z > 0.001 * len(self.calls)


@caught_by("random-state", "it draws from a global random generator")
@dataclass(frozen=True)
class NoisyRelu(Activation):
    """Draws from NumPy's global generator."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        np.maximum(z, 1e-9 * np.random.rand(), out=out)  # noqa: NPY002

    def backward(self, z, a, grad):
        grad *= z > 0


@caught_by("silent", "it prints 'hello")
@dataclass(frozen=True)
class TalkativeRelu(Activation):
    """Prints."""

    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        print("hello")
        np.maximum(z, 0, out=out)

    def backward(self, z, a, grad):
        grad *= z > 0


@caught_by("process-untouched", "it changes np.seterr globally")
@dataclass(frozen=True)
class CarelessSigmoid(Activation):
    """Silences NumPy for the whole process."""

    name: ClassVar[str] = "wrong"
    slope: ClassVar[float] = 0.25

    def forward(self, z, out):
        np.seterr(all="ignore")
        out[...] = 1 / (1 + np.exp(-z))

    def backward(self, z, a, grad):
        grad *= a * (1 - a)


# --- manners


@caught_by("documented", "has no docstring")
@dataclass(frozen=True)
class Undocumented(Activation):
    name: ClassVar[str] = "wrong"

    def forward(self, z, out):
        out[...] = z

    def backward(self, z, a, grad):
        pass


@caught_by("hyperparameters-declared", "alpha has the type float and no range")
@dataclass(frozen=True)
class WithoutRange(Relu):
    """A number without bounds."""

    alpha: Annotated[float, doc("of no use")] = 1.0


@caught_by("hyperparameters-declared", "alpha has no description")
@dataclass(frozen=True)
class WithoutDescription(Relu):
    """A number that is not explained."""

    alpha: Annotated[float, Ge(0)] = 1.0


@caught_by("hyperparameters-refused", "is accepted")
@dataclass(frozen=True)
class Unchecked(Relu):
    """Leaves its values unchecked."""

    alpha: Annotated[float, Ge(0), doc("of no use")] = 1.0

    def __post_init__(self):
        pass


@caught_by("hyperparameters-declared", "alpha = 1.5 has no type, so it can't be set")
@dataclass(frozen=True)
class WithoutType(Relu):
    """A number that looks like a hyperparameter."""

    alpha = 1.5


@caught_by("class", "it is not marked @dataclass(frozen=True)")
class Undecorated(Relu):
    """A class like any other."""


@caught_by("defaults", "alpha = -1.0 is not allowed")
@dataclass(frozen=True)
class WithForbiddenDefault(Relu):
    """A default out of its own range."""

    alpha: Annotated[float, Ge(0), doc("of no use")] = -1.0


@caught_by("class", "'My ReLU' is not a component name")
@dataclass(frozen=True)
class BadlyNamed(Relu):
    """A name that can't be written on the command line."""

    name: ClassVar[str] = "My ReLU"


# --- optimizers


@dataclass(frozen=True)
class _Rule(Optimizer):
    """The base of the wrong optimizers."""

    name: ClassVar[str] = "wrong"
    default_learning_rate: ClassVar[float] = 0.1

    beta: Annotated[float, Ge(0), Lt(1), doc("share of the old velocity")] = 0.9

    def init(self, params):
        return {"velocity": np.zeros_like(params)}


@caught_by("first-steps", "averages that start at zero are biased: divide by 1 − βᵗ")
@dataclass(frozen=True)
class AdamWithoutBiasCorrection(Optimizer):
    """Adam, but for its section 3."""

    name: ClassVar[str] = "wrong"
    default_learning_rate: ClassVar[float] = 0.001
    gradient_scaled: ClassVar[bool] = False

    def init(self, params):
        return {"m": np.zeros_like(params), "v": np.zeros_like(params)}

    def update(self, params, grad, state, learning_rate, step):
        m, v = state["m"], state["v"]
        m += 0.1 * (grad - m)
        v += 0.001 * (grad * grad - v)
        params -= learning_rate * m / (np.sqrt(v) + 1e-8)


@caught_by("remembers", "state['velocity'] still has its initial values")
@dataclass(frozen=True)
class MomentumThatForgets(_Rule):
    """Computes a velocity and does not write it down."""

    def update(self, params, grad, state, learning_rate, step):
        velocity = self.beta * state["velocity"] + grad
        params -= learning_rate * velocity


@caught_by("in-place", "update returns a ndarray of float64")
@dataclass(frozen=True)
class OptimizerThatReturnsFloat64(_Rule):
    """Returns new parameters, promoted by a NumPy scalar."""

    def update(self, params, grad, state, learning_rate, step):
        state["velocity"] *= self.beta
        state["velocity"] += grad
        return params - np.float64(learning_rate) * state["velocity"]


@caught_by("float32", "state['velocity'] has become float64")
@dataclass(frozen=True)
class MomentumThatPromotes(_Rule):
    """Puts a float64 array where a float32 one was."""

    def update(self, params, grad, state, learning_rate, step):
        state["velocity"] = np.float64(self.beta) * state["velocity"] + grad
        params -= (learning_rate * state["velocity"]).astype(params.dtype)


@caught_by("resumes", "it ends with other parameters than without a stop")
@dataclass(frozen=True)
class MomentumOnItself(_Rule):
    """Keeps the velocity on the object."""

    def update(self, params, grad, state, learning_rate, step):
        velocity = self.beta * getattr(self, "velocity", 0) + grad if step else grad
        object.__setattr__(self, "velocity", velocity.copy())
        state["velocity"][...] = velocity
        params -= learning_rate * velocity


@caught_by("no-allocation", "update allocates")
@dataclass(frozen=True)
class MomentumThatAllocates(_Rule):
    """Right, but with new arrays at every step."""

    def update(self, params, grad, state, learning_rate, step):
        state["velocity"][...] = self.beta * state["velocity"] + grad
        params -= learning_rate * state["velocity"]


@caught_by("zero-rate", "parameters change although the learning rate is 0")
@dataclass(frozen=True)
class DecayWithoutRate(_Rule):
    """Shrinks the parameters whatever the learning rate."""

    def update(self, params, grad, state, learning_rate, step):
        state["velocity"] += grad
        params *= 0.999
        params -= learning_rate * grad


@caught_by("elementwise", "two separate parts of the vector get other steps")
@dataclass(frozen=True)
class NormalizedGradient(Optimizer):
    """Looks at the whole gradient's length and does not say so."""

    name: ClassVar[str] = "wrong"
    default_learning_rate: ClassVar[float] = 0.1
    gradient_scaled: ClassVar[bool] = False

    def init(self, params):
        return {}

    def update(self, params, grad, state, learning_rate, step):
        params -= learning_rate / (math.sqrt(float(np.vdot(grad, grad))) + 1e-12) * grad


@caught_by("rates-declared", "write gradient_scaled: ClassVar[bool] = False")
@dataclass(frozen=True)
class SignWithoutSayingSo(Optimizer):
    """Steps that do not grow with the gradient."""

    name: ClassVar[str] = "wrong"
    default_learning_rate: ClassVar[float] = 0.1

    def init(self, params):
        return {}

    def update(self, params, grad, state, learning_rate, step):
        params -= learning_rate * np.sign(grad)


@caught_by("probe", "its method probe is never called; inherit from ProbingOptimizer")
@dataclass(frozen=True)
class ProbesInVain(_Rule):
    """Sharpness-aware minimization that the trainer takes for gradient descent."""

    def update(self, params, grad, state, learning_rate, step):
        state["velocity"] *= self.beta
        state["velocity"] += grad
        params -= learning_rate * state["velocity"]

    def probe(self, params, grad, state, learning_rate, step):
        grad *= 0.05 / np.linalg.norm(grad)
        params += grad


@caught_by("elementwise", "two separate parts of the vector get other steps")
@dataclass(frozen=True)
class LooksAtTheNormToProbe(ProbingOptimizer):
    """A step that depends on the norm of all, where the declaration says that it does not."""

    name: ClassVar[str] = "wrong"
    default_learning_rate: ClassVar[float] = 0.1

    def init(self, params):
        return {}

    def probe(self, params, grad, state, learning_rate, step):
        grad *= 0.05 / (np.linalg.norm(grad) + 1e-12)
        params += grad

    def update(self, params, grad, state, learning_rate, step):
        grad *= learning_rate
        params -= grad


@caught_by("in-pieces", "places differs from that of the whole")
@dataclass(frozen=True)
class RemembersPlaces(Optimizer):
    """Keeps what depends on where a piece begins."""

    name: ClassVar[str] = "wrong"
    default_learning_rate: ClassVar[float] = 0.1
    in_pieces: ClassVar[bool] = True

    def init(self, params):
        return {"places": np.zeros_like(params)}

    def update(self, params, grad, state, learning_rate, step):
        state["places"][...] = np.arange(len(params))
        grad *= learning_rate
        params -= grad


@caught_by("inner-rates", "default_learning_rate is 0.1 whatever inner is; what suits one optimizer")
@dataclass(frozen=True)
class RateOfItsOwn(OptimizerWrapper):
    """Works through another optimizer, with a learning rate that suits one of them."""

    name: ClassVar[str] = "wrong"
    default_learning_rate: ClassVar[float] = 0.1
    inner: Annotated[Optimizer, doc("the optimizer that takes the step")] = field(default_factory=Momentum)

    def init(self, params):
        return self.inner.init(params)

    def update(self, params, grad, state, learning_rate, step):
        self.inner.update(params, grad, state, learning_rate, step)


@caught_by("parabola", "no learning rate brings it below")
@dataclass(frozen=True)
class Uphill(Optimizer):
    """Follows the gradient up."""

    name: ClassVar[str] = "wrong"
    default_learning_rate: ClassVar[float] = 0.1

    def init(self, params):
        return {}

    def update(self, params, grad, state, learning_rate, step):
        grad *= learning_rate
        params += grad


@caught_by("state", "not an array")
@dataclass(frozen=True)
class StateOfNumbers(_Rule):
    """Keeps a number in its state."""

    def init(self, params):
        return {"steps": 0}

    def update(self, params, grad, state, learning_rate, step):
        params -= learning_rate * grad


# --- schedules


@caught_by("factor", "is a float64; use math, not NumPy")
@dataclass(frozen=True)
class CosineOfNumPy(Schedule):
    """Returns a NumPy scalar."""

    name: ClassVar[str] = "wrong"

    def factor(self, step, total_steps):
        return 0.5 * (1 + np.cos(np.pi * step / total_steps))


@caught_by("factor", "it raises ZeroDivisionError")
@dataclass(frozen=True)
class LinearToTheLastStep(Schedule):
    """Divides by zero in a training of one step."""

    name: ClassVar[str] = "wrong"

    def factor(self, step, total_steps):
        return 1 - step / (total_steps - 1)


@caught_by("moves", "its factor is always 0")
@dataclass(frozen=True)
class WarmUpFromZero(Schedule):
    """Wastes a training of one step."""

    name: ClassVar[str] = "wrong"

    def factor(self, step, total_steps):
        return step / total_steps


@caught_by("order", "in another order of calls")
@dataclass(frozen=True)
class DecayByCalls(Schedule):
    """Counts calls instead of steps."""

    name: ClassVar[str] = "wrong"
    calls: ClassVar[list[int]] = []

    def factor(self, step, total_steps):
        self.calls.append(1)
        return 1 / len(self.calls)


@caught_by("resumes", "resumed after epoch")
@dataclass(frozen=True)
class PlateauOnItself(MetricSchedule):
    """Keeps the best loss on the class."""

    name: ClassVar[str] = "wrong"
    best: ClassVar[list[float]] = []

    def factor(self, step, total_steps):
        return 1.0

    def after_epoch(self, metrics, memory):
        self.best.append(metrics["train_loss"])
        return 1.0 / len(self.best)


# --- layers


@dataclass(frozen=True)
class _Cube(Layer):
    """The base of the wrong layers: y = x³."""

    name: ClassVar[str] = "wrong"

    def plan(self, input_shape):
        return LayerPlan(input_shape)

    def forward(self, x, out, memory):
        np.multiply(x, x, out=out)
        out *= x


@caught_by("keeps-nothing", "it keeps a view of its input")
@dataclass(frozen=True)
class LayerThatKeepsAView(_Cube):
    """Keeps its input for backward, in a list of its own."""

    kept: ClassVar[list[np.ndarray]] = []

    def forward(self, x, out, memory):
        self.kept[:] = [x.reshape(-1)]
        np.power(x, 3, out=out)

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            grad_in[...] = grad_out * 3 * self.kept[0].reshape(x.shape) ** 2


@caught_by("keeps-nothing", "puts a new array into memory.workspace['x']")
@dataclass(frozen=True)
class LayerThatKeepsInMemory(_Cube):
    """Keeps its input for backward, in the memory it is handed."""

    def forward(self, x, out, memory):
        memory.workspace["x"] = x
        np.power(x, 3, out=out)

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            grad_in[...] = grad_out * 3 * memory.workspace["x"] ** 2


@caught_by("gradients", "the gradient of the input, for samples of shape")
@dataclass(frozen=True)
class LayerWithWrongGradient(_Cube):
    """Forgets the factor 3."""

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            grad_in[...] = grad_out * x**2


@caught_by("no-allocation", "allocates")
@dataclass(frozen=True)
class LayerThatAllocates(_Cube):
    """Right, but with new arrays at every step."""

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            grad_in[...] = grad_out * 3 * x**2


@caught_by("first-layer", "it raises TypeError")
@dataclass(frozen=True)
class LayerThatIsNeverFirst(_Cube):
    """Takes the gradient of the input for granted."""

    def backward(self, x, out, grad_out, grad_in, memory):
        grad_in[...] = grad_out
        grad_in *= 3
        grad_in *= x
        grad_in *= x


@caught_by("prediction", "depends on the rest of its batch")
@dataclass(frozen=True)
class CenteringLayer(_Cube):
    """Takes the batch's mean off, when predicting too."""

    def forward(self, x, out, memory):
        np.subtract(x, x.mean(axis=0), out=out)

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            np.subtract(grad_out, grad_out.mean(axis=0), out=grad_in)


@caught_by("in-place", "backward leaves the gradient of 'weight' unwritten, or adds to its old values")
@dataclass(frozen=True)
class DenseThatAdds(Layer):
    """Adds to the gradient of the step before."""

    name: ClassVar[str] = "wrong"

    def plan(self, input_shape):
        return Dense(3).plan(input_shape)

    def forward(self, x, out, memory):
        Dense(3).forward(x, out, memory)

    def backward(self, x, out, grad_out, grad_in, memory):
        before = memory.gradients["weight"].copy()
        Dense(3).backward(x, out, grad_out, grad_in, memory)
        memory.gradients["weight"] += before


@caught_by("in-place", "it changes its input")
@dataclass(frozen=True)
class LayerInItsInput(_Cube):
    """Computes in its input."""

    def forward(self, x, out, memory):
        np.power(x, 3, out=out)
        x *= 2

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            grad_in[...] = grad_out


@caught_by("in-place", "it replaces the array memory.gradients['weight']")
@dataclass(frozen=True)
class DenseWithNewGradient(Layer):
    """Gives a new array the gradient's name: the parameter never trains."""

    name: ClassVar[str] = "wrong"

    def plan(self, input_shape):
        return Dense(3).plan(input_shape)

    def forward(self, x, out, memory):
        Dense(3).forward(x, out, memory)

    def backward(self, x, out, grad_out, grad_in, memory):
        Dense(3).backward(x, out, grad_out, grad_in, memory)
        memory.gradients["weight"] = memory.gradients["weight"].copy()


# --- models


@dataclass(frozen=True)
class _Linear(Model):
    """The base of the wrong models."""

    name: ClassVar[str] = "wrong"

    def depth(self):
        return 1


@caught_by("layers", "and 1 outputs its last layer has the shape (10,)")
@dataclass(frozen=True)
class ModelForTenClasses(_Linear):
    """Always ends in ten logits."""

    def layers(self, input_shape, outputs, activation):
        return [Dense(10)]


@caught_by("learns", "distinguishing three classes, only")
@dataclass(frozen=True)
class ModelOfZeros(_Linear):
    """Two layers that start at zero: neither gets a gradient."""

    def layers(self, input_shape, outputs, activation):
        return [Dense(8, "zeros"), Activate(Relu()), Dense(outputs, "zeros")]


@caught_by("initial-outputs", "standard deviation of 0")
@dataclass(frozen=True)
class ModelThatStartsFlat(_Linear):
    """All logits are the same at first."""

    def layers(self, input_shape, outputs, activation):
        return [Dense(8), Activate(Sigmoid()), Dense(outputs, "zeros")]


@caught_by("depth", "depth() is 0")
@dataclass(frozen=True)
class ModelWithoutDepth(_Linear):
    """Counts from zero."""

    def depth(self):
        return 0

    def layers(self, input_shape, outputs, activation):
        return [Dense(outputs)]


# --- data sets


@caught_by("repeatable", "a second, identical use gives another result")
@dataclass(frozen=True)
class LabelsShuffledBetweenCalls(DatasetLoader):
    """Shuffles images and labels, but not together."""

    name: ClassVar[str] = "wrong"
    calls: ClassVar[list[int]] = []

    def load(self, cache):
        self.calls.append(1)
        data = Digits().load(cache)
        labels = np.random.default_rng(len(self.calls)).permutation(data.train.targets)
        return type(data)(Split(data.train.inputs, labels, data.train.scale), data.test, data.class_names)


@caught_by("split", "of the test samples are also training samples")
@dataclass(frozen=True)
class TestPartInTraining(DatasetLoader):
    """Trains on what it tests with."""

    __test__: ClassVar[bool] = False
    name: ClassVar[str] = "wrong"

    def load(self, cache):
        data = Digits().load(cache)
        return type(data)(data.train, data.train, data.class_names)


@caught_by("types", "inputs are float64")
@dataclass(frozen=True)
class DoubleInputs(DatasetLoader):
    """Inputs of twice the size that training uses."""

    name: ClassVar[str] = "wrong"

    def load(self, cache):
        data = Digits().load(cache)
        train, test = (Split(s.inputs / 16, s.targets) for s in (data.train, data.test))
        return type(data)(train, test, data.class_names)


@caught_by("values", "set Split.scale")
@dataclass(frozen=True)
class UnscaledInputs(DatasetLoader):
    """Values in the thousands."""

    name: ClassVar[str] = "wrong"

    def load(self, cache):
        data = Digits().load(cache)
        train, test = (Split(s.inputs.astype(np.float32) * 1000, s.targets) for s in (data.train, data.test))
        return type(data)(train, test, data.class_names)


@caught_by("own-arrays", "load returns the changed arrays again")
@dataclass(frozen=True)
class SharedArrays(DatasetLoader):
    """Hands the same arrays to everybody."""

    name: ClassVar[str] = "wrong"
    kept: ClassVar[list[object]] = []

    def load(self, cache):
        self.kept[:] = self.kept or [Digits().load(cache)]
        return self.kept[0]


@caught_by("classes", "no training sample is of class ten")
@dataclass(frozen=True)
class ClassWithoutSamples(DatasetLoader):
    """Has a class that can't be learned."""

    name: ClassVar[str] = "wrong"

    def load(self, cache):
        data = Digits().load(cache)
        return type(data)(data.train, data.test, (*data.class_names, "ten"))


# --- exporters


class TextExporter(Exporter):
    """The base of the wrong exporters."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def export(self, trained):
        files = NumpyScript().export(trained)  # which refuses what it does not know
        return {".txt": self.text(trained).encode() + files[".py"] + files[".npz"]}

    def text(self, trained):
        return ""


@caught_by("suffixes", "'txt' is not a suffix; write one such as .onnx")
@dataclass(frozen=True)
class SuffixWithoutDot(Exporter):
    """Would make of digits a digitstxt."""

    name: ClassVar[str] = "wrong"
    suffixes: ClassVar[tuple[str, ...]] = ("txt",)

    def export(self, trained):
        return {"txt": b"network"}


@caught_by("files", "export returns ['.py'], but suffixes is ('.txt',)")
@dataclass(frozen=True)
class OtherFiles(TextExporter):
    """Makes another file than it says."""

    name: ClassVar[str] = "wrong"

    def export(self, trained):
        return {".py": NumpyScript().export(trained)[".py"]}


@caught_by("files", "the file .txt is a str, not bytes")
@dataclass(frozen=True)
class TextNotBytes(TextExporter):
    """Leaves the encoding to others."""

    name: ClassVar[str] = "wrong"

    def export(self, trained):
        return {".txt": str(NumpyScript().export(trained))}


@caught_by("same-network", "omit the time")
@dataclass(frozen=True)
class WithAnAddress(TextExporter):
    """Writes where in memory the network is."""

    name: ClassVar[str] = "wrong"

    def text(self, trained):
        return str(id(trained))


@caught_by("weights", "none of the files contains bias of layer 0")
@dataclass(frozen=True)
class WithoutBias(TextExporter):
    """Has only the weights, and the shapes of the rest."""

    name: ClassVar[str] = "wrong"

    def export(self, trained):
        script = NumpyScript().export(trained)[".py"]
        weights = [layer.parameters["weight"].tobytes() for layer in trained.layers if layer.parameters]
        return {".txt": b"".join([script, *weights])}


@caught_by("leaves-it-alone", "export changes the network")
@dataclass(frozen=True)
class TakesItApart(TextExporter):
    """Pops the arrays out of the layers, when it has read them."""

    name: ClassVar[str] = "wrong"

    def text(self, trained):
        if trained.scale == 0.1:
            trained.layers[0].parameters.pop("bias")
        return ""


@caught_by("class-names", "it raises UnicodeEncodeError")
@dataclass(frozen=True)
class PlainClassNames(TextExporter):
    """Writes class names as they are."""

    name: ClassVar[str] = "wrong"

    def text(self, trained):
        return "".join(trained.class_names)


@caught_by("unknown-parts", "an unknown activation is left out silently; raise a UsageError")
@dataclass(frozen=True)
class LeavesOut(TextExporter):
    """Knows layers and losses, and thinks it knows all activations."""

    name: ClassVar[str] = "wrong"

    def export(self, trained):
        for component in (trained.loss, *(layer.component for layer in trained.layers)):
            if not component.name.startswith("nnzoo/"):
                raise UsageError(f"{component.name} is unknown")
        return {".txt": repr([[a.tobytes() for a in layer.parameters.values()] for layer in trained.layers]).encode()}


@caught_by("unknown-parts", "the error for an unknown layer does not name it")
@dataclass(frozen=True)
class VagueError(TextExporter):
    """Does not say what it is that it does not know."""

    name: ClassVar[str] = "wrong"

    def export(self, trained):
        try:
            return {".txt": NumpyScript().export(trained)[".npz"]}
        except UsageError:
            raise UsageError("there is a part that this format does not have") from None


@caught_by("preprocessing", "preprocesses is True, but it accepts none of the networks that have preprocessing")
@dataclass(frozen=True)
class PromisesRawData(TextExporter):
    """Says that it takes raw data, and takes none."""

    name: ClassVar[str] = "wrong"
    preprocesses: ClassVar[bool] = True

    def export(self, trained):
        for step in (*(step for feature in trained.features for step in feature.steps), *trained.target_steps):
            if step.component.name != "nnzoo/pixels":
                raise UsageError(f"{step.component.name} is unknown")
        return super().export(trained)


@caught_by("preprocessing", "none of the files contains mean of the preprocessor standardize of the target")
@dataclass(frozen=True)
class LeavesUnitsOut(TextExporter):
    """Takes raw data, and answers in standard deviations."""

    name: ClassVar[str] = "wrong"
    preprocesses: ClassVar[bool] = True

    def export(self, trained):
        files = super().export(trained)
        without = NumpyScript().export(replace(trained, target_steps=()))
        return {".txt": without[".py"] + without[".npz"]} if files else files


@caught_by("unknown-parts", "an unknown preprocessor is left out silently; raise a UsageError")
@dataclass(frozen=True)
class LeavesPreprocessingOut(TextExporter):
    """Takes what it does not know for nothing."""

    name: ClassVar[str] = "wrong"
    preprocesses: ClassVar[bool] = True

    def export(self, trained):
        return super().export(replace(trained, features=()))


@caught_by("column-names", 'the error for a column named "it\'s" does not name it')
@dataclass(frozen=True)
class PlainColumnNames(TextExporter):
    """Refuses names with quotes, and does not say which."""

    name: ClassVar[str] = "wrong"
    preprocesses: ClassVar[bool] = True

    def export(self, trained):
        if any("'" in column for column in trained.columns):
            raise UsageError("names of columns can't have quotes")
        return super().export(trained)


@pytest.mark.parametrize("name", WRONG)
def test_the_mistake_is_found(name):
    cls, wanted, message = WRONG[name]
    (check,) = [check for check in checks_for(cls.__new__(cls)) if check.name == wanted]
    before = np.geterr(), Path.cwd()
    with pytest.raises(CheckFailed) as failure:
        check()
    assert message in str(failure.value)
    assert (np.geterr(), Path.cwd()) == before  # what it changed in the process was put back


ALIKE = (
    *(LeavesUnitsOut, LeavesPreprocessingOut, PlainColumnNames, PlainClassNames, PromisesRawData, TakesItApart),
    *(OtherFiles, TextNotBytes, WithAnAddress, LeavesOut),
    *(OptimizerThatReturnsFloat64, MomentumThatPromotes, MomentumThatAllocates, NormalizedGradient, DecayWithoutRate),
    *(LayerThatIsNeverFirst, DenseWithNewGradient),
)
"""Those whose checks take long, where others of the same kind go through the same lines: `WithoutBias`, `Uphill`, …"""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (WRONG[name][0] in ALIKE)) for name in WRONG]
)
def test_every_check_ends_in_a_verdict(verdicts_of, name):
    """Whatever is wrong, every check ends in a verdict."""
    cls, _, _ = WRONG[name]
    assert any(verdicts_of(cls.__new__(cls)).values())
