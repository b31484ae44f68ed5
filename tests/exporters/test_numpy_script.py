"""The exporter `numpy`: its script runs where there is NumPy and no nnzoo, and computes what nnzoo computes."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import NamedComponent, Problem, TrainedLayer, TrainedNetwork
from nnzoo.builtin.exporters import NumpyScript
from nnzoo.plugins.registry import Registry

REGISTRY = Registry(disabled=["all"])
MOST = 1e-6
"""The largest difference of a probability."""

AWKWARD = (
    "it's",
    'a "quote"',
    '"]; import os; ["',
    '"""',
    "a\nline\r",
    "\\",
    "\\N{BULLET}",
    "$layers",
    "{row}",
    "\ud800",
    "",
)


@pytest.fixture(scope="module")
def digits():
    """A network trained a little, whose biases are thus not zero."""
    data = load_dataset("digits")
    dnn = DeepNeuralNetwork.for_dataset(data, model="mlp:hidden=32,16", registry=REGISTRY)
    dnn.train(data, epochs=2, verbose=False)
    return dnn


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_where_there_is_no_nnzoo_it_predicts_the_same(digits, exported, tmp_path, dtype):
    pixels = np.random.default_rng(0).integers(0, 17, (1000, 8, 8))
    samples = (pixels if dtype == np.uint8 else pixels / 10).astype(dtype)
    script = exported(digits)
    np.save(tmp_path / "samples.npy", samples)
    done = script.run("samples.npy", "--out", "predictions.npy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    predictions, expected = np.load(tmp_path / "predictions.npy"), digits.predict_proba(samples)
    assert predictions.dtype == np.float32
    assert np.ptp(expected, axis=0).min() > 0.1
    np.testing.assert_allclose(predictions, expected, rtol=0, atol=MOST)


def test_it_prints_class_and_probability_of_each_sample(digits, exported, tmp_path):
    samples = load_dataset("digits").test.inputs[:25]
    np.save(tmp_path / "samples.npy", samples)
    done = exported(digits).run("samples.npy")
    assert (done.returncode, done.stderr) == (0, "")
    probabilities = digits.predict_proba(samples)
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["row", "answer", "probability"],
        *([str(row), str(p.argmax()), f"{p.max():.2%}"] for row, p in enumerate(probabilities, 1)),
    ]


def test_a_sample_may_be_one_row_of_values(digits, exported):
    samples, predict = load_dataset("digits").test.inputs[:5], exported(digits).load().predict
    np.testing.assert_array_equal(predict(samples.reshape(5, 64)), predict(samples))


def test_it_says_what_is_wrong_with_a_file(digits, exported, tmp_path, monkeypatch, capsys):
    script = exported(digits)
    bad = {"shape": np.zeros((3, 63)), "scalar": np.float64(1), "empty": np.zeros((0, 64)), "text": np.array(["1"])}
    bad |= {"infinite": np.full((2, 64), np.inf), "large": np.full((2, 64), 3000.0), "objects": np.array([{}] * 3)}
    for name, array in bad.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "csv.npy").write_text("1, 2, 3")
    main = script.load().main
    for name in (*bad, "csv", "missing"):
        monkeypatch.setattr("sys.argv", ["network.py", str(tmp_path / f"{name}.npy")])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 2, name
        output, errors = capsys.readouterr()
        assert output == ""
        assert ": error: " in errors
    done = script.run("shape.npy")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("activation", REGISTRY.names("activation"))
def test_every_built_in_activation(exported, activation):
    dnn = DeepNeuralNetwork([6, 8, 3], activation, registry=REGISTRY)
    x = np.random.default_rng(1).standard_normal((1000, 6)).astype(np.float32)
    np.testing.assert_allclose(exported(dnn).load().predict(x), dnn.predict_proba(x), rtol=0, atol=MOST)


