"""What the tests share: networks with weights that are not their first ones, and both exporters' files, computed."""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import hypothesis
import numpy as np
import onnxruntime
import pytest
from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Columns, Graph, GraphModel, Layer, Model
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add, Concatenate, Multiply, Slice
from nnzoo.model.exporting import export_model
from nnzoo.model.predictor import Predictor
from nnzoo_conv import BatchNorm, Conv2d, Depthwise2d, Dropout, Flatten, GlobalAveragePool, MaxPool2d, Upsample2d

hypothesis.settings.register_profile("nnzoo", deadline=None)  # a busy machine is not a bug
hypothesis.settings.load_profile("nnzoo")

MOST = 1e-5
"""The largest difference between what nnzoo computes and what an exported network computes."""


@registry.register
@dataclass(frozen=True)
class EveryLayer(Model):
    """Every layer of nnzoo-conv, in images with channels, without, and in rows of values."""

    name: ClassVar[str] = "every-layer"

    def depth(self) -> int:
        return 3

    def layers(self, input_shape, outputs, activation) -> list[Layer]:
        images: list[Layer] = [BatchNorm(), MaxPool2d(3, stride=1), Upsample2d(2), MaxPool2d(2)]  # (h, w), one channel
        convolutions: list[Layer] = [
            Conv2d(4, 3, padding="same", stride=2),
            BatchNorm(epsilon=0.01),
            Activate(activation),
            Conv2d(3, 2, padding="same", kernel_height=1),
            Depthwise2d(4, padding="same"),
            Upsample2d(2),
            Depthwise2d(3, stride=2, padding=1),
            Dropout(0.5),
            MaxPool2d(3),
            Conv2d(5, 2, padding=1, stride=2),
        ]
        return [*images, *convolutions, Flatten(), BatchNorm(), Dense(7), Activate(activation), Dense(outputs)]


@registry.register
@dataclass(frozen=True)
class EveryBranch(GraphModel):
    """Forks, all that puts branches together, values for each channel of an image, and towers that share weights."""

    name: ClassVar[str] = "every-branch"

    def depth(self) -> int:
        return 3

    def graph(self, problem, activation) -> Graph:
        graph = Graph()
        left = graph.add(Slice(0, (2, 3)), after=graph.input)
        right = graph.add(Slice(4, (2, 3)), after=graph.input)
        tower: list[Layer] = [Dense(4), Activate(activation), Dense(4)]
        first = graph.add(*tower, after=left)
        second = graph.add(*tower, after=right, shared_with=first)
        image = graph.add(Conv2d(3, 3, padding="same"), after=graph.input)
        again = graph.add(Conv2d(3, 3, padding="same"), after=graph.input, shared_with=image)
        gate = graph.add(Dense(3), Activate(activation), after=image)
        gated = graph.add(Multiply(), after=(gate, image, again))
        shifted = graph.add(Add(), Activate(activation), after=(gated, gate, gated))
        both = graph.add(Concatenate(), after=(gated, shifted))
        wide = graph.add(Concatenate(axis=2), Flatten(), after=(gated, image))
        means = graph.add(GlobalAveragePool(), after=both)
        mean = graph.add(Depthwise2d(2), GlobalAveragePool(), after=graph.input)
        parts = (first, second, graph.add(Flatten(), after=both), wide, means, mean)
        whole = graph.add(Concatenate(), Dense(problem.width), after=parts)
        graph.add(Add(), after=(whole, graph.add(Dense(problem.width), after=first)))
        return graph


@pytest.fixture
def network():
    """Make a network; its biases, scales and running averages are shaken, so that none is 0 or 1 any more."""

    def make(input_shape, outputs=10, seed=0, **arguments):
        dnn = DeepNeuralNetwork(input_shape=input_shape, outputs=outputs, seed=seed, **arguments)
        rng = np.random.default_rng(seed)
        parameters, state = dnn.network.parameters.vector, dnn.network.state.vector
        parameters += 0.1 * rng.standard_normal(parameters.shape).astype(np.float32)
        state += rng.random(state.shape, dtype=np.float32)
        return dnn

    return make


@pytest.fixture
def exported(tmp_path):
    """Export a network; the files' path without suffix."""

    def export(dnn, exporter):
        dnn.save(tmp_path / "network.safetensors")
        first, *_ = export_model(
            registry, tmp_path / "network.safetensors", registry.build("exporter", exporter), overwrite=True
        )
        return first

    return export


def load_session(path: Path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def feed(x):
    """Raw data as the inputs of a model: those of a table by column, with what stands for missing values."""
    if not isinstance(x, Columns):
        return {"input": x}
    columns = {}
    for name in x:
        column = x[name]
        if x.type(name) == "category":
            column = np.array(["" if text is None else text for text in column], object)
        columns[name] = (column.astype(np.int64) if x.type(name) == "date" else column)[:, None]
    return columns


def onnx_outputs(path: Path, x):
    return load_session(path).run(None, feed(x))[0]


def load_module(path: Path):
    return SimpleNamespace(**runpy.run_path(path))  # an import could take an older file's bytecode


def script_outputs(path: Path, x):
    return load_module(path).predict(x.arrays if isinstance(x, Columns) else x)


def predict(dnn, x):
    """What nnzoo makes of raw data."""
    return Predictor(dnn.network, dnn.task, dnn.loss, dnn.problem, dnn.preprocessing).predictions(x)


@pytest.fixture
def computes_the_same(exported):
    """Hold what both exporters make of a network against the network, on some raw data."""

    def compare(dnn, x, least=100 * MOST):
        expected = predict(dnn, x)
        assert np.ptp(expected) >= least  # else it would be no test
        for exporter, compute in (("onnx", onnx_outputs), ("numpy", script_outputs)):
            outputs = compute(exported(dnn, exporter), x)
            np.testing.assert_allclose(outputs, expected, rtol=MOST, atol=MOST, err_msg=exporter)

    return compare


@pytest.fixture(name="predict")
def _predict():
    return predict


@pytest.fixture(name="load_session")
def _load_session():
    return load_session


@pytest.fixture(name="load_module")
def _load_module():
    return load_module
