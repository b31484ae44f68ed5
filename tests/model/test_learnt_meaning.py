"""Inputs, targets, frozen layers and heads keep their meaning when a trained network is trained again."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.builtin.joint import Joint
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.losses import MeanSquaredError, SoftmaxCrossEntropy
from nnzoo.builtin.merging import Add, Concatenate, Slice
from nnzoo.errors import UsageError
from nnzoo.kinds import Dataset, Graph, GraphModel, Layer, LayerPlan, Parameter, Split


def data(*, inputs=("a", "b"), targets=("kind", "size"), classes=3, seed=0):
    rng = np.random.default_rng(seed)

    def split(n):
        given = {name: rng.standard_normal((n, 3)).astype(np.float32) for name in inputs}
        first = next(iter(given.values()))
        wanted = {"kind": (first[:, 0] > 0).astype(int) + (classes - 2) * (first[:, 1] > 0), "size": first[:, 2]}
        return Split.joined(given, {name: wanted[name] for name in targets})

    return Dataset(split(200), split(60))


@pytest.fixture
def trained():
    dnn = DeepNeuralNetwork.for_dataset(data(), model="mlp:hidden=8")
    dnn.train(data(), epochs=1, schedule="constant", verbose=False)
    return dnn


OTHERS = {
    "inputs in another order": data(inputs=("b", "a")),
    "inputs with other names": data(inputs=("a", "c")),
    "targets in another order": data(targets=("size", "kind")),
    "other classes": data(classes=4),
}


@pytest.mark.parametrize("what", OTHERS)
def test_other_meanings_are_refused_and_change_nothing(trained, what):
    before = trained.network.parameters.vector.copy()
    for more in (trained.train, trained.fine_tune):
        with pytest.raises(UsageError):
            more(OTHERS[what], epochs=1, verbose=False)
    assert np.array_equal(trained.network.parameters.vector, before)
    assert trained.train(data(seed=1), epochs=1, verbose=False)


def test_resume_needs_the_data_it_began_with(trained):
    with pytest.raises(UsageError, match="same data"):
        trained.train(data(seed=1), epochs=2, resume=True, schedule="constant", verbose=False)


@dataclass(frozen=True)
class Counted(Layer):
    """Passes its input on, times a parameter, and counts the training steps that it sees."""

    name: ClassVar[str] = "counted"

    def plan(self, input_shape):
        return LayerPlan(input_shape, {"scale": Parameter((), "ones")}, {"steps": Parameter(())})

    def forward(self, x, out, memory):
        np.multiply(x, float(memory.parameters["scale"]), out=out)
        memory.state["steps"][...] += memory.training

    def backward(self, x, out, grad_out, grad_in, memory):
        memory.gradients["scale"][...] = np.vdot(x, grad_out)
        if grad_in is not None:
            np.multiply(grad_out, float(memory.parameters["scale"]), out=grad_in)


@dataclass(frozen=True)
class Towers(GraphModel):
    """Two towers that share a layer with state, and a head for each target."""

    name: ClassVar[str] = "towers"

    def depth(self):
        return 1

    def graph(self, problem, activation):
        graph = Graph()
        left, right = (graph.add(Slice(part.start, part.shape), after=graph.input) for part in problem.inputs)
        first = graph.add(Counted(), after=left)
        second = graph.add(Counted(), after=right, shared_with=first)
        both = graph.add(Add(), Activate(activation), after=(first, second))
        graph.add(Concatenate(), after=[graph.add(Dense(part.width), after=both) for part in problem.outputs])
        return graph


def test_a_frozen_layer_is_unchanged_in_every_place_that_shares_it():
    dnn = DeepNeuralNetwork.for_dataset(data(), model=Towers())
    dnn.train(data(), epochs=1, freeze="2.*", verbose=False)
    assert dnn.network.state["2.counted.steps"] == 0
    dnn.train(data(), epochs=1, verbose=False)
    assert dnn.network.state["2.counted.steps"] > 0


def test_a_new_head_replaces_the_last_layer_on_each_path():
    dnn = DeepNeuralNetwork.for_dataset(data(), model=Towers())
    dnn.train(data(), epochs=1, verbose=False)
    dnn.fine_tune(data(classes=4), new_head=True, epochs=1, verbose=False)
    assert set(dnn.start.new) == {"6.dense.weight", "6.dense.bias", "7.dense.weight", "7.dense.bias"}


def test_a_loss_that_contradicts_the_targets():
    dataset = data()
    with pytest.raises(UsageError, match="chooses its loss"):
        DeepNeuralNetwork.for_dataset(dataset, loss="softmax-cross-entropy")
    with pytest.raises(UsageError, match="'size' has values"):
        DeepNeuralNetwork.for_dataset(dataset, task=Joint(losses=(SoftmaxCrossEntropy(), SoftmaxCrossEntropy())))
    squares = Joint(losses=(MeanSquaredError(), MeanSquaredError()))
    assert DeepNeuralNetwork.for_dataset(dataset, task=squares).train(dataset, epochs=1, verbose=False)


@pytest.mark.parametrize("arrangement", ["stacked", "interleaved"])
def test_inputs_in_one_array_are_a_row_and_nothing_else(trained, arrangement):
    """Pictures side by side have as many values, in another order."""
    given = data().test
    a, b = given.array[:, :3], given.array[:, 3:]
    row = np.concatenate([a, b], axis=1)
    wrong = {"stacked": np.stack([a, b], axis=1), "interleaved": np.stack([a, b], axis=2)}
    assert trained.answers({"a": a, "b": b}) == trained.answers(row)
    with pytest.raises(UsageError, match="dict of arrays by name: a"):
        trained.predict(wrong[arrangement])


def test_pictures_of_another_arrangement_are_refused():
    x, y = np.random.default_rng(0).random((20, 8, 6)).astype(np.float32), np.arange(20) % 2
    dnn = DeepNeuralNetwork.for_dataset(Dataset(Split(x, y), Split(x, y), ("even", "odd")), model="mlp:hidden=4")
    dnn.train(x, y, epochs=1, verbose=False)
    same = dnn.predict(x).tolist()
    for fitting in (x.reshape(20, 48), x[:, None], x[..., None]):
        assert dnn.predict(fitting).tolist() == same
    with pytest.raises(UsageError, match=r"\(6, 8\)"):
        dnn.predict(x.reshape(20, 6, 8))
