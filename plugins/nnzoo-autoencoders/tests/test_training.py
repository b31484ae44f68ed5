"""Trainings of a labelled data set, whose labels are left alone; and what comes of them."""

import json

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import UsageError

from nnzoo_autoencoders import Reconstruction


def figures(folder):
    return json.loads((folder / "run.json").read_text())["results"]


def test_it_learns_to_give_the_input_back_and_knows_nothing_of_accuracy(train):
    folder = train("autoencoder:code=16,hidden=64", "--optimizer", "adam", "--epochs", "8")
    text = (folder / "run.json").read_text() + (folder / "metrics.jsonl").read_text()
    assert "accuracy" not in text
    data = load_dataset("digits")
    x = data.test.array * data.test.scale
    dnn = DeepNeuralNetwork.load(folder / "model.safetensors")
    given_back = dnn.predict(data.test.inputs).reshape(x.shape)
    rmse = float(np.sqrt(np.mean((given_back - x) ** 2, axis=0)).mean())
    assert rmse < 0.8 * x.std(axis=0).mean()
    results = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
    assert results["test_rmse"] == pytest.approx(rmse, rel=1e-4)


def test_accuracy_is_refused(tmp_path):
    data = load_dataset("digits")
    dnn = DeepNeuralNetwork.for_dataset(data, task="reconstruction", model="autoencoder")
    with pytest.raises(UsageError, match="accuracy"):
        dnn.train(data, epochs=1, metrics=["accuracy"], verbose=False)


def test_an_answer_has_the_shape_of_the_sample():
    task = Reconstruction()
    problem = task.problem((2, 3), np.zeros((5, 2, 3)), ())
    assert task.answer(np.arange(6.0), problem) == {"answer": [[0, 1, 2], [3, 4, 5]]}


def test_values_beyond_one_are_not_probabilities():
    """Pixels of digits go up to 1.6: cross-entropy would reward codes that run away."""
    data = load_dataset("digits")
    dnn = DeepNeuralNetwork.for_dataset(
        data, task="reconstruction", model="vae", loss="binary-cross-entropy", activation="relu"
    )
    with pytest.raises(UsageError, match="targets from 0 to 1"):
        dnn.train(data, epochs=1, verbose=False)


def test_a_denoiser_takes_noise_away(train):
    folder = train("denoising:code=32,hidden=128,deviation=0.5", "--optimizer", "adam", "--epochs", "15")
    data = load_dataset("digits")
    x = (data.test.array * data.test.scale).reshape(len(data.test), -1).astype(np.float32)
    noisy = x + 0.5 * np.random.default_rng(0).standard_normal(x.shape, np.float32)
    network = DeepNeuralNetwork.load(folder / "model.safetensors").network
    cleaned = network.predict(noisy.reshape(-1, *network.input_shape))
    assert np.mean((cleaned - x) ** 2) < 0.7 * np.mean((noisy - x) ** 2)


def test_the_loss_of_a_vae_has_the_divergence_in_it(train):
    """With β = 0 it is the squared error alone, and else more."""
    for beta in (0, 0.1):
        folder = train(f"vae:code=2,hidden=32,beta={beta}", "--optimizer", "adam")
        last = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
        dnn, data = DeepNeuralNetwork.load(folder / "model.safetensors"), load_dataset("digits")
        x = (data.test.array * data.test.scale).reshape(len(data.test), -1)
        error = float(np.mean((dnn.predict(data.test.inputs) - x) ** 2))
        assert (last["test_loss"] > error * 1.001) == bool(beta)
