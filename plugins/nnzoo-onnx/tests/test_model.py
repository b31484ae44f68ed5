"""What is in an ONNX model of nnzoo: nodes, input and output, metadata; and that it keeps the rules for exporters."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from nnzoo.api import NamedComponent, Problem, TrainedFeature, TrainedLayer, TrainedNetwork, TrainedStep, UsageError
from nnzoo.testing import parametrize_with_checks

from nnzoo_onnx import Onnx

REGRESSION = NamedComponent("nnzoo/regression")
KNOWN = "it knows those of nnzoo, nnzoo-activations and nnzoo-conv"


@parametrize_with_checks([Onnx(), Onnx(input="uint8")])
def test_conformance(check):
    check()


def described(value):
    """Type and shape of an input or an output."""
    tensor = value.type.tensor_type
    return value.name, tensor.elem_type, [axis.dim_param or axis.dim_value for axis in tensor.shape.dim]


def test_a_multilayer_perceptron_node_by_node(network, exported):
    model = onnx.load(exported(network((28, 28), model="mlp:hidden=64", activation="gelu"), "onnx"))
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == [
        *("Flatten", "Gemm"),
        *("Mul", "Erf", "Add", "Mul", "Mul"),
        *("Gemm", "Softmax"),
        *("ArgMax", "Gather"),
    ]
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 11)]
    assert model.ir_version == 6
    assert list(map(described, model.graph.input)) == [("input", onnx.TensorProto.FLOAT, ["batch", 28, 28])]
    assert list(map(described, model.graph.output)) == [
        ("probabilities", onnx.TensorProto.FLOAT, ["batch", 10]),
        ("label", onnx.TensorProto.STRING, ["batch"]),
    ]
    arrays = {array.name: tuple(array.dims) for array in model.graph.initializer}
    assert arrays == {
        "0.dense.weight": (784, 64),
        "0.dense.bias": (64,),
        "1.activate.root_half": (1,),
        "1.activate.one": (1,),
        "1.activate.half": (1,),
        "2.dense.weight": (64, 10),
        "2.dense.bias": (10,),
        "output.names": (10,),
    }


def test_lenet5_node_by_node(network, exported):
    model = onnx.load(exported(network((28, 28), model="lenet5", activation="relu"), "onnx"))
    assert [node.op_type for node in model.graph.node] == [
        *("Unsqueeze", "Conv", "MaxPool", "Relu"),
        *("Conv", "MaxPool", "Relu"),
        *("Flatten", "Gemm", "Relu", "Gemm", "Relu", "Gemm", "Softmax"),
        *("ArgMax", "Gather"),
    ]
    first, second = (node for node in model.graph.node if node.op_type == "Conv")
    attributes = [{a.name: list(a.ints) for a in node.attribute} for node in (first, second)]
    assert attributes == [
        {"kernel_shape": [5, 5], "strides": [1, 1], "pads": [2, 2, 2, 2]},
        {"kernel_shape": [5, 5], "strides": [1, 1], "pads": [0, 0, 0, 0]},
    ]
    shapes = {array.name: tuple(array.dims) for array in model.graph.initializer}
    assert (shapes["0.conv2d.weight"], shapes["3.conv2d.weight"]) == ((6, 1, 5, 5), (16, 6, 5, 5))


def test_layers_that_do_nothing_in_a_prediction_are_not_nodes(network, exported):
    model = onnx.load(exported(network((13, 14), model="every-layer", activation="identity"), "onnx"))
    found = Counter(node.op_type for node in model.graph.node)
    assert found == {
        "ArgMax": 1,
        "BatchNormalization": 3,
        "Conv": 5,
        "Flatten": 1,
        "Gather": 1,
        "Gemm": 2,
        "MaxPool": 3,
        "Resize": 2,
        "Softmax": 1,
        "Unsqueeze": 5,  # one channel gets an axis: before the first five layers,
        "Squeeze": 4,  # and loses it behind those that are not convolution
    }


def test_shared_arrays_are_there_once(network, exported):
    dnn = network((5, 6), 4, model="every-branch", activation="sigmoid")
    model = onnx.load(exported(dnn, "onnx"))
    parameters = {name: view.size for name, view in dnn.network.parameters.views().items()}
    sizes = {array.name: int(np.prod(array.dims)) for array in model.graph.initializer}
    assert {name: sizes[name] for name in parameters} == parameters
    assert sum(name.endswith(("weight", "bias")) for name in sizes) == len(parameters)


def test_pixels_are_multiplied_by_the_model_or_before_it(network, exported):
    dnn = network((28, 28), model="mlp:hidden=16")
    pixels = np.random.default_rng(0).integers(0, 256, (1000, 28, 28), dtype=np.uint8)
    dnn.train(pixels, np.arange(1000) % 10, epochs=1, verbose=False)
    types = {"raw": onnx.TensorProto.UINT8, "uint8": onnx.TensorProto.UINT8, "float32": onnx.TensorProto.FLOAT}
    for given, elements in types.items():
        path = exported(dnn, f"onnx:input={given}")
        assert list(map(described, onnx.load(path).graph.input)) == [("input", elements, ["batch", 28, 28])]
        x = pixels / np.float32(255) if given == "float32" else pixels
        outputs, _ = onnxruntime.InferenceSession(path).run(None, {"input": x})
        np.testing.assert_allclose(outputs, dnn.predict_proba(pixels), rtol=0, atol=1e-5)


@pytest.mark.parametrize("task", ["nnzoo/classification", "mine/next-token"])
def test_several_positions_in_a_sample(task):
    """The last layer's outputs are rows, one for each position, and each has its own softmax."""
    rng, problem = np.random.default_rng(6), Problem((4,), (3, 2), (3,), ("yes", "no"))
    arrays = {"weight": rng.standard_normal((4, 6), np.float32), "bias": rng.standard_normal(6, np.float32)}
    dense = TrainedLayer(NamedComponent("nnzoo/dense"), (4,), (6,), arrays)
    steps = (TrainedStep(NamedComponent("nnzoo/standardize"), {"mean": np.zeros(4), "deviation": np.ones(4)}),)
    softmax = NamedComponent("nnzoo/softmax-cross-entropy")
    trained = TrainedNetwork((dense,), softmax, NamedComponent(task), problem, (TrainedFeature(steps),))
    session = onnxruntime.InferenceSession(Onnx().export(trained)[".onnx"])
    x = rng.standard_normal((5, 4))
    x[4, 0] = np.nan
    rows = np.exp(x @ arrays["weight"] + arrays["bias"]).reshape(5, 3, 2)
    predictions, *labels = session.run(None, {"input": x})
    np.testing.assert_allclose(predictions, rows / rows.sum(axis=2, keepdims=True), rtol=1e-5)
    if task == "mine/next-token":
        assert labels == []
    else:
        expected = np.array(["yes", "no"])[rows[:4].argmax(axis=2)]
        assert labels[0].tolist() == [*expected.tolist(), ["", "", ""]]


