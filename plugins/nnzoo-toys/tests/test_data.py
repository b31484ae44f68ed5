"""The data sets: what every loader owes, what each is, and that it is the same each time."""

from dataclasses import replace

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, load_dataset, registry
from nnzoo.api import HyperparameterError
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.testing import parametrize_with_checks

from nnzoo_toys import (
    Blobs,
    Checkerboard,
    Circles,
    DigitTraits,
    Mnist1d,
    Moons,
    Shapes,
    Sines,
    Spirals,
    Xor,
    nnzoo_datasets,
    nnzoo_figures,
    nnzoo_layers,
    nnzoo_models,
)

POINTS = [Moons(), Circles(), Spirals(), Xor(), Blobs(), Checkerboard(), Sines()]
ALL = [*POINTS, Mnist1d(samples=500), Shapes(samples=400)]
each = pytest.mark.parametrize("loader", ALL, ids=str)


@parametrize_with_checks([*ALL, Spirals(arms=5), Sines(inputs=2), Checkerboard(cells=5), DigitTraits()])
def test_conformance(check):
    check()


def test_names():
    found = {
        "dataset": tuple(loader.name for loader in nnzoo_datasets()),
        "figure": tuple(figure.name for figure in nnzoo_figures()),
        "layer": tuple(layer.name for layer in nnzoo_layers()),
        "model": tuple(model.name for model in nnzoo_models()),
    }
    assert KNOWN_PACKAGES["nnzoo-toys"] == found  # what nnzoo says where it is not installed
    assert {registry.provider(loader).distribution for loader in ALL} == {"nnzoo-toys"}


@each
def test_the_seed_decides_every_bit(loader):
    first, again, other = (replace(loader, seed=seed).load(None).sha256() for seed in (1, 1, 2))
    assert first == again
    assert first != other


@each
def test_a_fifth_is_for_testing_and_classes_are_equally_frequent(loader):
    data = loader.load(None)
    assert len(data.train) + len(data.test) == loader.samples
    assert len(data.test) == pytest.approx(loader.samples / 5, abs=5)
    for split in (data.train, data.test):
        if data.class_names:
            counts = np.bincount(split.targets, minlength=len(data.class_names))
            assert np.ptp(counts) <= 2


@pytest.mark.parametrize(
    "loader", [Moons(samples=50), Spirals(samples=50, arms=10), Blobs(samples=50, classes=10), Mnist1d(samples=100)]
)
def test_the_fewest_samples_have_every_class_in_both_parts(loader):
    data = loader.load(None)
    for split in (data.train, data.test):
        assert set(split.targets) == set(range(len(data.class_names)))


@pytest.mark.parametrize(
    ("loader", "options"),
    [(Moons, {"noise": -0.1}), (Circles, {"factor": 1.0}), (Spirals, {"arms": 1}), (Blobs, {"noise": 0.0})],
)
def test_values_that_make_no_sense_are_refused(loader, options):
    with pytest.raises(HyperparameterError, match=next(iter(options))):
        loader(**options)


def points_of(loader):
    data = loader.load(None)
    return np.stack([data.train.inputs[name] for name in data.train.inputs], axis=1), data.train.targets


def test_without_noise_points_lie_on_their_curves():
    points, labels = points_of(Moons(noise=0))
    centers = np.array([[0, 0], [1, 0.5]])[labels]
    np.testing.assert_allclose(np.hypot(*(points - centers).T), 1, atol=1e-5)

    points, labels = points_of(Circles(noise=0, factor=0.3))
    np.testing.assert_allclose(np.hypot(*points.T), np.where(labels == 0, 1, 0.3), atol=1e-5)

    points, labels = points_of(Spirals(noise=0, arms=4, turns=1))
    radii, angles = np.hypot(*points.T), np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi)
    off = (angles - radii - labels / 4 + 0.5) % 1 - 0.5
    assert np.abs(off[radii > 0.01]).max() < 1e-4


def test_without_noise_squares_have_one_color():
    points, labels = points_of(Xor(noise=0))
    assert np.array_equal(points[:, 0] * points[:, 1] < 0, labels == 1)
    points, labels = points_of(Checkerboard(cells=5))
    squares = np.floor((points + 1) * 2.5).astype(int)
    assert np.array_equal(squares.sum(axis=1) % 2, labels)
    assert len(np.unique(squares, axis=0)) == 25


def test_blobs_and_noise_have_the_size_that_is_asked_for():
    points, labels = points_of(Blobs(samples=20_000, noise=0.2, classes=3))
    for label in range(3):
        cloud, angle = points[labels == label], 2 * np.pi * label / 3
        np.testing.assert_allclose(cloud.mean(axis=0), [np.cos(angle), np.sin(angle)], atol=0.02)
        np.testing.assert_allclose(cloud.std(axis=0), 0.2, rtol=0.05)


def test_sines_are_sines():
    data = Sines(noise=0, inputs=2, waves=3).load(None)
    x, y = data.train.inputs["x"], data.train.inputs["y"]
    expected = np.sin(3 * np.pi * x) + np.sin(3 * np.pi * y)
    np.testing.assert_allclose(data.train.targets[:, 0], expected, atol=1e-4)
    assert data.value_names == ("value",)


def test_mnist_1d_has_the_papers_sizes():
    data = load_dataset("mnist-1d")
    assert (len(data.train), len(data.test), data.input_shape) == (4000, 1000, (40,))
    assert data.train.inputs.dtype == np.float32
    assert list(np.bincount(data.test.targets)) == [100] * 10


def test_a_curve_of_mnist_1d_may_begin_anywhere_and_goes_round():
    data = Mnist1d(samples=4000, noise=0).load(None)
    highest = np.abs(data.train.inputs).argmax(axis=1)
    assert set(highest) == set(range(40))


@pytest.mark.parametrize(("name", "least"), [("moons", 0.97), ("spirals:samples=600", 0.9)])
def test_a_network_learns_it_from_raw_points(name, least):
    data = load_dataset(name)
    dnn = DeepNeuralNetwork.for_dataset(data, model="mlp:hidden=32")
    dnn.train(data, epochs=60, batch_size=32, learning_rate=0.5, verbose=False)
    assert dnn.history[-1].test_accuracy > least


def test_shapes_are_what_their_targets_say():
    data = Shapes(samples=400, noise=0).load(None)
    area = (data.train.inputs.astype(float) - 20).sum(axis=(1, 2)) / 200
    radius, shape = data.train.targets["radius"], data.train.targets["shape"]
    square = shape == "square"
    np.testing.assert_allclose(area[square], (2 * radius[square]) ** 2, rtol=0.03)
    disk = shape == "disk"
    np.testing.assert_allclose(area[disk], np.pi * radius[disk] ** 2, rtol=0.05)


def test_a_network_predicts_shape_and_radius_at_once():
    data = load_dataset("shapes:noise=10")
    dnn = DeepNeuralNetwork.for_dataset(data, seed=0)
    dnn.train(data, epochs=10, verbose=False)
    answers = dnn.predict(data.test.inputs)
    right = answers["shape"] == data.test.targets["shape"]
    assert right.mean() > 0.6
    assert np.abs(answers["radius"].reshape(-1) - data.test.targets["radius"]).mean() < 0.5


def test_digits_have_the_traits_that_they_have():
    traits, digits = load_dataset("digit-traits"), load_dataset("digits")
    eights = traits.test.targets[digits.test.targets == 8]
    assert eights.tolist() == [[1, 0, 1, 1]] * len(eights)
    assert not traits.test.targets[digits.test.targets == 1].any()
