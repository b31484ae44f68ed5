"""What the tests share: networks with weights that are not their first ones, and both exporters' files, computed."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import hypothesis
import numpy as np
import onnxruntime
import pytest
from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Layer, Model
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.model.exporting import export_model
from nnzoo_conv import BatchNorm, Conv2d, Dropout, Flatten, MaxPool2d

hypothesis.settings.register_profile("nnzoo", deadline=None)  # a busy machine is no bug
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
        images: list[Layer] = [BatchNorm(), MaxPool2d(3, stride=1)]  # (h, w), one channel
        convolutions: list[Layer] = [
            Conv2d(4, 3, padding="same", stride=2),
            BatchNorm(epsilon=0.01),
            Activate(activation),
            Conv2d(3, 2, padding="same"),
            Dropout(0.5),
            MaxPool2d(3),
            Conv2d(5, 2, padding=1, stride=2),
        ]
        return [*images, *convolutions, Flatten(), BatchNorm(), Dense(7), Activate(activation), Dense(outputs)]


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


def onnx_outputs(path: Path, x):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, {"input": x})
    return outputs


def script_outputs(path: Path, x):
    spec = importlib.util.spec_from_file_location("exported_network", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.predict(x)


@pytest.fixture
def computes_the_same(exported):
    """Hold what both exporters make of a network against the network, on some inputs."""

    def compare(dnn, x):
        expected = dnn.predict_proba(x) if dnn.loss.gives_probabilities else dnn.predict(x)
        assert np.ptp(expected) > 100 * MOST  # else it would be no test
        for exporter, compute in (("onnx", onnx_outputs), ("numpy", script_outputs)):
            outputs = compute(exported(dnn, exporter), x)
            assert outputs.dtype == np.float32
            np.testing.assert_allclose(outputs, expected, rtol=0, atol=MOST, err_msg=exporter)

    return compare
