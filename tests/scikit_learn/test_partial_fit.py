"""Learning from a stream, part by part."""

import pickle
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

from nnzoo.api import Optimizer
from nnzoo.sklearn import NNClassifier, NNRegressor

SPECIES = ["virginica", "setosa", "versicolor"]


def parts(x, y, count=5):
    """The data in parts, each a fair sample."""
    return [(x[start::count], y[start::count]) for start in range(count)]


def test_a_stream_is_learnt(iris, friedman):
    network = NNClassifier(batch_size=10, random_state=0)
    for _ in range(8):
        for x, y in parts(*iris):
            assert network.partial_fit(x, y, classes=SPECIES) is network
    assert network.classes_.tolist() == sorted(SPECIES)
    assert network.n_iter_ == len(network.loss_curve_) == 40
    assert network.score(*iris) > 0.9

    regressor = NNRegressor(random_state=0)
    for _ in range(40):
        for x, y in parts(*friedman):
            regressor.partial_fit(x, y)
    assert regressor.score(*friedman) > 0.7


def test_a_class_may_first_occur_in_a_later_part(iris):
    x, y = iris
    network = NNClassifier(random_state=0)
    for species in sorted(SPECIES):
        network.partial_fit(x[y == species], y[y == species], classes=SPECIES)
    assert network.predict_proba(x).shape == (150, 3)


def test_the_optimizer_remembers_from_part_to_part(iris):
    """With full batches and a constant rate, parts that are the whole are the same as epochs of `fit`."""
    x, y = iris
    whole = NNClassifier(schedule="constant", max_iter=6, random_state=0).fit(x, y)
    stream = NNClassifier(schedule="constant", random_state=0)
    for _ in range(6):
        stream.partial_fit(x, y, classes=SPECIES)
    assert stream.loss_curve_ == whole.loss_curve_
    assert (stream.predict_proba(x) == whole.predict_proba(x)).all()


def test_a_pickled_network_continues_to_the_same_bits(iris):
    x, y = iris
    network = NNClassifier(batch_size=32, random_state=0).partial_fit(x, y, classes=SPECIES)
    restored = pickle.loads(pickle.dumps(network))
    for one in (network, restored):
        one.partial_fit(x, y, sample_weight=np.arange(1, 151))
    assert restored.loss_curve_ == network.loss_curve_
    assert (restored.predict_proba(x) == network.predict_proba(x)).all()


@dataclass(frozen=True)
class CountSteps(Optimizer):
    """Gradient descent that notices a step left out or counted twice."""

    name: ClassVar[str] = "count-steps"
    default_learning_rate: ClassVar[float] = 0.1

    def init(self, params):
        return {"taken": np.zeros(1)}

    def update(self, params, grad, state, learning_rate, step):
        assert step == state["taken"][0]
        state["taken"] += 1
        params -= learning_rate * grad


def test_steps_are_counted_from_part_to_part(iris):
    x, y = iris
    network = NNClassifier(optimizer=CountSteps(), batch_size=50, max_iter=2, random_state=0).fit(x, y)
    for taken in (9, 12):
        network.partial_fit(x, y)
        network = pickle.loads(pickle.dumps(network))
        assert network._learner.optimizer["taken"] == taken


def test_the_order_of_samples_is_another_at_each_part(iris):
    """The batches of one epoch in two orders leave two sets of weights, however often the loss agrees."""
    x, y = iris
    rate = {"learning_rate": 0.1, "weight_decay": 0.0, "optimizer": "sgd", "schedule": "constant"}
    epochs = NNClassifier(batch_size=7, max_iter=3, random_state=0, **rate).fit(x, y)
    stream = NNClassifier(batch_size=7, random_state=0, **rate)
    for _ in range(3):
        stream.partial_fit(x, y, classes=SPECIES)
    assert stream.loss_curve_ == epochs.loss_curve_  # the second epoch of fit has another order than the first


def test_partial_fit_continues_after_fit(iris):
    x, y = iris
    network = NNClassifier(random_state=0).fit(x, y)
    fitted = network.predict_proba(x)
    network.set_params(learning_rate=1e-3).partial_fit(x, y)
    assert network.n_iter_ == 101
    assert not (network.predict_proba(x) == fitted).all()
    np.testing.assert_allclose(network.predict_proba(x), fitted, atol=0.01)


def test_inputs_of_another_type_are_accepted(iris):
    x, y = iris
    network = NNClassifier(random_state=0).partial_fit(x, y, classes=SPECIES)
    network.partial_fit(x.astype(np.float32), y).partial_fit((10 * x).astype(int), y)
    assert network.predict_proba(x).dtype == np.float64
    single = NNClassifier(random_state=0).partial_fit(x.astype(np.float32), y, classes=SPECIES).partial_fit(x, y)
    assert single.predict_proba(x).dtype == np.float32


def test_fit_starts_again(iris):
    x, y = iris
    network = NNClassifier(max_iter=3, random_state=0).partial_fit(x, y, classes=[*SPECIES, "rose"])
    network.fit(x, y)
    assert network.n_iter_ == len(network.loss_curve_) == 3
    assert network.loss_curve_ == NNClassifier(max_iter=3, random_state=0).fit(x, y).loss_curve_
    assert len(network.classes_) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": "sigmoid"}, "continues with activation relu, but now it is sigmoid"),
        ({"hidden_layer_sizes": (7,)}, "continues with model"),
        ({"optimizer": "sgd"}, "continues with optimizer"),
        ({"loss": "mse"}, "continues with loss"),
        ({"schedule": "one-cycle"}, "can't follow schedule one-cycle"),
        ({"early_stopping": True}, "can't stop early"),
    ],
    ids=str,
)
def test_changes_between_parts_are_refused(iris, change, message):
    x, y = iris
    network = NNClassifier(random_state=0).partial_fit(x, y, classes=SPECIES).set_params(**change)
    with pytest.raises(ValueError, match=message):
        network.partial_fit(x, y)
    assert network.n_iter_ == 1


def test_classes_are_known_from_the_first_part_on(iris):
    x, y = iris
    with pytest.raises(ValueError, match="the first call of partial_fit needs classes"):
        NNClassifier().partial_fit(x, y)
    network = NNClassifier().partial_fit(x, y, classes=SPECIES)
    with pytest.raises(ValueError, match="classes are 'setosa', but the network has"):
        network.partial_fit(x, y, classes=["setosa"])
    with pytest.raises(ValueError, match="'rose', which is not among the classes"):
        network.partial_fit(x[:1], ["rose"])
    with pytest.raises(ValueError, match=r"'versicolor', which is not among the classes\n.*'setosa'"):
        NNClassifier().partial_fit(x, y, classes=["setosa"])
