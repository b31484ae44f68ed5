"""Exported networks compute what nnzoo computes: every layer, and both models, as ONNX and as a script."""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Graph, GraphModel
from nnzoo.model.exporting import export_model

from nnzoo_sequences import Attention, Embedding, Gru, LayerNorm, Linear, Lstm, Position, RmsNorm
from nnzoo_sequences.texts import dataset_of

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("nnzoo_onnx")


@registry.register
@dataclass(frozen=True)
class EverySequenceLayer(GraphModel):
    """All layers in a row."""

    name: ClassVar[str] = "every-sequence-layer"

    def depth(self) -> int:
        return 6

    def graph(self, problem, activation) -> Graph:
        layers = [Embedding(problem.width, 8), Position(), LayerNorm(), Attention(2), RmsNorm(), Gru(6), Lstm(10)]
        return Graph.of([*layers, Attention(5, causal=False), Linear(7, bias=False), Linear(problem.width)])


@pytest.mark.parametrize("model", ["every-sequence-layer", "char-gru:units=9", "char-gpt:blocks=2,width=8"])
def test_what_is_exported_computes_the_same(tmp_path, model):
    data = dataset_of("the quick brown fox jumps over the lazy dog\n" * 30, 12, 0.2, "it")
    dnn = DeepNeuralNetwork.for_dataset(data, model=model)
    parameters = dnn.network.parameters.vector
    parameters += 0.1 * np.random.default_rng(0).standard_normal(parameters.shape).astype(np.float32)
    samples = data.test.array
    expected = dnn.predict_proba(samples)
    assert np.ptp(expected) > 1e-3  # else it would be no test
    dnn.save(tmp_path / "network.safetensors")
    for exporter, compute in (("onnx", onnx_outputs), ("numpy", script_outputs)):
        chosen = registry.build("exporter", exporter)
        path, *_ = export_model(registry, tmp_path / "network.safetensors", chosen, overwrite=True)
        np.testing.assert_allclose(compute(path, samples), expected, rtol=1e-5, atol=1e-5, err_msg=exporter)
        if exporter == "onnx":  # a model can't refuse a sample
            wrong = samples.astype(np.float32)
            wrong[0, 0], wrong[1, 0], wrong[2, 0] = -1, len(data.class_names), 0.5
            outputs = compute(path, wrong)
            assert np.isnan(outputs[:3, 0]).all()
            np.testing.assert_allclose(outputs[3:], expected[3:], rtol=1e-5, atol=1e-5)


def onnx_outputs(path, samples):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"input": samples.astype(np.float32)})[0]


def script_outputs(path, samples):
    return runpy.run_path(path)["predict"](samples)
