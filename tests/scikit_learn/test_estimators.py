"""`NNClassifier` and `NNRegressor`: results, attributes and refusals."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from nnzoo import NnzooError
from nnzoo.builtin.activations import Sigmoid
from nnzoo.builtin.optimizers import Momentum
from nnzoo.errors import DivergedError
from nnzoo.kinds import Split
from nnzoo.nn.threads import blas_threads
from nnzoo.sklearn import NNClassifier, NNRegressor
from nnzoo.sklearn.inputs import parted


def held_out_loss(network, x, y):
    """Cross-entropy on data, from the probabilities."""
    probabilities = network.predict_proba(x)
    return -np.log(probabilities[np.arange(len(x)), np.searchsorted(network.classes_, y)]).mean()


def digits_parts():
    x, y = load_digits(return_X_y=True)
    return train_test_split(x / 16, y, random_state=0, stratify=y)


def test_the_defaults_suit_digits():
    x_train, x_test, y_train, y_test = digits_parts()
    assert NNClassifier(random_state=0).fit(x_train, y_train).score(x_test, y_test) > 0.965


@pytest.mark.thorough
def test_digits_are_learnt_as_well_as_by_scikit_learn():
    x_train, x_test, y_train, y_test = digits_parts()
    ours = [NNClassifier(random_state=seed).fit(x_train, y_train).score(x_test, y_test) for seed in range(2)]
    with blas_threads(1):  # two wait for each other on a busy machine
        theirs = [
            MLPClassifier(random_state=seed, max_iter=500).fit(x_train, y_train).score(x_test, y_test)
            for seed in range(2)
        ]
    assert np.mean(ours) > np.mean(theirs) - 0.01


@pytest.mark.parametrize(
    "components",
    [
        {},
        {"activation": "sigmoid"},
        {"activation": Sigmoid(), "optimizer": Momentum(beta=0.8)},
        {"optimizer": "momentum:beta=0.8", "schedule": "one-cycle:warmup=0.1"},
        {"optimizer": "sgd", "schedule": "constant"},
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": 30},
        {"hidden_layer_sizes": [30, 20]},
        {"loss": "mse"},
        {"batch_size": 16, "learning_rate": 0.5, "weight_decay": 0.0},
    ],
    ids=str,
)
def test_any_component_classifies(iris, components):
    x, y = iris
    network = NNClassifier(max_iter=50, random_state=0, **components).fit(x, y)
    assert network.score(x, y) > 0.9
    assert network.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert network.n_iter_ == len(network.loss_curve_) == 50
    assert network.loss_curve_[-1] < network.loss_curve_[0] / 2
    assert network.validation_loss_curve_ is None


@pytest.mark.parametrize("components", [{}, {"activation": "sigmoid"}, {"optimizer": "sgd"}], ids=str)
def test_defaults_suit_regression(friedman, components):
    x, y = friedman
    network = NNRegressor(random_state=0, **components).fit(1000 * x, y)
    assert network.score(1000 * x, y) > 0.6
    assert network.loss_curve_[-1] < 0.4  # of the 1 that the mean costs


@pytest.mark.parametrize("stretch", [1, 1e-6, 1e8])
def test_targets_of_any_size_are_learnt_alike(friedman, stretch):
    x, y = friedman
    plain = NNRegressor(random_state=0, max_iter=20).fit(x, y)
    other = NNRegressor(random_state=0, max_iter=20).fit(x, stretch * (y + 100))
    np.testing.assert_allclose(other.predict(x), stretch * (plain.predict(x) + 100), rtol=1e-6)
    np.testing.assert_allclose(other.loss_curve_, plain.loss_curve_, rtol=1e-6)


def test_predictions_have_the_shape_of_the_targets(friedman):
    x, y = friedman
    for targets in (y, y[:, None], np.column_stack([y, -y, x[:, 0]])):
        network = NNRegressor(max_iter=30, random_state=0).fit(x, targets)
        assert network.predict(x[:7]).shape == targets[:7].shape
        assert network.n_outputs_ == (1 if targets.ndim == 1 else targets.shape[1])
        assert network.score(x, targets) > 0.6


def test_a_far_offset_survives_float32(friedman):
    x, y = friedman
    network = NNRegressor(random_state=0, max_iter=50).fit(x.astype(np.float32), y + 1e8)
    assert network.score(x, y + 1e8) > 0.7


def test_probabilities_are_those_of_the_predicted_class(iris):
    x, y = iris
    network = NNClassifier(max_iter=30, random_state=0).fit(x, y)
    probabilities = network.predict_proba(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (network.classes_[probabilities.argmax(axis=1)] == network.predict(x)).all()
    assert not hasattr(NNClassifier(loss="mse"), "predict_proba")


def test_float32_stays_float32(iris):
    x, y = iris
    single = NNClassifier(max_iter=5, random_state=0).fit(x.astype(np.float32), y)
    double = NNClassifier(max_iter=5, random_state=0).fit(x, y)
    assert single.predict_proba(x).dtype == np.float32
    assert double.predict_proba(x.astype(np.float32)).dtype == np.float64
    np.testing.assert_allclose(single.predict_proba(x), double.predict_proba(x), atol=1e-4)


@pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])
def test_the_same_random_state_gives_the_same_result(friedman, estimator):
    x, y = friedman
    y = y > 15 if estimator is NNClassifier else y

    def fitted(random_state):
        return estimator(max_iter=5, batch_size=32, early_stopping=True, random_state=random_state).fit(x, y)

    first, again, other = fitted(3), fitted(3), fitted(4)
    assert first.loss_curve_ == again.loss_curve_ != other.loss_curve_
    generator = fitted(np.random.RandomState(3))
    assert generator.loss_curve_ == first.loss_curve_
    np.random.seed(3)  # noqa: NPY002  it is what random_state=None stands for
    assert fitted(None).loss_curve_ == first.loss_curve_


@pytest.mark.parametrize("given", [True, False], ids=["X_val", "validation_fraction"])
def test_early_stopping_restores_the_best_epoch(given):
    """Labels are noise, so that the validation loss soon rises."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((200, 10)), rng.integers(0, 2, 200)
    extra = {"X_val": rng.standard_normal((50, 10)), "y_val": rng.integers(0, 2, 50)} if given else {}
    network = NNClassifier(early_stopping=True, n_iter_no_change=4, validation_fraction=0.25, random_state=0)
    network.fit(x, y, **extra)
    curve = network.validation_loss_curve_
    assert len(curve) == network.n_iter_ < network.max_iter
    assert np.argmin(curve) == len(curve) - 1 - 4
    if given:
        assert held_out_loss(network, extra["X_val"], extra["y_val"]) == pytest.approx(min(curve))
        shorter = NNClassifier(random_state=0).fit(x, y, **extra)
        assert shorter.validation_loss_curve_[: len(curve)] == curve  # measuring alone does not stop
        assert shorter.n_iter_ == shorter.max_iter


