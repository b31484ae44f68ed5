"""Optimizers that see each array, initial values from a function, and penalties of layers."""

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
from annotated_types import Ge, doc

from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import (
    Activation,
    Floats,
    Layer,
    LayerMemory,
    LayerPlan,
    LayerwiseOptimizer,
    Model,
    Parameter,
    Problem,
    Shape,
    Split,
)
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.errors import PluginError
from nnzoo.explanation.walk import walk
from nnzoo.nn import Network
from nnzoo.testing import CheckFailed, CheckSkipped, checks_for
from nnzoo.training.batches import Batches
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe


@dataclass(frozen=True)
class Normalized(LayerwiseOptimizer):
    """Each array moves against the average of its gradients, by a length that does not depend on their size.

    Equation::

        v ← 0.9 v + 0.1 g
        θ ← θ − η v / (‖v‖ + 1e-12)
    """

    name: ClassVar[str] = "normalized"
    default_learning_rate: ClassVar[float] = 0.1
    gradient_scaled: ClassVar[bool] = False

    def init_arrays(self, arrays: Mapping[str, Floats]) -> dict[str, Floats]:
        return {f"velocity.{name}": np.zeros_like(array) for name, array in arrays.items()}

    def update_arrays(
        self,
        arrays: Mapping[str, Floats],
        gradients: Mapping[str, Floats],
        state: dict[str, Floats],
        learning_rate: float,
        step: int,
    ) -> None:
        for name, array in arrays.items():
            velocity, gradient = state[f"velocity.{name}"], gradients[name]
            velocity *= 0.9
            gradient *= 0.1
            velocity += gradient
            flat = velocity.reshape(-1)
            np.multiply(velocity, learning_rate / (math.sqrt(float(flat.dot(flat))) + 1e-12), out=gradient)
            array -= gradient


@dataclass(frozen=True)
class SparseDense(Layer):
    """A dense layer without bias whose weights start orthogonal, and which adds the L1 norm of its weights to the loss.

    Equation::

        y = x W,  L ← L + λ Σ |w|
    """

    name: ClassVar[str] = "sparse-dense"

    units: Annotated[int, Ge(1), doc("outputs")] = 3
    penalty: Annotated[float, Ge(0), doc("λ")] = 0.01

    def plan(self, input_shape: Shape) -> LayerPlan:
        shape = (math.prod(input_shape), self.units)
        weight = Parameter(shape, orthogonal, *shape, is_weight=True)
        return LayerPlan((self.units,), {"weight": weight}, penalized=True)

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        weight = memory.parameters["weight"]
        np.matmul(x.reshape(len(x), -1), weight, out=out)
        memory.penalty = self.penalty * float(np.abs(weight).sum())

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        weight, gradient = memory.parameters["weight"], memory.gradients["weight"]
        np.matmul(x.reshape(len(x), -1).T, grad_out, out=gradient)
        gradient += self.penalty * np.sign(weight)
        if grad_in is not None:
            np.matmul(grad_out, weight.T, out=grad_in.reshape(len(x), -1))


def orthogonal(shape: Shape, rng: np.random.Generator) -> Floats:
    found: Floats = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))[0]
    return found if shape[0] >= shape[1] else found.T


@dataclass(frozen=True)
class Sparse(Model):
    """A sparse layer before a dense one."""

    name: ClassVar[str] = "sparse"
    penalty: Annotated[float, Ge(0), doc("λ")] = 0.01

    def depth(self) -> int:
        return 1

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        return [SparseDense(4, self.penalty), Activate(activation), Dense(outputs)]


def samples(n: int = 40) -> Split:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=n)
    return Split((rng.normal(size=(n, 5)) + labels[:, None]).astype(np.float32), labels)


def trainer_of(**options: Any) -> Any:
    recipe = resolve_recipe(registry, **({"epochs": 4, "batch_size": 8} | options))
    data = prepare_data(recipe.task, samples(), None, names=())
    return prepare(build_network(recipe, data.problem), recipe, data)


