"""Arrays and arguments that can't be used: one clear message, and nothing is trained."""

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.errors import UsageError

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4)).astype(np.float32)
Y = np.arange(12) % 3


def with_value(array, place, value):
    changed = array.astype(np.float64)
    changed[place] = value
    return changed


def refused(match, *arguments, task="classification", **options):
    """Train with bad input; the error matches, is a ValueError of exit code 2, and the weights are untouched."""
    network = DeepNeuralNetwork([4, 5, 3], task=task)
    before = network.network.parameters.vector.copy()
    with pytest.raises(UsageError, match=match) as caught:
        network.train(*arguments, **{"verbose": False, **options})
    assert isinstance(caught.value, ValueError)
    assert caught.value.exit_code == 2
    np.testing.assert_array_equal(network.network.parameters.vector, before)
    assert network.history == []


@pytest.mark.parametrize(
    ("x", "match"),
    [
        ([], "x_train is empty"),
        (np.empty((0, 4)), "x_train is empty"),
        (X[:, :3], r"x_train has shape \(12, 3\); expected \(samples, 4\)"),
        (X[0], r"x_train has shape \(4,\).*\n.*x\[None\]"),
        (5, r"x_train has shape \(\)"),
        (with_value(X, (7, 2), np.nan), r"x_train\[7, 2\] is nan.*\n.*1 value is not finite"),
        (with_value(X, (0, 3), np.inf), r"x_train\[0, 3\] is inf"),
        (with_value(X, (11, 0), -np.inf), r"x_train\[11, 0\] is -inf"),
        (with_value(X, (3, 1), 1e39), r"x_train\[3, 1\] is 1e\+39, which is not finite in float32"),
        ([[1, 2, 3, 4], [1, 2, 3]], "x_train is ragged"),
        (X.astype(str), "x_train holds .* values; expected numbers"),
        ([["a", "b", "c", "d"]] * 12, "x_train holds"),
        (X.astype(object), "x_train holds object values"),
        (X * 1j, "x_train holds complex64 values"),
        (None, "x_train holds object values"),
        ({"a": 1}, "x_train holds object values"),
        (np.zeros((12, 4), "datetime64[s]"), "x_train holds datetime64"),
    ],
)
def test_inputs(x, match):
    refused(match, x, Y)
    if x is not None:  # which means that there are no test data
        refused(match.replace("x_train", "x_test"), X, Y, x, Y)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        ([], "y_train is empty"),
        (Y[:-1], "y_train has 11 rows for 12 samples"),
        (np.append(Y, 0), "y_train has 13 rows for 12 samples"),
        (2, "y_train has 0 rows for 12 samples"),
        (with_value(Y, 4, -1), r"y_train\[4\] is -1.*\n.*0 … 2"),
        (with_value(Y, 5, 3), r"y_train\[5\] is 3.*\n.*0 … 2"),
        (with_value(Y, 6, 0.5), r"y_train\[6\] is 0\.5, which is not a class label"),
        (with_value(Y, 0, np.nan), r"y_train\[0\] is nan"),
        (with_value(Y, 11, np.inf), r"y_train\[11\] is inf"),
        (Y[:, None], r"y_train has shape \(12, 1\); expected \(12,\)"),
        (np.eye(4)[Y], r"y_train has shape \(12, 4\)"),
        (np.eye(3)[Y] * 2, "y_train has rows that are not one-hot"),
        (np.ones((12, 3)), "y_train has rows that are not one-hot"),
        (np.zeros((12, 3)), "y_train has rows that are not one-hot"),
        (np.full((12, 3), 1 / 3), "y_train has rows that are not one-hot"),
        (Y.astype(str), "y_train holds .* values; expected numbers"),
        (["one"] * 12, "y_train holds"),
        (None, "y_train is missing"),
    ],
)
def test_labels(y, match):
    refused(match, X, y)
    if y is not None:  # which means that there are no test data
        refused(match.replace("y_train", "y_test"), X, Y, X, y)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (X[:, :2], r"y_train has shape \(12, 2\); expected \(12, 3\)"),
        (Y, r"y_train has shape \(12,\); expected \(12, 3\)"),
        (X[:5, :3], "y_train has 5 rows for 12 samples"),
        (with_value(X[:, :3], (2, 1), np.nan), r"y_train\[2, 1\] is nan"),
        (with_value(X[:, :3], (2, 1), -np.inf), r"y_train\[2, 1\] is -inf"),
    ],
)
def test_values_to_predict(y, match):
    refused(match, X, y, task="regression")


