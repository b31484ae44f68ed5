"""Estimators in files: what `save` wrote answers the same in Python, on the command line and in every export."""

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

from click.testing import CliRunner
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Activation
from nnzoo.builtin.activations import Sigmoid
from nnzoo.builtin.metrics.classes import F1
from nnzoo.builtin.optimizers import Momentum
from nnzoo.cli.main import cli
from nnzoo.errors import FileFormatError, PluginError, StorageError, UsageError
from nnzoo.model.model_file import read_model, save_model
from nnzoo.sklearn import NNClassifier, NNRegressor

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(scope="module")
def visits():
    """A data frame with columns of every type and missing cells, and two kinds of targets."""
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    rng = np.random.default_rng(0)
    table = pandas.DataFrame(
        {
            "age": rng.uniform(18, 80, 120),
            "town": rng.choice(["Bern", "Basel", "Genf"], 120),
            "day": np.datetime64("2023-01-01") + rng.integers(0, 700, 120).astype("timedelta64[D]"),
        }
    )
    spent = table["age"] + 30 * (table["town"] == "Bern")
    table.loc[3, "age"], table.loc[5, "town"], table.loc[8, "day"] = np.nan, None, pandas.NaT
    return table, np.where(spent > 60, "much", "little"), spent.to_numpy()


def new_rows(visits):
    """Rows with a new category and cells that are missing."""
    table = visits[0].head(20).copy()
    table.loc[0, "town"] = "Rome"
    table.loc[1] = None
    return table


def outputs(network, x):
    """What it predicts in numbers, (n, k)."""
    found = network.predict_proba(x) if isinstance(network, NNClassifier) else network.predict(x)
    return np.asarray(found, np.float64).reshape(len(x), -1)