def test_one_array_alone_takes_the_step_of_a_network_of_one_array():
    """What calls `Optimizer.update` need not know of arrays."""
    alone, among = np.linspace(-1, 1, 7), {"": np.linspace(-1, 1, 7)}
    optimizer = Normalized()
    state, states = optimizer.init(alone), optimizer.init_arrays(among)
    for step in range(3):
        optimizer.update(alone, np.full(7, step + 1.0), state, 0.1, step)
        optimizer.update_arrays(among, {"": np.full(7, step + 1.0)}, states, 0.1, step)
    np.testing.assert_array_equal(alone, among[""])
    assert (alone < np.linspace(-1, 1, 7)).all()


@pytest.mark.parametrize("component", [Normalized(), SparseDense(), Sparse()], ids=lambda component: component.name)
def test_the_kit_accepts_them(component: Any) -> None:
    for check in checks_for(component):
        if check.name not in ("no-allocation", "cheap-import"):
            with contextlib.suppress(CheckSkipped):
                check()


@dataclass(frozen=True)
class NormalizedWeights(LayerwiseOptimizer):
    """Steps of weights do not grow with the gradient, those of biases do; the kit goes by the weights."""

    name: ClassVar[str] = "normalized-weights"
    default_learning_rate: ClassVar[float] = 0.1
    gradient_scaled: ClassVar[bool] = False

    def init_arrays(self, arrays: Mapping[str, Floats]) -> dict[str, Floats]:
        return {}

    def update_arrays(
        self,
        arrays: Mapping[str, Floats],
        gradients: Mapping[str, Floats],
        state: dict[str, Floats],
        learning_rate: float,
        step: int,
    ) -> None:
        for name, array in arrays.items():
            norm = float(np.linalg.norm(gradients[name])) if array.ndim > 1 else 1.0
            array -= learning_rate / (norm + 1e-12) * gradients[name]


@dataclass(frozen=True)
class WronglyDeclared(NormalizedWeights):
    """The same, which declares that they grow."""

    name: ClassVar[str] = "wrongly-declared"
    gradient_scaled: ClassVar[bool] = True


def test_the_kit_asks_how_weights_move_not_biases() -> None:
    right, wrong = (
        next(check for check in checks_for(optimizer) if check.name == "rates-declared")
        for optimizer in (NormalizedWeights(), WronglyDeclared())
    )
    right()
    with pytest.raises(CheckFailed, match=r"makes its step 1\.0 times as large"):
        wrong()


def test_an_optimizer_may_see_each_array_by_its_name() -> None:
    trainer = trainer_of(optimizer=Normalized(), learning_rate=0.05, weight_decay=0.0, schedule="constant", epochs=1)
    network = trainer.network
    expected = {name: array.astype(np.float64) for name, array in network.parameters.views().items()}
    velocity = {name: np.zeros_like(array) for name, array in expected.items()}
    assert trainer.state.optimizer.keys() == {f"velocity.{name}" for name in expected}
    for batch in trainer.train.shuffled(0, 1):
        trainer._step(batch)
        copy = Network(network.layers, network.input_shape, dtype=np.float64)
        for name, array in expected.items():
            copy.parameters[name][...] = array
        outputs = copy.forward(batch.inputs.astype(np.float64), step=0)
        p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        copy.backward((p - np.eye(3)[batch.targets]) / len(p))
        for name, array in expected.items():
            velocity[name] = 0.9 * velocity[name] + 0.1 * copy.gradients[name]
            array -= 0.05 * velocity[name] / (np.linalg.norm(velocity[name]) + 1e-12)
    for name, array in expected.items():
        np.testing.assert_allclose(network.parameters[name], array, rtol=1e-4, atol=1e-5)


