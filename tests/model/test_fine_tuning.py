"""Fine-tuning: which arrays are loaded, and that raw data keep their meaning."""

from dataclasses import replace

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Columns, Dataset, Feature, Split
from nnzoo.builtin.pictures import Ink, Square
from nnzoo.builtin.preprocessors import Standardize
from nnzoo.errors import FileFormatError, UsageError

RNG = np.random.default_rng(0)
QUICK = {"epochs": 1, "batch_size": 16, "verbose": False}
SQUARE = (Square(4),)


def pictures(names="abc", *, size=4, scale=1 / 255, steps=SQUARE, task=""):
    def part(n):
        labels = RNG.integers(0, len(names), n)
        labels[: len(names)] = range(len(names))
        pixels = RNG.integers(0, 128, (n, size, size)) + 40 * labels[:, None, None] % 128
        return Split(pixels.astype(np.uint8), labels, scale)

    features = (Feature(steps),) if steps else ()
    return Dataset(part(40), part(20), tuple(names), task, features)


def table(factor=1.0, columns=("size", "age"), names=("price",)):
    def part(n):
        values = {name: factor * RNG.normal(10, 2, n) for name in columns}
        targets = np.stack([factor * (values["size"] + 1) for _ in names], axis=1)
        return Split(Columns(values), targets)

    features = tuple(Feature((Standardize(),), column) for column in columns)
    return Dataset(part(40), part(20), features=features, value_names=names)


def trained(dataset):
    dnn = DeepNeuralNetwork.for_dataset(dataset, model="mlp:hidden=6")
    dnn.train(dataset, **QUICK)
    return dnn


def test_a_fine_tuned_network_answers_as_before_without_a_step(tmp_path):
    for data in (pictures(), table()):
        dnn = trained(data)
        before = dnn.predictor.predictions(data.test.inputs)
        dnn.fine_tune(table(3) if data.is_table else pictures(), **{**QUICK, "epochs": 0})
        dnn.save(tmp_path / "tuned.safetensors")
        again = DeepNeuralNetwork.load(tmp_path / "tuned.safetensors")
        assert np.array_equal(dnn.predictor.predictions(data.test.inputs), before)
        assert np.array_equal(again.predictor.predictions(data.test.inputs), before)
        assert again.start == dnn.start
        assert again.start.new == ()


def test_fitted_statistics_are_kept_but_a_new_head_learns_targets_on_a_new_scale():
    dnn = trained(table())
    (own,) = dnn.preprocessing.targets
    for new_head in (False, True):
        tuned = trained(table())
        inputs = tuned.preprocessing.features
        tuned.fine_tune(table(100), new_head=new_head, **{**QUICK, "epochs": 20})
        assert tuned.preprocessing.features is inputs
        (step,) = tuned.preprocessing.targets
        kept = np.isclose(step.fitted["mean"], own.fitted["mean"], rtol=0.2).all()
        assert kept != new_head
    assert tuned.score(table(100).test.inputs.arrays, table(100).test.targets) > -1000


def test_a_new_head_has_the_new_classes_and_all_other_arrays_are_loaded(tmp_path):
    dnn = trained(pictures())
    old = {name: array.copy() for name, array in dnn.network.parameters.views().items()}
    assert dnn.fine_tune(pictures("wxyz"), new_head=True, freeze="0.*", **QUICK) == dnn.history
    assert (dnn.class_names, dnn.outputs) == (("w", "x", "y", "z"), 4)
    assert (dnn.start.loaded, dnn.start.new) == (
        ("0.dense.weight", "0.dense.bias"),
        ("2.dense.weight", "2.dense.bias"),
    )
    assert all(np.array_equal(dnn.network.parameters[name], old[name]) for name in dnn.start.loaded)
    assert set(dnn.predict(pictures().test.inputs)) <= {0, 1, 2, 3}