def test_the_held_out_part_is_not_trained_on():
    """Each sample has a column of its own, so the weights of one that was held out stay as they began."""
    x, y = np.eye(40), np.repeat(list("abcd"), 10)
    settings = {"early_stopping": True, "validation_fraction": 0.2, "random_state": 0, "weight_decay": 0.0}
    early, late = (
        NNClassifier(max_iter=epochs, n_iter_no_change=99, **settings).fit(x, y)._learner.network.parameters
        for epochs in (1, 9)
    )
    same = (early["0.dense.weight"] == late["0.dense.weight"]).all(axis=1)
    assert np.count_nonzero(same) == 8
    assert "".join(y[same]) == "aabbccdd"


def test_parts_are_whole_and_have_every_class():
    weights = np.arange(60.0)
    samples = Split(np.arange(60.0)[:, None], np.arange(60) % 12 // 11, weights=weights)
    kept, held_out = parted(samples, 0.2, 0, stratify=True)
    assert sorted([*kept.weights, *held_out.weights]) == weights.tolist()
    for part, size in ((kept, 48), (held_out, 12)):
        assert (part.inputs[:, 0] == part.weights).all()
        assert (part.targets == part.weights % 12 // 11).all()
        assert (len(part.targets), part.targets.sum()) == (size, size / 12)


def test_validation_data_are_measured_but_not_trained_on(iris):
    x, y = iris
    plain = NNClassifier(max_iter=10, random_state=0).fit(x, y)
    measured = NNClassifier(max_iter=10, random_state=0).fit(x, y, X_val=x[::5], y_val=y[::5])
    assert measured.loss_curve_ == plain.loss_curve_
    assert held_out_loss(measured, x[::5], y[::5]) == pytest.approx(measured.validation_loss_curve_[-1])


def test_large_inputs_are_scaled_by_one_number(iris):
    x, y = iris
    assert NNClassifier(max_iter=1).fit(x, y).input_scale_ == 1
    large = NNClassifier(max_iter=30, random_state=0).fit(1e6 * x, y)
    assert large.input_scale_**2 * (1e12 * x**2).sum(axis=1).mean() == pytest.approx(20)
    assert large.score(1e6 * x, y) > 0.9


def test_verbose_prints_a_line_for_each_epoch(iris):
    with redirect_stdout(io.StringIO()) as printed:
        NNClassifier(max_iter=3, verbose=True).fit(*iris)
        NNClassifier(max_iter=3).fit(*iris)
    assert [line.split(",")[0] for line in printed.getvalue().splitlines()] == ["epoch 1", "epoch 2", "epoch 3"]


def test_columns_of_a_table_keep_their_names(iris):
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    x, y = iris
    table = pandas.DataFrame(x, columns=list("abcd"))
    network = NNClassifier(max_iter=2).fit(table, y)
    assert network.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names"):
        network.predict(table.rename(columns={"a": "z"}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": "rellu"}, "no activation 'rellu'.*did you mean relu"),
        ({"optimizer": "momentum:betta=1"}, "no hyperparameter 'betta'"),
        ({"schedule": "no-such"}, "no schedule"),
        ({"loss": "no-such"}, "no loss"),
        ({"optimizer": Sigmoid()}, "not a component of kind optimizer"),
        ({"hidden_layer_sizes": (10, 0)}, "hidden_layer_sizes = 10,0 is not allowed"),
        ({"hidden_layer_sizes": (2.5,)}, "hidden_layer_sizes"),
        ({"max_iter": 0}, "max_iter = 0 is not allowed"),
        ({"batch_size": 0}, "batch_size = 0 is not allowed"),
        ({"batch_size": "all"}, "batch_size = all is not allowed"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"weight_decay": -1}, "weight_decay"),
        ({"early_stopping": 2}, "early_stopping"),
        ({"validation_fraction": 1.0}, "validation_fraction"),
        ({"n_iter_no_change": 0}, "n_iter_no_change"),
    ],
    ids=str,
)
def test_a_bad_argument_is_named(iris, arguments, message):
    network = NNClassifier(**arguments)  # a constructor checks nothing, as scikit-learn has it
    with pytest.raises(ValueError, match=f"(?s){message}") as caught:
        network.fit(*iris)
    assert isinstance(caught.value, NnzooError)


def test_data_that_do_not_fit_are_refused(iris, friedman):
    x, y = iris
    network = NNClassifier(max_iter=1)
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        network.fit(x, y, X_val=x)
    with pytest.raises(ValueError, match=r"y_val.0. is 'rose', which is not among the classes"):
        network.fit(x, y, X_val=x[:1], y_val=["rose"])
    with pytest.raises(ValueError, match="features"):
        network.fit(x, y, X_val=x[:, :2], y_val=y)
    with pytest.raises(ValueError, match="is for classes"):
        NNRegressor(loss="softmax-cross-entropy").fit(*friedman)
    with pytest.raises(ValueError, match="X holds values whose squares overflow"):
        network.fit(x * 1e200, y)
    with pytest.raises(ValueError, match="y holds values whose squares overflow"):
        NNRegressor().fit(x, np.linspace(-1e300, 1e300, len(x)))
    with pytest.raises(ValueError, match="2 outputs, but the network has 1"):
        NNRegressor().fit(x, x[:, 0], X_val=x, y_val=x[:, :2])


def test_an_estimator_that_diverged_is_not_fitted(iris):
    x, y = iris
    network = NNClassifier(max_iter=3, random_state=0).fit(x, y)
    with pytest.raises(DivergedError, match="learning_rate below 1e"):
        network.set_params(learning_rate=1e200, optimizer="sgd", schedule="constant", weight_decay=0.0).fit(x, y)
    with pytest.raises(NotFittedError):
        network.predict(x)