def test_initial_values_may_come_from_a_function_and_from_the_seed() -> None:
    networks = [build_network(resolve_recipe(registry, model=Sparse(), seed=seed), PROBLEM) for seed in (0, 0, 1)]
    weights = [network.parameters["0.sparse-dense.weight"] for network in networks]
    np.testing.assert_allclose(weights[0].T @ weights[0], np.eye(4), atol=1e-6)
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


PROBLEM = Problem((5,), (3,), ())


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("xavier", "there is no initialization 'xavier'"),
        (lambda shape, rng: np.zeros(3), "returned as float64 of shape"),
        (lambda shape, rng: np.full(shape, np.nan), "finite numbers"),
        (lambda shape, rng: np.full(shape, "a"), "returned as <U1"),
    ],
)
def test_other_initial_values_are_refused(monkeypatch: pytest.MonkeyPatch, start: Any, message: str) -> None:
    monkeypatch.setitem(globals(), "orthogonal", start)
    with pytest.raises(PluginError, match=message):
        build_network(resolve_recipe(registry, model=Sparse()), PROBLEM)


def test_a_penalty_is_part_of_the_loss_that_is_reported() -> None:
    with_it, without = (trainer_of(model=Sparse(penalty), epochs=1) for penalty in (0.5, 0.0))
    found = [trainer.scorer.evaluate(trainer.network, trainer.train)["loss"] for trainer in (with_it, without)]
    added = 0.5 * float(np.abs(with_it.network.parameters["0.sparse-dense.weight"]).sum())
    assert found[0] == pytest.approx(found[1] + added, rel=1e-5)
    assert next(with_it.epochs()).train_loss > 0.5


def test_a_penalty_shrinks_weights() -> None:
    norms = []
    for penalty in (0.0, 0.05):
        trainer = trainer_of(model=Sparse(penalty), epochs=60, optimizer="sgd", learning_rate=0.1)
        list(trainer.epochs())
        norms.append(float(np.abs(trainer.network.parameters["0.sparse-dense.weight"]).sum()))
    assert norms[1] < 0.7 * norms[0]


def test_an_explanation_has_the_penalty_and_confirms_its_gradient() -> None:
    recipe = resolve_recipe(registry, model=Sparse(0.5))
    network = build_network(recipe, PROBLEM, np.float64)
    split = samples(1)
    batch = next(Batches(split, 1, PROBLEM, np.float64).in_order())
    found = walk(network, recipe, PROBLEM, batch)
    assert found.loss.penalty == pytest.approx(0.5 * np.abs(network.parameters["0.sparse-dense.weight"]).sum())
    assert found.loss.value > found.loss.penalty > 0
    assert found.agreement().not_confirmed == 0


def test_a_network_of_python_learns_with_all_of_them() -> None:
    x, y = samples(200).inputs, samples(200).targets
    dnn = DeepNeuralNetwork(model=Sparse(1e-4), input_shape=(5,), outputs=3)
    dnn.train(x, y, optimizer=Normalized(), learning_rate=0.1, epochs=20, verbose=False)
    assert dnn.score(x, y) > 0.7


@dataclass(frozen=True)
class MatricesOnly(Normalized):
    """Takes every array for a matrix."""

    name: ClassVar[str] = "matrices-only"

    def init_arrays(self, arrays: Mapping[str, Floats]) -> dict[str, Floats]:
        return {f"rows.{name}": np.zeros(array.shape[0], array.dtype) for name, array in arrays.items()}

    def update_arrays(
        self,
        arrays: Mapping[str, Floats],
        gradients: Mapping[str, Floats],
        state: dict[str, Floats],
        learning_rate: float,
        step: int,
    ) -> None:
        for name, array in arrays.items():
            if array.ndim == 2:
                array -= learning_rate * gradients[name]


def test_the_kit_tries_arrays_of_any_number_of_axes() -> None:
    (check,) = [check for check in checks_for(MatricesOnly()) if check.name == "arrays"]
    with pytest.raises(CheckFailed, match=r"a bias, of shape \(4,\), does not change"):
        check()
