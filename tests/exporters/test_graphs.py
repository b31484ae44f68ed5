"""Exports of networks that branch and share weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Dataset, Exporter, Graph, GraphModel, Split, UsageError
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add, Concatenate, Multiply, Slice
from nnzoo.model.exporting import export_model
from nnzoo.plugins.registry import Registry

REGISTRY = Registry(disabled=["all"])


@REGISTRY.register
@dataclass(frozen=True)
class Siamese(GraphModel):
    """Two halves of an image, each through the same layers; their product, sum, and both of them decide."""

    name: ClassVar[str] = "siamese"

    def depth(self):
        return 2

    def graph(self, problem, activation):
        graph = Graph()
        upper, lower = (graph.add(Slice(start, (2, 3)), after=graph.input) for start in (0, 6))
        tower = Dense(5), Activate(activation)
        one = graph.add(*tower, after=upper)
        other = graph.add(*tower, after=lower, shared_with=one)
        scaled = graph.add(Multiply(), after=(graph.add(Dense(2), Activate(activation), after=one), upper))
        both = graph.add(Add(), Activate(activation), after=(one, other, one))
        graph.add(Concatenate(), after=(one, both, other, graph.add(Dense(3), after=scaled)))
        graph.add(Dense(problem.width))
        return graph


@dataclass(frozen=True)
class Rows(Exporter):
    """Layers in a row, each as text."""

    name: ClassVar[str] = "rows"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def export(self, trained):
        return {".txt": "".join(str(layer.component) for layer in trained.layers).encode()}


@pytest.fixture(scope="module")
def siamese():
    dnn = DeepNeuralNetwork(input_shape=(4, 3), outputs=3, model="siamese", activation="sigmoid", registry=REGISTRY)
    parameters = dnn.network.parameters.vector
    parameters += np.random.default_rng(0).standard_normal(parameters.shape).astype(np.float32)
    return dnn


def test_a_script_computes_what_the_graph_does(siamese, exported):
    script, x = exported(siamese, REGISTRY), np.random.default_rng(1).standard_normal((1000, 4, 3)).astype(np.float32)
    module = script.load()
    np.testing.assert_allclose(module.predict(x), siamese.predict_proba(x), rtol=0, atol=1e-6)
    parameters = siamese.network.parameters.views()
    assert {name: array.shape for name, array in module.ARRAYS.items()} == {
        name: view.shape for name, view in parameters.items()
    }
    assert script.faults() == ""


def test_an_exporter_that_knows_no_graphs_gets_none(siamese, tmp_path):
    siamese.save(tmp_path / "network.safetensors")
    with pytest.raises(UsageError, match="exporter rows supports only layers in a row"):
        export_model(REGISTRY, tmp_path / "network.safetensors", Rows())
    assert not (tmp_path / "network.txt").exists()


def test_a_script_predicts_several_things_at_once(exported):
    rng = np.random.default_rng(2)
    x = rng.standard_normal((60, 4)).astype(np.float32)
    targets = {"kind": rng.integers(3, size=60), "sizes": 100 + 5 * rng.standard_normal((60, 2))}
    split = Split.joined(x, targets)
    data = Dataset(split, split, task="joint")
    dnn = DeepNeuralNetwork.for_dataset(data, task="joint", registry=REGISTRY)
    dnn.train(data, epochs=1, verbose=False)
    expected = dnn.predictor.predictions(x)
    assert expected[:, 3:].mean() > 90
    np.testing.assert_allclose(exported(dnn, REGISTRY).load().predict(x), expected, rtol=1e-5, atol=1e-5)