def answered(path, source, *options):
    """The answers of the command line."""
    done = CliRunner().invoke(cli, ["predict", str(path), str(source), "--json", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def run_script(path, rows):
    """What an exported script predicts, in a process of its own."""
    code = f"""
import json, sys
sys.path.insert(0, {str(path.parent)!r})
import numpy as np
from {path.stem} import predict
rows = json.load(sys.stdin)
print(json.dumps(np.asarray(predict(np.array(rows) if isinstance(rows, list) else rows), float).tolist()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(rows), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return np.array(json.loads(done.stdout))


def as_lists(table):
    """Columns as JSON has them."""
    return {
        name: [None if v != v or v is None else str(v.date()) if name == "day" else v for v in table[name]]
        for name in table
    }


# --- the same answers everywhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["setosa", "versicolor", "virginica"]),
        np.array(["a,b", "c=d", ""], object),
        np.array([10, 200, -3]),
        np.array([1, 0, 255], np.uint8),
        np.array([1.0, 2.0, -5.0]),
        np.array([True, False, True]),
        np.array(["2024-01-01", "2024-02-01", "2025-01-01"], "datetime64[D]"),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_a_classifier_comes_back_with_its_labels(iris, tmp_path, labels, size):
    x, species = size * iris[0], iris[1]
    y = labels[np.unique(species, return_inverse=True)[1]]
    network = NNClassifier((8,), max_iter=30, random_state=0, metrics=["f1"]).fit(x, y, X_val=x[::3], y_val=y[::3])
    network.save(tmp_path / "m.safetensors")
    loaded = NNClassifier.load(tmp_path / "m.safetensors")
    assert loaded.classes_.dtype == network.classes_.dtype
    assert (loaded.classes_ == network.classes_).all()
    assert (loaded.predict(x) == network.predict(x)).all()
    assert loaded.predict(x).dtype == network.predict(x).dtype
    assert loaded.score(x, y) == network.score(x, y)
    np.testing.assert_allclose(loaded.predict_proba(x), network.predict_proba(x), **CLOSE)
    for name in ("n_iter_", "n_outputs_", "n_features_in_", "input_scale_", "loss_curve_", "validation_scores_"):
        assert getattr(loaded, name) == getattr(network, name), name
    assert (network.input_scale_ == 1) == (size == 1)
    assert loaded.get_params() == network.get_params()


@pytest.mark.parametrize("columns", [None, 1, 2])
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_a_regressor_comes_back_with_its_units(friedman, tmp_path, columns, size):
    x, y = size * friedman[0], 1e6 + 1e3 * friedman[1]
    y = y if columns is None else np.column_stack([y, -y][:columns])
    network = NNRegressor((8,), max_iter=30, random_state=0).fit(x, y)
    network.save(tmp_path / "m.safetensors")
    loaded = NNRegressor.load(str(tmp_path / "m.safetensors"))
    assert loaded.predict(x).shape == network.predict(x).shape == y.shape
    np.testing.assert_allclose(loaded.predict(x), network.predict(x), rtol=1e-7)
    assert loaded.score(x, y) == pytest.approx(network.score(x, y), abs=1e-5)
    assert loaded.loss_curve_ == network.loss_curve_
    np.testing.assert_allclose(network.network_.predict(x).reshape(y.shape), network.predict(x), rtol=1e-6)


@pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])
def test_arrays_get_the_same_answers_everywhere(iris, tmp_path, estimator):
    x = 1e3 * iris[0]
    y = iris[1] if estimator is NNClassifier else 500 + x[:, 0]
    network = estimator((8,), max_iter=30, random_state=0).fit(x, y)
    assert network.input_scale_ < 1
    model = tmp_path / "m.safetensors"
    network.save(model)
    rows = x[::10]
    expected = outputs(network, rows)
    np.save(tmp_path / "rows.npy", rows)
    found = answered(model, tmp_path / "rows.npy")
    if estimator is NNClassifier:
        assert [row["class"] for row in found] == network.predict(rows).tolist()
    found = [row["probabilities" if estimator is NNClassifier else "values"] for row in found]
    np.testing.assert_allclose(found, expected, **CLOSE)
    for dnn in (network.network_, DeepNeuralNetwork.load(model)):
        answers = dnn.predict_proba(rows) if estimator is NNClassifier else dnn.predict(rows)
        np.testing.assert_allclose(answers, expected, **CLOSE)
    script, weights = network.export(tmp_path / "exported.py")
    assert (script.name, weights.name) == ("exported.py", "exported.npz")
    np.testing.assert_allclose(run_script(script, rows.tolist()).reshape(expected.shape), expected, **CLOSE)


@pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])
def test_tables_get_the_same_answers_everywhere(visits, tmp_path, estimator):
    table, rows = visits[0], new_rows(visits)
    y = visits[1] if estimator is NNClassifier else visits[2]
    network = estimator((8,), max_iter=30, random_state=0).fit(table, y)
    expected = outputs(network, rows)
    model = tmp_path / "m.safetensors"
    network.save(model)
    loaded = estimator.load(model)
    np.testing.assert_allclose(outputs(loaded, rows), expected, **CLOSE)
    assert loaded.feature_names_in_.tolist() == ["age", "town", "day"]
    assert loaded.n_features_in_ == 3
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(rows[["town", "age", "day"]])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    key = "probabilities" if estimator is NNClassifier else "values"
    found = [list(row[key].values()) for row in answered(model, tmp_path / "rows.csv")]
    np.testing.assert_allclose(found, expected, **CLOSE)
    dnn = network.network_
    answers = dnn.predict_proba(rows) if estimator is NNClassifier else dnn.predict(rows)
    np.testing.assert_allclose(answers, expected, **CLOSE)
    network.export(tmp_path)
    script = tmp_path / "model.py"
    np.testing.assert_allclose(run_script(script, as_lists(rows)).reshape(expected.shape), expected, **CLOSE)


def test_values_have_the_name_of_the_series(visits, tmp_path):
    import pandas

    table, _, spent = visits
    two = pandas.DataFrame({"spent": spent, "saved": -spent})
    for y, names in ((two["spent"], ("spent",)), (two, ("spent", "saved")), (two.to_numpy(), ()), (spent, ())):
        network = NNRegressor(max_iter=1).fit(table, y)
        network.save(tmp_path / "m.safetensors")
        assert network.network_.problem.names == NNRegressor.load(tmp_path / "m.safetensors")._names == names
    NNRegressor(max_iter=1).fit(table, two).save(tmp_path / "m.safetensors")
    table.to_csv(tmp_path / "rows.csv", index=False)
    assert answered(tmp_path / "m.safetensors", tmp_path / "rows.csv")[0]["values"].keys() == {"spent", "saved"}


# --- what comes back -----------------------------------------------------------------------------------------------


def test_arguments_are_restored(iris, tmp_path):
    arguments = {
        "hidden_layer_sizes": np.array([6, 5]),
        "activation": Sigmoid(),
        "optimizer": Momentum(beta=0.5),
        "schedule": "one-cycle:warmup=0.5",
        "learning_rate": np.float32(0.25),
        "class_weight": {"setosa": 2, "virginica": 0.5},
        "metrics": [F1(), "accuracy"],
        "early_stopping": np.True_,
        "monitor": "f1",
        "batch_size": 16,
        "random_state": np.random.RandomState(3),
    }
    network = NNClassifier(**arguments, max_iter=4).fit(*iris)
    network.save(tmp_path / "m.safetensors")
    loaded = NNClassifier.load(tmp_path / "m.safetensors")
    found = loaded.get_params()
    assert found.pop("random_state") is None  # the state has moved on
    assert found.pop("metrics") == [F1(), registry.build("metric", "accuracy")]
    wanted = {**network.get_params(), "hidden_layer_sizes": (6, 5)}
    assert found == {name: wanted[name] for name in found}
    again = clone(loaded).set_params(random_state=np.random.RandomState(3)).fit(*iris)
    assert again.loss_curve_ == network.loss_curve_


def test_keys_of_class_weights_are_labels_again(tmp_path):
    x, y = np.eye(4), [3, 5, 3, 5]
    NNClassifier(max_iter=1, class_weight={5: 2.0}).fit(x, y).save(tmp_path / "m.safetensors")
    loaded = NNClassifier.load(tmp_path / "m.safetensors")
    assert loaded.class_weight == {5: 2.0}
    assert loaded.fit(x, y).classes_.tolist() == [3, 5]


def test_a_loaded_estimator_learns_on(iris, friedman, tmp_path):
    for network, (x, y) in ((NNClassifier(random_state=0), iris), (NNRegressor(random_state=0), friedman)):
        extra = {"classes": np.unique(y)} if isinstance(network, NNClassifier) else {}
        for _ in range(5):
            network.partial_fit(x, y, **extra)
        network.save(tmp_path / "m.safetensors")
        loaded = type(network).load(tmp_path / "m.safetensors")
        for _ in range(5):
            loaded.partial_fit(x, y)
        assert loaded.n_iter_ == len(loaded.loss_curve_) == 10
        assert loaded.loss_curve_[-1] < network.loss_curve_[-1]
        with pytest.raises(UsageError, match="continues with optimizer"):
            loaded.set_params(optimizer="sgd").partial_fit(x, y)


def test_the_network_is_a_copy_that_can_be_trained_and_saved(iris, tmp_path):
    x, y = iris
    network = NNClassifier(max_iter=10, random_state=0).fit(x, y)
    before, dnn = network.predict_proba(x), network.network_
    assert isinstance(dnn, DeepNeuralNetwork)
    assert dnn.class_names == ("setosa", "versicolor", "virginica")
    assert dnn.history[-1].train_loss == network.loss_curve_[-1]
    dnn.train(x, np.unique(y, return_inverse=True)[1], epochs=1, verbose=False)
    assert (network.predict_proba(x) == before).all()
    network.network_.save(tmp_path / "m.safetensors")
    np.testing.assert_allclose(DeepNeuralNetwork.load(tmp_path / "m.safetensors").predict_proba(x), before, **CLOSE)
    with pytest.raises(FileFormatError, match=r"not a NNClassifier\n.*DeepNeuralNetwork.load"):
        NNClassifier.load(tmp_path / "m.safetensors")


# --- what is refused -----------------------------------------------------------------------------------------------


def test_an_estimator_that_is_not_fitted_can_not_be_saved(tmp_path):
    network = NNClassifier()
    for use in (
        lambda: network.save(tmp_path / "m"),
        lambda: network.export(tmp_path / "m"),
        lambda: network.network_,
    ):
        with pytest.raises(NotFittedError):
            use()
    assert not list(tmp_path.iterdir())


def test_files_of_the_other_kind_and_damaged_ones_are_refused(iris, friedman, tmp_path):
    path = tmp_path / "m.safetensors"
    NNRegressor(max_iter=1).fit(*friedman).save(path)
    with pytest.raises(UsageError, match=r"NNRegressor, not an NNClassifier\n.*NNRegressor.load"):
        NNClassifier.load(path)
    with pytest.raises(StorageError):
        NNClassifier.load(tmp_path / "missing")
    path.write_bytes(path.read_bytes()[:-9] + b"123456789")
    with pytest.raises(FileFormatError):
        NNRegressor.load(path)
    with pytest.raises(StorageError):
        NNRegressor(max_iter=1).fit(*friedman).save(tmp_path / "no" / "such" / "folder")


@pytest.mark.parametrize(
    "change",
    [
        {"targets": "<i8"},
        {"targets": "object[x]"},
        {"features": 0},
        {"epochs": -1},
        {"input_scale": 0.0},
        {"parameters": {"no_such": 1}},
        {"components": ["no_such"]},
        {"loss_curve": ["a"]},
        {"validation_scores": {"loss": "a"}},
        {"extra": 1},
        {"parameters": {"class_weight": {"rose": 1}}},
    ],
    ids=str,
)
def test_files_that_do_not_fit_together_are_refused(iris, tmp_path, change):
    path = tmp_path / "m.safetensors"
    network = NNClassifier(max_iter=1, metrics=["f1"]).fit(*iris)
    network.save(path)
    description = read_model(path).description
    extra = {"estimator": {**description.extra["estimator"], **change}}
    save_model(
        path, network.network_.network, replace(description, extra=extra), registry, network.network_.preprocessing
    )
    with pytest.raises(FileFormatError) as caught:
        NNClassifier.load(path)
    assert str(path) in caught.value.message


def test_existing_exports_are_kept_unless_overwriting_is_asked_for(iris, tmp_path):
    network = NNClassifier(max_iter=1, random_state=0).fit(*iris)
    first = network.export(tmp_path / "m")
    contents = [path.read_bytes() for path in first]
    with pytest.raises(UsageError, match="exists"):
        NNClassifier(max_iter=2).fit(*iris).export(tmp_path / "m")
    assert [path.read_bytes() for path in first] == contents
    assert NNClassifier(max_iter=2).fit(*iris).export(tmp_path / "m", overwrite=True) == first
    assert [path.read_bytes() for path in first] != contents
    with pytest.raises(UsageError, match="no exporter 'onxx'"):
        network.export(tmp_path / "n", "onxx")


@dataclass(frozen=True)
class Doubled(Activation):
    """Of this session only."""

    name: ClassVar[str] = "doubled-for-a-test"

    def forward(self, z, out):
        np.multiply(z, 2, out=out)

    def backward(self, z, a, grad):
        grad *= 2


def test_a_component_that_is_not_registered_is_named_when_it_is_missing(iris, tmp_path):
    network = NNClassifier(activation=Doubled(), max_iter=1, learning_rate=0.01).fit(*iris)
    assert (network.network_.predict(iris[0]) == np.searchsorted(network.classes_, network.predict(iris[0]))).all()
    network.save(tmp_path / "m.safetensors")
    with pytest.raises(PluginError, match="doubled-for-a-test"):
        NNClassifier.load(tmp_path / "m.safetensors")
