"""`DeepNeuralNetwork` as its users know it, and what validation and test data may do."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo import DeepNeuralNetwork, load_dataset, registry
from nnzoo.api import Layer, LayerPlan, Model, Split
from nnzoo.builtin.activations import Sigmoid
from nnzoo.builtin.layers import Dense
from nnzoo.builtin.optimizers import Momentum
from nnzoo.builtin.schedules import Constant
from nnzoo.nn import EVALUATION_BATCH
from nnzoo.training.data import parted
from nnzoo.training.recipe import resolve_recipe

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def trained(seed=0, sizes=(4, 8, 3), **options):
    network = DeepNeuralNetwork(list(sizes), seed=seed)
    network.train(X, Y, **{"epochs": 3, "batch_size": 16, "verbose": False, **options})
    return network


def weights(network):
    return network.network.parameters.vector


def hold_out(split, share, seed):
    """The samples to train on, and the held-out ones; None if the share is 0."""
    trained_on, held_out = parted(len(split), share, seed, ordered=split.ordered)
    return (split, None) if held_out is None else (split.view(trained_on), split.view(held_out))


# --- the class -----------------------------------------------------------------------------------------------------


def test_predictions():
    network = trained(epochs=20)
    labels, probabilities = network.predict(X), network.predict_proba(X)
    assert labels.shape == (40,)
    assert np.issubdtype(labels.dtype, np.integer)
    assert probabilities.shape == (40, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), labels)
    assert network.score(X, Y) == (labels == Y).mean()
    assert network.score(X, np.eye(3)[Y]) == network.score(X, Y)


@pytest.mark.parametrize("asked", ["predict", "predict_proba", "answers", "score"])
def test_an_untrained_network_warns_that_it_answers_from_random_weights(asked, tmp_path):
    network = DeepNeuralNetwork([4, 3])
    arguments = (X, Y) if asked == "score" else (X,)
    with pytest.warns(UserWarning, match="has not been trained") as warned:
        getattr(network, asked)(*arguments)
    assert warned[0].filename == __file__
    network.save(tmp_path / "model.safetensors")
    getattr(DeepNeuralNetwork.load(tmp_path / "model.safetensors"), asked)(*arguments)  # as its maker wants it
    weights(network)[:] = 1  # by a loop outside `train`
    getattr(network, asked)(*arguments)


def test_predictions_do_not_depend_on_the_other_samples():
    network = trained()
    many = np.tile(X, (40, 1))  # more than are evaluated at a time
    assert len(many) > 2 * EVALUATION_BATCH
    first = network.predict_proba(X)
    np.testing.assert_allclose(network.predict_proba(many), np.tile(first, (40, 1)), rtol=1e-4)
    np.testing.assert_allclose(network.predict_proba(X[3:4]), first[3:4], rtol=1e-4)
    np.testing.assert_array_equal(network.predict_proba(X), first)


def test_results_are_copies():
    network = trained()
    first = network.predict_proba(X)
    kept = first.copy()
    network.predict_proba(-X)
    np.testing.assert_array_equal(first, kept)


def test_samples_of_any_shape_with_as_many_values():
    network = trained()
    np.testing.assert_array_equal(network.predict(X.reshape(40, 2, 2)), network.predict(X))


def test_names_and_components_mean_the_same():
    named = DeepNeuralNetwork([4, 8, 3], "sigmoid", loss="softmax-cross-entropy")
    built = DeepNeuralNetwork([4, 8, 3], Sigmoid(), loss=registry.build("loss", "softmax-cross-entropy"))
    named.train(X, Y, epochs=2, optimizer="momentum", beta=0.5, schedule="constant", verbose=False)
    built.train(X, Y, epochs=2, optimizer=Momentum(0.5), schedule=Constant(), verbose=False)
    np.testing.assert_array_equal(weights(named), weights(built))
    spelt = DeepNeuralNetwork([4, 8, 3], "sigmoid")
    spelt.train(X, Y, epochs=2, optimizer="momentum:beta=0.5", schedule="constant", verbose=False)
    np.testing.assert_array_equal(weights(named), weights(spelt))


def test_both_spellings_of_the_learning_rate_mean_the_same():
    np.testing.assert_array_equal(weights(trained(l_rate=0.5)), weights(trained(learning_rate=0.5)))
    assert (weights(trained(l_rate=0.5)) != weights(trained(l_rate=0.25))).any()


@pytest.mark.parametrize("option", [{"batch_size": 40}, {"beta": 0.5}, {"weight_decay": 0.1}, {"schedule": "constant"},
                                    {"optimizer": "sgd"}, {"validation": 0.2}, {"epochs": 4}], ids=str)  # fmt: skip
def test_every_option_has_an_effect(option):
    assert (weights(trained()) != weights(trained(**option))).any()


def test_a_batch_size_beyond_the_data_is_one_full_batch():
    np.testing.assert_array_equal(weights(trained(batch_size=40)), weights(trained(batch_size=10**9)))


def test_zero_epochs_leave_the_network_unchanged():
    network = DeepNeuralNetwork([4, 8, 3])
    before = weights(network).copy()
    assert network.train(X, Y, X, Y, epochs=0, verbose=False) == []
    np.testing.assert_array_equal(weights(network), before)


def test_a_second_training_continues_and_extends_the_history():
    network = trained()
    before = weights(network).copy()
    second = network.train(X, Y, epochs=2, batch_size=16, verbose=False)
    assert [metrics.epoch for metrics in network.history] == [1, 2, 3, 4, 5]
    assert second == network.history[3:]
    assert (weights(network) != before).any()


def test_a_network_that_learned_nothing_is_reported_and_one_that_learned_is_not(capsys):
    x, y, x_test, y_test = load_dataset("digits").arrays()
    network = DeepNeuralNetwork([64, 8, 10])
    network.train(x, y, x_test, y_test, epochs=1, l_rate=1000)
    assert "it has learned nothing of use" in capsys.readouterr().out.splitlines()[-1]
    network = DeepNeuralNetwork([64, 8, 10])
    network.train(x, y, x_test, y_test, epochs=2)
    assert len(capsys.readouterr().out.splitlines()) == 2
    network.train(x, y, x_test, y_test, epochs=1, l_rate=1000, verbose=False)
    assert capsys.readouterr().out == ""


def test_a_line_for_each_epoch_unless_quiet(capsys):
    trained()
    assert capsys.readouterr() == ("", "")
    network = DeepNeuralNetwork([4, 3])
    network.train(X, Y, X, Y, epochs=3)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch 1", "epoch 2", "epoch 3"]
    assert all("train loss" in line and "test accuracy" in line for line in lines)


def test_the_figures_of_an_epoch_are_correct():
    network = DeepNeuralNetwork([4, 8, 3])
    history = network.train(X, Y, -X, Y, epochs=4, batch_size=16, l_rate=0.5, validation=0.25, verbose=False)
    last = history[-1]
    probabilities = network.predict_proba(-X)
    assert last.test_accuracy == network.score(-X, Y)
    assert last.test_loss == pytest.approx(-np.log(probabilities[np.arange(40), Y]).mean(), rel=1e-5)
    assert 0 < last.learning_rate < history[1].learning_rate <= 0.5
    assert all(0 <= metrics.train_accuracy <= 1 and metrics.seconds > 0 for metrics in history)
    _, held_out = hold_out(Split(X, Y), 0.25, 0)
    assert last.validation_accuracy == network.score(held_out.inputs, held_out.targets)
    kept = network.predict_proba(held_out.inputs)[np.arange(10), held_out.targets]
    assert last.validation_loss == pytest.approx(-np.log(kept).mean(), rel=1e-5)


@pytest.mark.filterwarnings("ignore:this network has not been trained")
def test_running_figures_weigh_a_short_batch_by_its_size():
    network = DeepNeuralNetwork([4, 3])
    before = network.predict_proba(X[:25])
    # At a learning rate that moves nothing, the running mean is the mean over all samples.
    (metrics,) = network.train(X[:25], Y[:25], epochs=1, batch_size=16, l_rate=1e-30, verbose=False)
    assert metrics.train_loss == pytest.approx(-np.log(before[np.arange(25), Y[:25]]).mean(), rel=1e-6)
    assert metrics.train_accuracy == (before.argmax(axis=1) == Y[:25]).mean()


def test_without_data_there_are_no_figures():
    last = trained().history[-1]
    assert (last.validation_loss, last.validation_accuracy, last.test_loss, last.test_accuracy) == (None,) * 4


def test_regression_is_measured_in_the_units_of_the_data():
    network = DeepNeuralNetwork([4, 2], task="regression")
    values = X[:, :2] * 3
    (*_, last) = network.train(X, values, X, values, epochs=5, verbose=False)
    with pytest.raises(AttributeError, match="test_r2"):
        last.test_accuracy  # noqa: B018
    predicted = network.predict(X)
    assert predicted.shape == (40, 2)
    standardised = (predicted - values) / values.std(axis=0)
    assert last.test_loss == pytest.approx((standardised**2).mean(), rel=1e-5)
    assert last.test_mae == pytest.approx(np.abs(predicted - values).mean(), rel=1e-5)
    expected = (1 - ((predicted - values) ** 2).sum(axis=0) / ((values - values.mean(axis=0)) ** 2).sum(axis=0)).mean()
    assert last.test_r2 == pytest.approx(expected, rel=1e-5)
    assert network.score(X, values) == pytest.approx(expected, rel=1e-5)


def test_regression_on_a_single_value_takes_a_row():
    one, other = (DeepNeuralNetwork([4, 1], task="regression") for _ in range(2))
    one.train(X, X[:, 0], epochs=2, verbose=False)
    other.train(X, X[:, :1], epochs=2, verbose=False)
    np.testing.assert_array_equal(weights(one), weights(other))
    assert one.predict(X).shape == (40, 1)


def test_weight_decay_shrinks_weights_and_leaves_biases():
    """With inputs of zero no weight has a gradient, so that decay alone moves it: (1 − ηλ) at each step."""
    network = DeepNeuralNetwork([4, 3])
    before = network.network.parameters["0.dense.weight"].copy()
    network.train(
        np.zeros((8, 4)), np.arange(8) % 3, epochs=5, batch_size=8, optimizer="sgd", l_rate=0.5, weight_decay=0.1,
        schedule="constant", verbose=False,
    )  # fmt: skip
    np.testing.assert_allclose(network.network.parameters["0.dense.weight"], before * 0.95**5, rtol=1e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_default_rates_follow_the_slope_of_the_activation(optimizer):
    relu, sigmoid = (resolve_recipe(registry, activation=name, optimizer=optimizer) for name in ("relu", "sigmoid"))
    assert sigmoid.learning_rate == 4 * relu.learning_rate
    assert sigmoid.weight_decay * sigmoid.learning_rate == pytest.approx(relu.weight_decay * relu.learning_rate)


def test_default_rates_follow_the_number_of_outputs_where_the_loss_is_a_mean_over_them():
    one, two, five, ten = (resolve_recipe(registry, task="regression", outputs=k) for k in (1, 2, 5, 10))
    assert five.learning_rate == ten.learning_rate == pytest.approx(5 * one.learning_rate)
    assert two.learning_rate == pytest.approx(2 * one.learning_rate)
    assert one.weight_decay * one.learning_rate == pytest.approx(ten.weight_decay * ten.learning_rate)
    assert resolve_recipe(registry, outputs=2).learning_rate == resolve_recipe(registry).learning_rate  # probabilities


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "identity"])
def test_a_value_is_learnt_with_the_default_learning_rate(activation):
    x = np.random.default_rng(0).uniform(-2, 2, (600, 3))
    y = 0.8 * x[:, 0] - 0.5 * x[:, 1]
    dnn = DeepNeuralNetwork(sizes=[3, 16, 1], activation=activation, task="regression")
    dnn.train(x[:500], y[:500], epochs=20, verbose=False)
    assert dnn.score(x[500:], y[500:]) > 0.95


def test_given_settings_override_defaults():
    recipe = resolve_recipe(registry, activation="sigmoid", learning_rate=4.0, weight_decay=0.0)
    assert (recipe.learning_rate, recipe.weight_decay) == (4, 0)


# --- validation and test data --------------------------------------------------------------------------------------


@given(n=st.integers(2, 60), share=st.floats(0.01, 0.99), seed=st.integers(0, 100))
def test_validation_divides_the_training_data(n, share, seed):
    count = round(n * share)
    if not 0 < count < n:
        return
    split = Split(np.arange(n, dtype=np.float32)[:, None], np.arange(n), scale=0.5)
    kept, held_out = hold_out(split, share, seed)
    assert len(held_out) == count
    assert sorted([*kept.targets, *held_out.targets]) == list(range(n))
    for part in (kept, held_out):
        assert part.scale == 0.5
        np.testing.assert_array_equal(part.array[:, 0], part.targets)
    again_kept, again_held_out = hold_out(split, share, seed)
    np.testing.assert_array_equal(again_kept.targets, kept.targets)
    np.testing.assert_array_equal(again_held_out.targets, held_out.targets)


def test_validation_depends_on_the_seed():
    split = Split(np.zeros((100, 1), np.float32), np.arange(100))
    held_out = [frozenset(hold_out(split, 0.2, seed)[1].targets.tolist()) for seed in range(5)]
    assert len(set(held_out)) == 5
    assert frozenset(range(20)) not in held_out
    assert frozenset(range(80, 100)) not in held_out


def test_no_validation_keeps_everything():
    split = Split(np.zeros((4, 1), np.float32), np.zeros(4, int))
    assert hold_out(split, 0.0, 0) == (split, None)


def test_held_out_samples_are_not_learnt_from():
    """Training on all with a share held out is training on the rest: labels held out change only their figures."""
    split = Split(X, Y)
    _, held_out = hold_out(split, 0.25, 0)
    place = {tuple(row): number for number, row in enumerate(X.tolist())}
    spoilt = Y.copy()
    for row in held_out.array.tolist():
        spoilt[place[tuple(row)]] = (spoilt[place[tuple(row)]] + 1) % 3
    right, wrong = (DeepNeuralNetwork([4, 8, 3]) for _ in range(2))
    right.train(X, Y, epochs=3, batch_size=8, validation=0.25, verbose=False)
    wrong.train(X, spoilt, epochs=3, batch_size=8, validation=0.25, verbose=False)
    np.testing.assert_array_equal(weights(right), weights(wrong))
    assert right.history[-1].train_loss == wrong.history[-1].train_loss
    assert right.history[-1].validation_loss != wrong.history[-1].validation_loss


@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_test_data_never_influence_the_weights(validation):
    expected = weights(trained(validation=validation))
    for x_test, y_test in ((X, Y), (-X, 2 - Y), (X[:1] * 100, Y[:1])):
        network = trained(validation=validation, x_test=x_test, y_test=y_test)
        np.testing.assert_array_equal(weights(network), expected)
        assert math.isfinite(network.history[-1].test_loss)


@dataclass(frozen=True)
class Noise(Layer):
    """It notes what it draws."""

    name: ClassVar[str] = "noise"
    drawn: ClassVar[list[float]] = []

    def plan(self, input_shape):
        return LayerPlan(input_shape, random=True)

    def forward(self, x, out, memory):
        out[...] = x
        if memory.training:
            self.drawn.append(float(memory.rng.random()))

    def backward(self, x, out, grad, grad_in, memory):
        if grad_in is not None:
            grad_in[...] = grad


@dataclass(frozen=True)
class Noisy(Model):
    """Noise and a layer."""

    name: ClassVar[str] = "noisy"

    def depth(self):
        return 1

    def layers(self, input_shape, outputs, activation):
        return [Noise(), Dense(outputs)]


def test_further_training_repeats_no_random_draw():
    network = DeepNeuralNetwork(model=Noisy(), input_shape=(4,), outputs=3)
    for _ in range(3):
        network.train(X, Y, epochs=2, batch_size=10, verbose=False)
    assert len(Noise.drawn) == 3 * 2 * 4
    assert len(set(Noise.drawn)) == len(Noise.drawn)


def test_networks_and_data_sets_have_one_line_descriptions():
    network = DeepNeuralNetwork([4, 3, 2])
    assert repr(network) == "<DeepNeuralNetwork mlp:hidden=3, relu: input 4, 2 outputs, 23 parameters>"
    parts = [f"<{samples} samples of shape (8, 8), uint8 × 0.1>" for samples in ("1,438", "359")]
    expected = f"<Dataset: train {parts[0]}, test {parts[1]}, classification: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9>"
    assert repr(load_dataset("digits")) == expected
