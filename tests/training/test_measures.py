"""How figures are called and shown, whatever metric they come from."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.errors import PluginError
from nnzoo.kinds import Metric, MetricPlan, Problem
from nnzoo.plugins.registry import Registry
from nnzoo.training.measures import LOSS, Measure, measure_of, measures_of

REGISTRY = Registry(disabled=["all"])
CLASSES = Problem((4,), (3,), (), ("setosa", "versi color", "x"))
VALUES = Problem((4,), (1,), (1,), ("price",))


def measures(problem, *specs):
    metrics = [REGISTRY.build("metric", spec) for spec in specs]
    return measures_of(metrics, [metric.plan(problem) for metric in metrics])


@dataclass(frozen=True)
class Rebinding(Metric):
    """Puts a new array in place of its sum, which is neither reset nor kept in a checkpoint."""

    name: ClassVar[str] = "rebinding"

    def plan(self, problem):
        return MetricPlan(("rebinding",), {"sum": ()})

    def update(self, predicted, targets, weights, sums, workspace):
        sums["sum"] = sums["sum"] + 1

    def values(self, sums):
        return (float(sums["sum"]),)


def test_a_metric_that_loses_its_sums_is_refused():
    x = np.random.default_rng(0).random((20, 4)).astype(np.float32)
    dnn = DeepNeuralNetwork(sizes=[4, 3, 2])
    with pytest.raises(PluginError, match=r"rebinding replaces the array sums\['sum'\]"):
        dnn.train(x, np.arange(20) % 2, epochs=1, metrics=[Rebinding()], verbose=False)


def test_titles_are_the_usual_ones():
    specs = ("accuracy", "balanced-accuracy", "top-k:k=2", "f1", "f1:average=micro", "f1:average=none", "recall")
    found = measures(CLASSES, *specs)
    assert {name: each.title for name, each in found.items()} == {
        "loss": "loss",
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
        "top_2": "top 2",
        "f1": "F1",
        "f1_micro": "F1 micro",
        "f1_setosa": "F1 setosa",
        "f1_versi_color": "F1 versi color",
        "f1_x": "F1 x",
        "recall": "recall",
    }
    assert [found[name].short_title for name in ("accuracy", "balanced_accuracy", "f1")] == ["acc", "bal. acc", "F1"]
    found = measures(VALUES, "r2", "mae", "rmse")
    assert [each.title for each in found.values()] == ["loss", "R²", "MAE", "RMSE"]
    assert [each.in_units for each in found.values()] == [False, False, True, True]
    assert measure_of(found, "log_loss").title == "log loss"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.2500"),
        (-0.0123412, "-0.01234"),
        (3.2, "3.200"),
        (1234.5, "1,234"),
        (1.5e12, "1.5e+12"),
        (2e-7, "2e-07"),
    ],
)
def test_values_keep_four_digits(value, text):
    assert Measure("mae", "MAE", "MAE").show(value) == text


def test_shares_are_percentages_and_their_changes_points():
    accuracy = measures(CLASSES, "accuracy")["accuracy"]
    assert (accuracy.show(0.98765), accuracy.change(-0.0123), accuracy.show(None)) == ("98.77%", "-1.23 points", "–")
    assert (LOSS.show(0.03125), LOSS.change(0.5)) == ("0.0312", "+0.5")


def test_the_better_value_depends_on_the_metric():
    mae, accuracy = measures(VALUES, "mae")["mae"], measures(CLASSES, "accuracy")["accuracy"]
    assert mae.is_better(1, 2)
    assert not mae.is_better(2, 1)
    assert accuracy.is_better(2, 1)
    assert accuracy.is_better(0, None)
    assert not accuracy.is_better(None, 0)
    assert not accuracy.is_better(None, None)


def test_python_prints_every_metric_of_an_epoch(capsys):
    x_train, y_train, x_test, y_test = load_dataset("digits").arrays()
    dnn = DeepNeuralNetwork([64, 16, 10])
    (line,) = dnn.train(x_train, y_train, x_test, y_test, epochs=1, metrics=["f1", "top-k:k=3"])
    printed = capsys.readouterr().out
    assert printed == f"{line}\n"
    assert f"test F1 {line.test_f1:.2%}, test top 3 {line.test_top_3:.2%}" in printed
    assert f"train loss {line.train_loss:.4f}" in printed
    assert "validation" not in printed
    dnn = DeepNeuralNetwork([64, 16, 1], task="regression")
    (line,) = dnn.train(x_train, 1e5 * y_train, x_test, 1e5 * y_test, epochs=1)
    assert f"test R² {line.test_r2:#.4g}, test MAE {line.test_mae:,.0f}" in str(line)
