"""The exporter `numpy`: its script runs where there is NumPy and no nnzoo, and computes what nnzoo computes."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import NamedComponent, TrainedLayer, TrainedNetwork
from nnzoo.builtin.exporters import NumpyScript
from nnzoo.plugins.registry import Registry
from nnzoo.model.exporting import export_model

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

ALONE = """
import importlib.util, runpy, sys
site, *sys.argv = sys.argv[1:]
sys.path.insert(0, site)
assert importlib.util.find_spec("nnzoo") is None
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Script:
    """An exported network, as somebody has it who has NumPy and nothing else."""

    path: Path
    site: Path

    def load(self):
        """The script as a module of this process."""
        spec = importlib.util.spec_from_file_location("exported_network", self.path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def run(self, *arguments):
        """The script on the command line of a Python that has NumPy and nothing else."""
        command = [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", ALONE, self.site, self.path, *arguments]
        return subprocess.run(
            [str(word) for word in command], cwd=self.path.parent, capture_output=True, encoding="utf-8", check=False
        )


@pytest.fixture
def written(tmp_path):
    """Put an exporter's files on disk, and NumPy alone into a folder for Python's path."""

    def write(files):
        site, path = tmp_path / "site", tmp_path / "network.py"
        site.mkdir()
        installed = Path(np.__file__).parents[1]
        for name in ("numpy", "numpy.libs"):
            if (installed / name).is_dir():
                (site / name).symlink_to(installed / name, target_is_directory=True)
        for suffix, data in files.items():
            path.with_suffix(suffix).write_bytes(data)
        return Script(path, site)

    return write


@pytest.fixture
def exported(written, tmp_path):
    """Save a network, and export the model file."""

    def export(dnn):
        dnn.save(tmp_path / "network.safetensors")
        script = written({})
        export_model(REGISTRY, tmp_path / "network.safetensors", NumpyScript())
        return script

    return export


@pytest.fixture(scope="module")
def digits():
    """A network trained a little, whose biases are thus not zero."""
    data = load_dataset("digits")
    dnn = DeepNeuralNetwork([64, 32, 16, 10], class_names=data.class_names, registry=REGISTRY)
    dnn.image_scale = data.train.scale
    dnn.train(data.train.inputs.reshape(-1, 64), data.train.targets, epochs=2, verbose=False)
    return dnn


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_where_there_is_no_nnzoo_it_predicts_the_same(digits, exported, tmp_path, dtype):
    pixels = np.random.default_rng(0).integers(0, 17, (1000, 64))
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
    samples = load_dataset("digits").test.inputs[:25].reshape(-1, 64)
    np.save(tmp_path / "samples.npy", samples)
    done = exported(digits).run("samples.npy")
    assert (done.returncode, done.stderr) == (0, "")
    probabilities = digits.predict_proba(samples)
    assert done.stdout.splitlines() == [
        f"{number}: {row.argmax()} ({row.max():.1%})" for number, row in enumerate(probabilities)
    ]


def test_it_says_what_is_wrong_with_a_file(digits, exported, tmp_path):
    script = exported(digits)
    np.save(tmp_path / "shape.npy", np.zeros((3, 63)))
    np.save(tmp_path / "scalar.npy", np.float64(1))
    np.save(tmp_path / "empty.npy", np.zeros((0, 64)))
    np.save(tmp_path / "objects.npy", np.array([{}] * 3))
    (tmp_path / "text.npy").write_text("1, 2, 3")
    for name in ("shape", "scalar", "empty", "objects", "text", "missing"):
        done = script.run(f"{name}.npy")
        assert (done.returncode, done.stdout) == (2, ""), name
        assert "Traceback" not in done.stderr
        assert ": error: " in done.stderr


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
    rows = [[float(value) for value in line.split(": ")[1].split()] for line in done.stdout.splitlines()]
    np.testing.assert_allclose(rows, dnn.predict(x[:2]), rtol=1e-5)


# --- layers of packages that the core's tests do without: their definitions, in plain Python


def network_of(*layers, shape, outputs):
    """A network of layers of other packages, without a loss that changes what they yield."""
    return TrainedNetwork(
        tuple(TrainedLayer(NamedComponent(name, options), shape, outputs, arrays) for name, options, arrays in layers),
        NamedComponent("nnzoo/mse"),
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


# --- what it looks like


def test_class_names_and_facts_are_text_whatever_is_in_them(written):
    arrays = {"weight": np.eye(len(AWKWARD), dtype=np.float32), "bias": np.zeros(len(AWKWARD), np.float32)}
    dense = TrainedLayer(NamedComponent("nnzoo/dense"), (len(AWKWARD),), (len(AWKWARD),), arrays)
    facts = dict(zip(AWKWARD, reversed(AWKWARD), strict=True))
    trained = TrainedNetwork((dense,), NamedComponent("nnzoo/softmax-cross-entropy"), 1.0, AWKWARD, facts)
    module = written(NumpyScript().export(trained)).load()
    assert (tuple(module.CLASSES), module.ABOUT) == (AWKWARD, facts)


def test_the_script_is_as_tidy_as_our_own(digits, exported):
    script = exported(digits)
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed; it is part of the dev extra")
    for command in (("check", "--select", "B,E,F,I,N,NPY,PTH,SIM,UP,W,D1"), ("format", "--check")):
        arguments = [*command, "--isolated", "--no-cache", "--line-length", "120", script.path]
        done = subprocess.run([sys.executable, "-m", "ruff", *arguments], capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout + done.stderr
