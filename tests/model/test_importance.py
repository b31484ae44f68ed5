"""The importance of columns, compared with permutations of the raw table and scikit-learn's metrics."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Columns, Dataset, Feature, Problem, Split, Task
from nnzoo.builtin.metrics import Accuracy, MeanAbsoluteError
from nnzoo.builtin.preprocessors import OneHot, Ordinal, Standardize
from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import UsageError
from nnzoo.model import importance
from nnzoo.model.importance import column_importance
from nnzoo.nn.randomness import generator
from nnzoo.plugins.registry import default_registry


def trained(dataset, **choices):
    dnn = DeepNeuralNetwork.for_dataset(dataset, model="mlp:hidden=8")
    dnn.train(dataset, epochs=60, batch_size=16, verbose=False, **choices)
    return dnn


@pytest.fixture(scope="module")
def prices(homes_loader):
    return homes_loader(default_registry(), "price").load(FileCache())


@pytest.fixture(scope="module")
def dnn(prices):
    return trained(prices)


def test_importance_is_the_drop_of_the_metric_with_a_permuted_raw_column(dnn, prices):
    metric = default_registry().build("metric", "r2")
    found = column_importance(dnn.predictor, dnn.predictor.part(prices, "test", "homes"), [metric])
    table, targets = prices.test.inputs, prices.test.targets
    base = r2_score(targets, dnn.predictor.predictions(table))
    assert (found.measure.name, found.change, found.rows, found.repeats) == ("r2", "drop of R²", 60, 5)
    assert found.value == pytest.approx(base, rel=1e-6)
    expected = {}
    for place, column in enumerate(dnn.preprocessing.columns):
        drops = []
        for repeat in range(5):
            order = generator(0, "importance", place, repeat).permutation(60)
            permuted = Columns({**table.arrays, column: table[column][order]})
            drops.append(base - r2_score(targets, dnn.predictor.predictions(permuted)))
        expected[column] = (np.mean(drops), np.std(drops, ddof=1))
    assert found.by_column.keys() == expected.keys()
    for column, pair in expected.items():
        assert found.by_column[column] == pytest.approx(pair, abs=1e-6)
    assert found.columns[0] == "area"
    assert np.array_equal(found.means, np.sort(found.means)[::-1])
    assert abs(found.by_column["luck"][0]) < 0.05 < found.by_column["town"][0]


def test_the_importance_for_an_error_is_its_rise(dnn, prices):
    split = dnn.predictor.part(prices, "test", "homes")
    found = column_importance(dnn.predictor, split, [MeanAbsoluteError(), Accuracy()])
    base = mean_absolute_error(prices.test.targets, dnn.predictor.predictions(prices.test.inputs))
    assert (found.change, found.factor) == ("rise of MAE", 1)
    assert found.value == pytest.approx(base, rel=1e-6)
    assert found.by_column["area"][0] > 10_000  # in the unit of the prices


def test_a_share_and_a_table_that_is_classified(homes_loader):
    dataset = homes_loader(default_registry(), "kind").load(FileCache())
    dnn = trained(dataset)
    found = column_importance(dnn.predictor, dnn.predictor.part(dataset, "test", "homes"), [Accuracy()])
    answers = dnn.predictor.decisions(dnn.predictor.predictions(dataset.test.inputs))
    assert found.value == pytest.approx(accuracy_score(dataset.test.targets, answers))
    assert (found.columns[0], found.change, found.factor) == ("area", "drop of accuracy", 100)


def test_without_a_metric_the_loss_rises(dnn, prices):
    split = dnn.predictor.part(prices, "test", "homes")
    found = column_importance(dnn.predictor, split, [])
    assert (found.change, found.columns[0]) == ("rise of loss", "area")
    assert found.value == pytest.approx(dnn.predictor.evaluate(split, []).loss, rel=1e-6)


def test_the_same_table_gives_the_same_numbers(dnn, prices):
    split = dnn.predictor.part(prices, "test", "homes")
    before = split.inputs.copy()
    one, two = (column_importance(dnn.predictor, split, [MeanAbsoluteError()]) for _ in range(2))
    assert one.columns == two.columns
    assert np.array_equal(one.means, two.means)
    assert np.array_equal(one.spreads, two.spreads)
    assert np.array_equal(split.inputs, before)


def test_only_some_of_many_rows_are_used(dnn, prices, monkeypatch):
    monkeypatch.setattr(importance, "MOST_ROWS", 40)
    monkeypatch.setattr(importance, "LEAST_ROWS", 10)
    split = dnn.predictor.part(prices, "test", "homes")
    assert column_importance(dnn.predictor, split, [MeanAbsoluteError()]).rows == 40
    columns = len(dnn.predictor.preprocessing.places())
    monkeypatch.setattr(importance, "_MULTIPLICATIONS", 25 * columns * importance.REPEATS * len(dnn.network.parameters))
    assert column_importance(dnn.predictor, split, [MeanAbsoluteError()]).rows == 25
    monkeypatch.setattr(importance, "_MULTIPLICATIONS", 1)
    assert column_importance(dnn.predictor, split, [MeanAbsoluteError()]).rows == 10


def test_very_many_columns_are_permuted_only_twice_each():
    rng = np.random.default_rng(0)
    names = [f"c{place}" for place in range(250)]
    table = Columns({name: rng.normal(size=80) for name in names})
    targets = table["c7"][:, None] * 5
    part = Split(table, targets)
    dataset = Dataset(part, part, features=tuple(Feature((Standardize(),), name) for name in names))
    dnn = trained(dataset)
    found = column_importance(dnn.predictor, dnn.predictor.part(dataset, "test", "wide"), [MeanAbsoluteError()])
    assert (found.repeats, len(found.columns), found.columns[0]) == (2, 250, "c7")


def test_a_column_that_is_used_twice_is_permuted_as_one():
    kinds = np.array(["a", "b", "c"] * 40, object)
    table = Columns({"kind": kinds, "x": np.linspace(-1, 1, 120)})
    features = (Feature((OneHot(),), "kind"), Feature((Standardize(),), "x"), Feature((Ordinal(),), "kind"))
    part = Split(table, np.array([{"a": 0.0, "b": 4.0, "c": 1.0}[kind] for kind in kinds])[:, None])
    dataset = Dataset(part, part, features=features)
    dnn = trained(dataset)
    assert dnn.preprocessing.places() == {"kind": [0, 1, 2, 4], "x": [3]}
    found = column_importance(dnn.predictor, dnn.predictor.part(dataset, "test", "x"), [MeanAbsoluteError()])
    order = generator(0, "importance", 0, 0).permutation(120)
    permuted = dnn.predictor.predictions(Columns({"kind": kinds[order], "x": table["x"]}))
    assert found.columns[0] == "kind"
    first = mean_absolute_error(part.targets, permuted) - found.value
    assert abs(first - found.by_column["kind"][0]) < 4 * found.by_column["kind"][1]


@dataclass(frozen=True)
class Copy(Task):
    """Give the input back."""

    name: ClassVar[str] = "copy"
    default_loss: ClassVar[str] = "mse"
    target_is_input: ClassVar[bool] = True

    def target_steps(self):
        return ()

    def problem(self, input_shape, targets, names):
        return Problem(input_shape, input_shape, input_shape)

    def encode(self, targets, problem):
        return targets

    def decide(self, predictions, out):
        np.copyto(out, predictions)

    def baseline(self, targets, problem):
        return targets.mean(axis=0)

    def answer(self, prediction, problem):
        return {"answer": prediction.tolist()}


def test_a_target_that_is_the_input_is_not_permuted():
    rng = np.random.default_rng(1)
    table = Columns({"a": rng.normal(size=60), "b": rng.normal(size=60)})
    part = Split(table, np.zeros(60))
    features = tuple(Feature((Standardize(),), name) for name in table)
    dataset = Dataset(part, part, features=features, task="copy")
    dnn = DeepNeuralNetwork.for_dataset(dataset, model="mlp:hidden=8", task=Copy())
    dnn.train(dataset, epochs=100, batch_size=10, verbose=False)
    found = column_importance(dnn.predictor, dnn.predictor.part(dataset, "test", "copy"), [MeanAbsoluteError()])
    assert min(found.means) > 0.2  # a network that is given another value gives that back


def test_importance_needs_a_table():
    digits = DeepNeuralNetwork.from_zoo("digits-mlp")
    part = digits.predictor.part(default_registry().build("dataset", "digits").load(FileCache()), "test", "digits")
    with pytest.raises(UsageError, match="does not take a table"):
        column_importance(digits.predictor, part, [Accuracy()])


def test_a_network_with_outputs_that_are_not_finite_is_refused(dnn, prices):
    split = dnn.predictor.part(prices, "test", "homes")
    broken = trained(prices, learning_rate=1e-3)
    broken.network.parameters.vector[:] = 1e30
    with pytest.raises(UsageError, match="not finite"):
        column_importance(broken.predictor, replace(split), [])