def test_regression(exported, tmp_path):
    dnn = DeepNeuralNetwork([2, 5, 2], "sigmoid", task="regression", registry=REGISTRY)
    x = np.random.default_rng(2).standard_normal((1000, 2)).astype(np.float32)
    script = exported(dnn)
    np.testing.assert_allclose(script.load().predict(x), dnn.predict(x), rtol=0, atol=MOST)
    np.save(tmp_path / "samples.npy", x[:2])
    done = script.run("samples.npy")
    header, *rows = [line.split() for line in done.stdout.splitlines()]
    assert header == ["row", "0", "1"]
    np.testing.assert_allclose([[float(cell) for cell in row[1:]] for row in rows], dnn.predict(x[:2]), rtol=1e-3)


# --- layers of packages that the core's tests do without: their definitions, in plain Python


def network_of(*layers, shape, outputs):
    """A network of layers of other packages, without a loss that changes what they yield."""
    return TrainedNetwork(
        tuple(TrainedLayer(NamedComponent(name, options), shape, outputs, arrays) for name, options, arrays in layers),
        NamedComponent("nnzoo/mse"),
        NamedComponent("nnzoo/regression"),
        Problem(shape, outputs, outputs),
    )


@pytest.mark.parametrize(
    ("name", "options", "function"),
    [
        ("tanh", {}, math.tanh),
        ("leaky-relu", {"negative_slope": 0.3}, lambda z: z if z > 0 else 0.3 * z),
        ("elu", {"alpha": 0.5}, lambda z: z if z > 0 else 0.5 * math.expm1(z)),
        ("gelu", {}, lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2))),
        ("silu", {}, lambda z: z / (1 + math.exp(-z))),
        ("softplus", {}, lambda z: math.log1p(math.exp(z))),
    ],
)
def test_activations_of_nnzoo_activations(written, name, options, function):
    activation = NamedComponent(f"nnzoo-activations/{name}", options)
    trained = network_of(("nnzoo/activate", {"activation": activation}, {}), shape=(321,), outputs=(321,))
    z = np.linspace(-8, 8, 321, dtype=np.float32)
    outputs = written(NumpyScript().export(trained)).load().predict(z[None])
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, [[function(float(v)) for v in z]], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "channels", "padding", "stride", "zeros"),
    [
        ((7, 5), "first", "valid", 1, ((0, 0), (0, 0))),
        ((2, 6, 5), "first", 1, 2, ((1, 1), (1, 1))),
        ((6, 5, 2), "last", 1, 1, ((1, 1), (1, 1))),
        ((2, 6, 7), "first", "same", 2, ((0, 1), (1, 1))),
    ],
)
def test_convolution_as_nnzoo_conv_defines_it(written, shape, channels, padding, stride, zeros):
    k, filters, rng = 3, 4, np.random.default_rng(3)
    x = rng.standard_normal((2, *shape)).astype(np.float32)
    image = x[:, None] if x.ndim == 3 else x if channels == "first" else x.transpose(0, 3, 1, 2)
    image = np.pad(image, ((0, 0), (0, 0), *zeros))
    _, c, height, width = image.shape
    weight = rng.standard_normal((k, c * k, filters)).astype(np.float32)
    bias = rng.standard_normal(filters).astype(np.float32)
    expected = np.empty((2, filters, (height - k) // stride + 1, (width - k) // stride + 1))
    for n, f, u, v in np.ndindex(expected.shape):
        window = image[n, :, stride * u : stride * u + k, stride * v : stride * v + k]
        expected[n, f, u, v] = bias[f] + sum(
            weight[i, channel * k + j, f] * window[channel, i, j] for channel, i, j in np.ndindex(c, k, k)
        )
    options = {"kernel_size": k, "stride": stride, "padding": padding, "channels": channels}
    arrays = {"weight": weight, "bias": bias}
    trained = network_of(("nnzoo-conv/conv2d", options, arrays), shape=shape, outputs=expected.shape[1:])
    outputs = written(NumpyScript().export(trained)).load().predict(x)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("size", "stride"), [(2, 0), (3, 2), (2, 1)])
def test_pooling_as_nnzoo_conv_defines_it(written, size, stride):
    x, step = np.random.default_rng(4).standard_normal((2, 3, 7, 6)).astype(np.float32), stride or size
    expected = np.empty((2, 3, (7 - size) // step + 1, (6 - size) // step + 1))
    for n, c, u, v in np.ndindex(expected.shape):
        expected[n, c, u, v] = x[n, c, step * u : step * u + size, step * v : step * v + size].max()
    layer = ("nnzoo-conv/maxpool2d", {"size": size, "stride": stride}, {})
    trained = network_of(layer, shape=(3, 7, 6), outputs=expected.shape[1:])
    np.testing.assert_array_equal(written(NumpyScript().export(trained)).load().predict(x), expected)


@pytest.mark.parametrize("shape", [(4,), (4, 2, 3)])
def test_normalization_dropout_and_flattening_as_nnzoo_conv_defines_them(written, shape):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((10, *shape)).astype(np.float32)
    arrays = {name: rng.random(4, dtype=np.float32) for name in ("scale", "shift", "mean", "variance")}
    values = x.reshape(10, 4, -1)
    scale, shift, mean, variance = (arrays[name][:, None] for name in ("scale", "shift", "mean", "variance"))
    expected = (scale * (values - mean) / np.sqrt(variance + 0.1) + shift).reshape(10, -1)
    trained = network_of(
        ("nnzoo-conv/batchnorm", {"epsilon": 0.1, "momentum": 0.9}, arrays),
        ("nnzoo-conv/dropout", {"rate": 0.5}, {}),
        ("nnzoo-conv/flatten", {}, {}),
        shape=shape,
        outputs=expected.shape[1:],
    )
    outputs = written(NumpyScript().export(trained)).load().predict(x)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("task", ["nnzoo/classification", "mine/next-token"])
def test_several_positions_in_a_sample(written, task, tmp_path):
    """The last layer's outputs are rows, one for each position, and each has its own softmax."""
    rng, problem = np.random.default_rng(6), Problem((4,), (3, 2), (3,), ("yes", "no"))
    arrays = {"weight": rng.standard_normal((4, 6), np.float32), "bias": rng.standard_normal(6, np.float32)}
    dense = TrainedLayer(NamedComponent("nnzoo/dense"), (4,), (6,), arrays)
    loss = NamedComponent("nnzoo/softmax-cross-entropy")
    script = written(NumpyScript().export(TrainedNetwork((dense,), loss, NamedComponent(task), problem)))
    x = rng.standard_normal((5, 4), np.float32)
    rows = np.exp(x @ arrays["weight"] + arrays["bias"]).reshape(5, 3, 2)
    expected = rows / rows.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(script.load().predict(x), expected, rtol=1e-5)
    np.save(tmp_path / "samples.npy", x)
    done = script.run("samples.npy")
    assert (done.returncode, done.stderr) == (0, "")
    header, *lines = [re.split("  +", line) for line in done.stdout.splitlines()]
    assert header == ["row", "0: yes", "0: no", "1: yes", "1: no", "2: yes", "2: no"]
    np.testing.assert_allclose(
        [[float(cell) for cell in line[1:]] for line in lines], expected.reshape(5, 6), rtol=1e-4
    )


# --- what it looks like


def test_class_names_and_facts_are_text_whatever_is_in_them(written):
    arrays = {"weight": np.eye(len(AWKWARD), dtype=np.float32), "bias": np.zeros(len(AWKWARD), np.float32)}
    dense = TrainedLayer(NamedComponent("nnzoo/dense"), (len(AWKWARD),), (len(AWKWARD),), arrays)
    facts = dict(zip(AWKWARD, reversed(AWKWARD), strict=True))
    loss, task = NamedComponent("nnzoo/softmax-cross-entropy"), NamedComponent("nnzoo/classification")
    problem = Problem((len(AWKWARD),), (len(AWKWARD),), (), AWKWARD)
    script = written(NumpyScript().export(TrainedNetwork((dense,), loss, task, problem, facts=facts)))
    module = script.load()
    assert (tuple(module.NAMES), module.ABOUT) == (AWKWARD, facts)
    np.save(script.path.with_name("each.npy"), 9 * np.eye(len(AWKWARD)))
    done = script.run("each.npy")
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", len(AWKWARD) + 1)


def test_the_script_is_as_tidy_as_our_own(digits, exported):
    assert exported(digits).faults() == ""