def test_the_new_data_decide_how_pictures_become_samples(caplog):
    dnn = trained(pictures(steps=(Ink("digits"),)))
    for steps, said in ((SQUARE, ["square", "ink"]), (SQUARE, []), ((), [])):
        caplog.clear()
        dnn.fine_tune(pictures(steps=steps), **QUICK)
        assert all(any(f"by {name}" in line for line in caplog.messages) for name in said)
        assert len(caplog.messages) == bool(said)
        kept = [step.preprocessor for step in dnn.preprocessing.features[0].steps]
        assert kept[:-1] == list(steps)
        assert dnn.preprocessing.scale == 1 / 255


def test_a_new_head_differs_from_the_first_one_of_the_same_seed():
    data = pictures()
    dnn = DeepNeuralNetwork.for_dataset(data, model="mlp:hidden=6")
    first = {name: array.copy() for name, array in dnn.network.parameters.views().items()}
    heads = []
    for _ in range(2):
        tuned = trained(data)
        tuned.fine_tune(data, new_head=True, **{**QUICK, "epochs": 0})
        heads.append(tuned.network.parameters.views()["2.dense.weight"])
    assert not np.isclose(heads[0], first["2.dense.weight"]).any()
    assert np.array_equal(*heads)


def test_another_task_with_a_new_head(tmp_path):
    trained(pictures()).save(tmp_path / "first.safetensors")
    dnn, classes = DeepNeuralNetwork.load(tmp_path / "first.safetensors"), pictures()
    labels = [replace(part, targets=np.eye(3, dtype=int)[part.targets]) for part in (classes.train, classes.test)]
    several = replace(classes, train=labels[0], test=labels[1], task="multi-label")
    with pytest.raises(UsageError, match="new head"):
        dnn.fine_tune(several, task="multi-label", **QUICK)
    dnn.fine_tune(several, task="multi-label", new_head=True, **QUICK)
    assert (dnn.task.name, dnn.loss.name) == ("multi-label", "binary-cross-entropy")
    assert (dnn.start.source, len(dnn.start.sha256)) == ("first.safetensors", 64)


WRONG = {
    "other classes": (pictures(), pictures("abd"), {}, "not those"),
    "classes in another order": (pictures(), pictures("bac"), {}, "in this order"),
    "more classes": (pictures(), pictures("abcd"), {}, "4 classes"),
    "another shape": (pictures(), pictures(size=5), {"new_head": True}, "samples have shape (5, 5)"),
    "another scale": (pictures(), pictures(scale=1 / 16), {"new_head": True}, "multiplies integers by 0.0625"),
    "other values": (table(), table(names=("weight",)), {}, "not those"),
    "an unknown column": (table(), table(columns=("size", "age", "doors")), {"new_head": True}, "doors"),
    "arrays and a new head": (pictures(), pictures().train.inputs, {"new_head": True}, "Dataset"),
    "nothing to freeze": (pictures(), pictures(), {"freeze": "3.*"}, "trained arrays are 0.dense.weight"),
}
FOREIGN = {
    "a missing column": (table(), table(columns=("size",)), "missing: age"),
    "a table for pictures": (pictures(), table(), "the network takes arrays"),
    "pictures for a table": (table(), pictures(), "expected a table with the columns size, age"),
}


@pytest.mark.parametrize("case", WRONG)
def test_data_that_do_not_fit_are_refused_and_change_nothing(case):
    own, other, choices, fragment = WRONG[case]
    dnn = trained(own)
    before, history = dnn.predictor.predictions(own.test.inputs), dnn.history
    with pytest.raises(UsageError) as caught:
        dnn.fine_tune(other, **choices, **QUICK)
    assert fragment in str(caught.value)
    assert np.array_equal(dnn.predictor.predictions(own.test.inputs), before)
    assert dnn.history is history


@pytest.mark.parametrize("case", FOREIGN)
def test_data_of_another_kind_are_refused(case):
    own, other, fragment = FOREIGN[case]
    with pytest.raises((FileFormatError, UsageError)) as caught:
        trained(own).fine_tune(other, **QUICK)
    assert fragment in str(caught.value)


def test_a_misspelt_argument_is_an_error():
    with pytest.raises(TypeError, match="freze"):
        trained(pictures()).fine_tune(pictures(), freze="0.*")
