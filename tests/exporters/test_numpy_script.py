"""The exporter `numpy`: its script runs where there is NumPy and no nnzoo, and computes what nnzoo computes."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import NamedComponent, Problem, TrainedLayer, TrainedNetwork
from nnzoo.builtin.exporters import NumpyScript
from nnzoo.builtin.layers import Dense
from nnzoo.builtin.losses import SoftmaxCrossEntropy
from nnzoo.model.exporting import named_component
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
def test_without_nnzoo_it_predicts_the_same(digits, exported, tmp_path, dtype):
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


def test_a_reader_that_goes_early_is_not_an_error(digits, exported, tmp_path):
    np.save(tmp_path / "many.npy", np.zeros((20_000, 64)))  # more lines than a pipe holds
    script = exported(digits)
    with subprocess.Popen(
        [sys.executable, "-B", script.path, tmp_path / "many.npy"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


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
        assert ("is not a .npy file" in errors) == (name == "csv")
    done = script.run("shape.npy")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.filterwarnings("ignore:this network has not been trained")
@pytest.mark.parametrize("activation", REGISTRY.names("activation"))
def test_every_built_in_activation(exported, activation):
    dnn = DeepNeuralNetwork([6, 8, 3], activation, registry=REGISTRY)
    x = np.random.default_rng(1).standard_normal((1000, 6)).astype(np.float32)
    np.testing.assert_allclose(exported(dnn).load().predict(x), dnn.predict_proba(x), rtol=0, atol=MOST)


@pytest.mark.filterwarnings("ignore:this network has not been trained")
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


def dense(inputs, outputs, arrays):
    """A fully connected layer, as exporters see it."""
    layer = Dense(outputs)
    component = named_component(layer, full_name, layer.plan((inputs,)), (inputs,))
    return TrainedLayer(component, (inputs,), (outputs,), arrays)


def full_name(component):
    return f"nnzoo/{component.name}"


SOFTMAX = named_component(SoftmaxCrossEntropy(), full_name)


@pytest.mark.parametrize("task", ["nnzoo/classification", "mine/next-token"])
def test_several_positions_in_a_sample(written, task, tmp_path):
    """The last layer's outputs are rows, one for each position, and each has its own softmax."""
    rng, problem = np.random.default_rng(6), Problem((4,), (3, 2), (3,), ("yes", "no"))
    arrays = {"weight": rng.standard_normal((4, 6), np.float32), "bias": rng.standard_normal(6, np.float32)}
    trained = TrainedNetwork((dense(4, 6, arrays),), SOFTMAX, NamedComponent(task), problem)
    script = written(NumpyScript().export(trained))
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
    layers = (dense(len(AWKWARD), len(AWKWARD), arrays),)
    facts = dict(zip(AWKWARD, reversed(AWKWARD), strict=True))
    task = NamedComponent("nnzoo/classification")
    problem = Problem((len(AWKWARD),), (len(AWKWARD),), (), AWKWARD)
    script = written(NumpyScript().export(TrainedNetwork(layers, SOFTMAX, task, problem, facts=facts)))
    module = script.load()
    assert (tuple(module.NAMES), module.ABOUT) == (AWKWARD, facts)
    np.save(script.path.with_name("each.npy"), 9 * np.eye(len(AWKWARD)))
    done = script.run("each.npy")
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", len(AWKWARD) + 1)


def test_the_script_is_as_tidy_as_our_own(digits, exported):
    assert exported(digits).faults() == ""