def test_no_preprocessing_is_left_out_for_an_input_that_is_asked_for():
    dense = TrainedLayer(NamedComponent("nnzoo/dense"), (2,), (1,))
    feature = TrainedFeature((TrainedStep(NamedComponent("nnzoo/standardize")),))
    problem = Problem((2,), (1,), (1,))
    trained = TrainedNetwork((dense,), NamedComponent("nnzoo/mse"), REGRESSION, problem, (feature,))
    for given in ("float32", "uint8"):
        with pytest.raises(UsageError, match="nnzoo/standardize"):
            Onnx(input=given).export(trained)


def test_the_metadata_describe_it(network, exported):
    names = ("ankle boot", 'a "quoted" name', "ß漢🙂")
    dnn = network((4,), 3, model="mlp:hidden=5", class_names=names)
    session = onnxruntime.InferenceSession(exported(dnn, "onnx"))
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["class_names"]) == json.loads(metadata["names"]) == list(names)
    assert (metadata["task"], float(metadata["scale"])) == ("nnzoo/classification", 1 / 255)
    assert (metadata["model"], metadata["activation"]) == ("mlp:hidden=5", "relu")
    assert len(metadata["sha256"]) == 64
    x = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
    (labels,) = session.run(["label"], {"input": x})
    assert labels.tolist() == [names[number] for number in dnn.predict(x)]


@pytest.mark.parametrize(
    ("layer", "loss", "message"),
    [
        ("mine/dense", "nnzoo/mse", "exporter onnx does not know the layer mine/dense"),
        ("dense", "nnzoo/mse", "exporter onnx does not know the layer dense"),
        ("nnzoo/dense", "mine/mse", "exporter onnx does not know the loss mine/mse"),
    ],
)
def test_what_has_a_known_name_but_is_another_plugins_is_refused(layer, loss, message):
    arrays = {"weight": np.ones((2, 1), np.float32), "bias": np.ones(1, np.float32)}
    dense = TrainedLayer(NamedComponent(layer), (2,), (1,), arrays)
    with pytest.raises(UsageError, match=message) as caught:
        Onnx().export(TrainedNetwork((dense,), NamedComponent(loss), REGRESSION, Problem((2,), (1,), (1,))))
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(KNOWN)


def nnzoo(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "nnzoo", *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )


def test_the_command_exports_a_run(tmp_path):
    done = nnzoo(tmp_path, "train", "--dataset", "digits", "--epochs", "2", "--run-dir", "run")
    assert done.returncode == 0, done.stderr
    done = nnzoo(tmp_path, "export", "run", "--format", "onnx", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"format": "onnx:input=raw", "files": ["run/model.onnx"]}
    metadata = onnxruntime.InferenceSession(tmp_path / "run/model.onnx").get_modelmeta().custom_metadata_map
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert float(metadata["test_accuracy"]) == record["results"]["test_accuracy"]
    assert metadata["dataset"] == "nnzoo/digits"