@pytest.mark.parametrize("given", [{"x_test": X}, {"y_test": Y}], ids=lambda given: next(iter(given)))
def test_test_data_come_in_pairs(given):
    refused("x_test and y_test go together", X, Y, **given)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"l_rate": 1, "learning_rate": 1}, "two spellings of one argument"),
        ({"optimizer": "sgd", "beta": 0.9}, "optimizer sgd has no hyperparameter 'beta'"),
        ({"beta": 1}, "beta = 1 is not allowed.*\n.*0 <= beta < 1"),
        ({"beta": float("nan")}, "beta = nan"),
        ({"optimizer": "momentum:beta=0.5", "beta": 0.9}, "beta is given twice"),
        ({"optimizer": "momentun"}, "there is no optimizer 'momentun'.*\n.*did you mean momentum"),
        ({"optimizer": None}, "not a component of kind optimizer"),
        ({"schedule": "one-cycl"}, "did you mean one-cycle"),
        ({"batch_size": 0}, "batch_size = 0 is not allowed"),
        ({"batch_size": -5}, "batch_size = -5"),
        ({"batch_size": 1.5}, "batch_size = 1.5"),
        ({"epochs": -1}, "epochs = -1 is not allowed"),
        ({"epochs": 2.5}, "epochs = 2.5"),
        ({"l_rate": 0}, "learning_rate = 0"),
        ({"l_rate": -1}, "learning_rate = -1"),
        ({"learning_rate": float("inf")}, "learning_rate = inf"),
        ({"learning_rate": float("nan")}, "learning_rate = nan"),
        ({"weight_decay": -0.1}, "weight_decay = -0.1"),
        ({"validation": 1}, "validation = 1"),
        ({"validation": -0.1}, "validation = -0.1"),
        ({"validation": float("nan")}, "validation = nan"),
        ({"validation": 0.01}, "validation = 0.01 of 12 training samples leaves one of the two parts empty"),
        ({"validation": 0.99}, "validation = 0.99 of 12 training samples leaves one of the two parts empty"),
    ],
    ids=str,
)
def test_arguments(options, match):
    refused(match, X, Y, **options)


@pytest.mark.parametrize(
    ("x", "match"),
    [
        (X[:, :3], r"x has shape \(12, 3\); expected \(samples, 4\)"),
        (np.ones((2, 5)), r"x has shape \(2, 5\)"),
        (X[0], r"x\[None\]"),
        (X[:0], "x is empty"),
        (with_value(X, (1, 2), np.nan), r"x\[1, 2\] is nan"),
        (X.astype(str), "x holds"),
        ([[1, 2, 3, 4], [1]], "x is ragged"),
    ],
)
def test_predicting(x, match):
    network = DeepNeuralNetwork([4, 5, 3])
    for use in (network.predict, network.predict_proba, lambda x: network.score(x, Y)):
        with pytest.raises(UsageError, match=match):
            use(x)


@pytest.mark.filterwarnings("ignore:this network has not been trained")
def test_scoring_against_labels_that_do_not_fit():
    network = DeepNeuralNetwork([4, 5, 3])
    for y in (Y[:-1], Y + 1, Y - 0.5, None):
        with pytest.raises(UsageError, match=r"^y"):
            network.score(X, y)


@pytest.mark.parametrize(
    "sizes", [[], [4], [4, 0], [4, -1, 3], [4, 2.5, 3], ["4", "3"], "784", [[4, 3]], [4, None], 784, None], ids=repr
)
def test_sizes(sizes):
    with pytest.raises(UsageError, match="sizes"):
        DeepNeuralNetwork(sizes)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"activation": "rellu"}, "there is no activation 'rellu'.*\n.*did you mean relu"),
        ({"activation": "relu:slope=1"}, "activation relu has no hyperparameter 'slope'"),
        ({"activation": None}, "not a component of kind activation"),
        ({"loss": "cross-entropy"}, "there is no loss 'cross-entropy'.*\n.*softmax-cross-entropy"),
        ({"task": "clasification"}, "there is no task 'clasification'"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 1.5}, "seed = 1.5"),
    ],
    ids=str,
)
def test_building(options, match):
    with pytest.raises(UsageError, match=match):
        DeepNeuralNetwork([4, 3], **options)


def test_the_users_arrays_are_never_changed():
    x, y, pixels = X.copy(), Y.copy(), RNG.integers(256, size=(12, 4)).astype(np.uint8)
    original = pixels.copy()
    network = DeepNeuralNetwork([4, 5, 3])
    for inputs in (x, pixels):
        inputs.flags.writeable = y.flags.writeable = False
        network.train(inputs, y, inputs, y, epochs=2, batch_size=5, validation=0.25, verbose=False)
        network.predict(inputs)
        network.predict_proba(inputs)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
    np.testing.assert_array_equal(pixels, original)


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint8, np.float32, np.float64, list, "one-hot"], ids=str)
def test_labels_in_any_form_train_alike(kind):
    y = np.eye(3)[Y] if kind == "one-hot" else Y.tolist() if kind is list else Y.astype(kind)
    one, other = DeepNeuralNetwork([4, 5, 3]), DeepNeuralNetwork([4, 5, 3])
    one.train(X, Y, epochs=1, verbose=False)
    other.train(X, y, epochs=1, verbose=False)
    np.testing.assert_array_equal(one.network.parameters.vector, other.network.parameters.vector)


@pytest.mark.filterwarnings("ignore:this network has not been trained")
def test_pixels_are_scaled_and_other_integers_are_not():
    pixels = RNG.integers(256, size=(12, 4))
    network = DeepNeuralNetwork([4, 5, 3])
    as_bytes = network.predict_proba(pixels.astype(np.uint8))
    np.testing.assert_allclose(as_bytes, network.predict_proba(pixels / 255), rtol=1e-5)
    np.testing.assert_array_equal(network.predict_proba(pixels), network.predict_proba(pixels.astype(np.float32)))
    assert not np.allclose(as_bytes, network.predict_proba(pixels))


@pytest.mark.parametrize(("task", "targets"), [("regression", X[:, :2]), ("multi-label", np.ones((len(X), 2)))])
def test_a_loss_for_classes_is_not_for_values_or_labels(task, targets):
    network = DeepNeuralNetwork([X.shape[1], 2], task=task, loss="softmax-cross-entropy")
    with pytest.raises(UsageError, match="softmax-cross-entropy is for classes"):
        network.train(X, targets, epochs=1, verbose=False)
