"""The data that exporters get, and the files that they write: all of them, or none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Columns, Dataset, Exporter, Feature, Model, Problem, Split
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.preprocessors import DateParts, Fill, OneHot, Standardize
from nnzoo.errors import PluginError, StorageError, UsageError
from nnzoo.model.exporting import export_model, trained_network
from nnzoo.model.model_file import find_preprocessing, read_model
from nnzoo.plugins.registry import Registry


@dataclass(frozen=True)
class Two(Exporter):
    """Two files of a few bytes."""

    name: ClassVar[str] = "two"
    suffixes: ClassVar[tuple[str, ...]] = (".one", ".two.txt")

    def export(self, trained):
        return {".one": b"1", ".two.txt": b"2" * trained.outputs}


@dataclass(frozen=True)
class Less(Two):
    """Says that it makes two files."""

    name: ClassVar[str] = "less"

    def export(self, trained):
        return {".one": b"1"}


@pytest.fixture
def registry():
    return Registry(disabled=["all"])


@pytest.fixture
def model_file(tmp_path, registry):
    """The model file of a small network."""
    dnn = DeepNeuralNetwork([4, 3, 2], "sigmoid", class_names=("no", "yes"), registry=registry)
    dnn.train(np.full((6, 4), 255, np.uint8), np.array([0, 1] * 3), epochs=1, verbose=False)
    path = tmp_path / "small.v1.safetensors"
    dnn.save(path)
    return path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".safetensors"}


def test_an_exporter_sees_everything_in_the_file(registry, model_file):
    file = read_model(model_file)
    trained = trained_network(registry, file)
    assert (trained.input_shape, trained.outputs) == ((4,), 2)
    assert (trained.loss.name, trained.scale) == ("nnzoo/softmax-cross-entropy", 1 / 255)
    assert trained.task.name == "nnzoo/classification"
    assert trained.problem == Problem((4,), (2,), (), ("no", "yes"))
    assert (trained.class_names, trained.columns, trained.target_steps) == (("no", "yes"), (), ())
    (feature,) = trained.features
    assert (feature.column, feature.type) == ("", "")
    assert [step.component.name for step in feature.steps] == ["nnzoo/pixels"]
    assert [str(layer.component) for layer in trained.layers] == [
        "nnzoo/dense",
        "nnzoo/activate (nnzoo/sigmoid)",
        "nnzoo/dense",
    ]
    assert [(layer.input_shape, layer.output_shape) for layer in trained.layers] == [
        ((4,), (3,)),
        ((3,), (3,)),
        ((3,), (2,)),
    ]
    assert trained.layers[0].component.options == {"units": 3, "initialization": "glorot"}
    for place, layer in enumerate(trained.layers):
        assert layer.state == {}
        for name, array in layer.parameters.items():
            np.testing.assert_array_equal(array, file.tensors[f"{place}.dense.{name}"])
            assert not array.flags.writeable
    assert sum(len(layer.parameters) for layer in trained.layers) == len(file.tensors) == 4
    facts = {"model": "mlp:hidden=3", "activation": "sigmoid", "sha256": file.sha256}
    assert {key: trained.facts[key] for key in facts} == facts


@pytest.fixture
def table_file(tmp_path, registry):
    """The model file of a network for a table."""
    raw = Columns(
        {
            "age": np.array([31.0, np.nan, 45.0, 52.0]),
            "town": np.array(["Bern", None, "Biel", "Bern"], object),
            "day": np.array(["2024-01-01", "NaT", "2024-02-03", "2024-05-06"], "M8[s]"),
        }
    )
    features = (
        Feature((Fill(), Standardize()), "age"),
        Feature((OneHot(),), "town"),
        Feature((DateParts(), Fill()), "day"),
    )
    split = Split(raw, np.array([[1e5], [2e5], [3e5], [4e5]]))
    data = Dataset(split, split, features=features, value_names=("rent",))
    dnn = DeepNeuralNetwork.for_dataset(data, registry=registry)
    dnn.train(data, epochs=1, verbose=False)
    dnn.save(tmp_path / "table.safetensors")
    return tmp_path / "table.safetensors"


def test_an_exporter_sees_the_preprocessing(registry, table_file):
    file = read_model(table_file)
    trained, preprocessing = trained_network(registry, file), find_preprocessing(file, registry)
    assert [(feature.column, feature.type) for feature in trained.features] == [
        ("age", "number"),
        ("town", "category"),
        ("day", "date"),
    ]
    seen = [*(feature.steps for feature in trained.features), trained.target_steps]
    fitted = [*(feature.steps for feature in preprocessing.features), preprocessing.targets]
    assert [step.component.name for steps in seen for step in steps] == [
        "nnzoo/fill",
        "nnzoo/standardize",
        "nnzoo/one-hot",
        "nnzoo/date-parts",
        "nnzoo/fill",
        "nnzoo/standardize",
    ]
    assert seen[0][0].component.options == {"missing": "fill"}
    for steps, known in zip(seen, fitted, strict=True):
        for step, other in zip(steps, known, strict=True):
            assert step.fitted.keys() == other.fitted.keys()
            for name, array in step.fitted.items():
                np.testing.assert_array_equal(array, other.fitted[name])
                assert not array.flags.writeable
    assert trained.columns == ("age", "town", "day")
    assert trained.problem.names == ("rent",)
    assert trained.class_names == ()


def test_an_exporter_without_preprocessing_refuses_networks_that_need_it(registry, table_file, tmp_path):
    with pytest.raises(UsageError, match=r"exporter two .* fill, standardize, one-hot, date-parts"):
        export_model(registry, table_file, Two())
    dnn = DeepNeuralNetwork([2, 1], task="regression", registry=registry)
    dnn.train(np.ones((4, 2)), np.arange(4.0), epochs=1, verbose=False)
    dnn.save(tmp_path / "values.safetensors")
    with pytest.raises(UsageError, match="needs preprocessing: standardize"):
        export_model(registry, tmp_path / "values.safetensors", Two())


def test_exporters_see_state_and_layers_of_other_plugins(tmp_path, write_plugin, monkeypatch):
    source = """
from dataclasses import dataclass
from typing import ClassVar
from nnzoo.api import Layer, LayerPlan, Parameter, hookimpl

@dataclass(frozen=True)
class Running(Layer):
    '''Keeps an average.'''
    name: ClassVar[str] = "running"
    def plan(self, input_shape):
        return LayerPlan(input_shape, state={"mean": Parameter(input_shape)})
    def forward(self, x, out, memory):
        out[...] = x
    def backward(self, x, out, grad_out, grad_in, memory):
        grad_in[...] = grad_out

@hookimpl
def nnzoo_layers():
    return [Running]
"""
    monkeypatch.syspath_prepend(write_plugin(tmp_path / "site", "nnzoo-running", source))
    import nnzoo_running

    registry = Registry()

    @registry.register
    @dataclass(frozen=True)
    class Mixed(Model):
        """A model with a layer of another plugin, and one that is not registered."""

        name: ClassVar[str] = "mixed"

        def depth(self):
            return 1

        def layers(self, input_shape, outputs, activation):
            return [nnzoo_running.Running(), Private(), Activate(activation), Dense(outputs)]

    class Private(nnzoo_running.Running):
        name: ClassVar[str] = "private"

    dnn = DeepNeuralNetwork(model="mixed", input_shape=(3,), outputs=2, registry=registry)
    dnn.network.state.vector[...] = np.arange(6)
    dnn.save(tmp_path / "mixed.safetensors")
    running, private, *_ = trained_network(registry, read_model(tmp_path / "mixed.safetensors")).layers
    assert (running.component.name, private.component.name) == ("nnzoo-running/running", "private")
    np.testing.assert_array_equal(running.state["mean"], [0, 1, 2])
    np.testing.assert_array_equal(private.state["mean"], [3, 4, 5])


@pytest.mark.parametrize(
    ("out", "stem"),
    [
        (None, "small.v1"),
        ("other", "other"),
        ("other.one", "other"),
        ("other.two.txt", "other"),
        ("other.txt", "other.txt"),
        ("folder", "folder/small.v1"),
    ],
)
def test_exported_files_have_the_expected_names(registry, model_file, tmp_path, out, stem):
    (tmp_path / "folder").mkdir()
    written = export_model(registry, model_file, Two(), None if out is None else tmp_path / out)
    assert written == [tmp_path / f"{stem}.one", tmp_path / f"{stem}.two.txt"]
    assert [path.read_bytes() for path in written] == [b"1", b"22"]


def test_nothing_is_overwritten_unless_asked_for(registry, model_file, tmp_path):
    (tmp_path / "small.v1.two.txt").write_text("precious")
    with pytest.raises(UsageError, match=r"small\.v1\.two\.txt already exists") as caught:
        export_model(registry, model_file, Two())
    assert "--force" in caught.value.hint
    assert contents(tmp_path) == {"small.v1.two.txt": b"precious"}
    export_model(registry, model_file, Two(), overwrite=True)
    assert contents(tmp_path) == {"small.v1.one": b"1", "small.v1.two.txt": b"22"}


def test_a_directory_is_never_replaced(registry, model_file, tmp_path):
    (tmp_path / "small.v1.one").mkdir()
    with pytest.raises(UsageError, match="is a directory"):
        export_model(registry, model_file, Two(), overwrite=True)


def test_an_exporter_that_makes_other_files_than_declared_is_an_error(registry, model_file, tmp_path):
    with pytest.raises(PluginError, match=r"exporter less has made \['\.one'\]"):
        export_model(registry, model_file, Less())
    assert contents(tmp_path) == {}


def test_whichever_step_fails_nothing_is_left_behind(registry, model_file, tmp_path, monkeypatch):
    steps, failing = 0, 0

    def counted(function):
        def step(*arguments, **options):
            nonlocal steps
            steps += 1
            if steps == failing:
                raise OSError(28, "No space left on device")
            return function(*arguments, **options)

        return step

    def fails_at(number, out):
        nonlocal steps, failing
        steps, failing = 0, number
        with pytest.raises(StorageError, match=rf"can't write .*{out}.*: No space left on device"):
            export_model(registry, model_file, Two(), tmp_path / out, overwrite=True)
        assert steps == number

    monkeypatch.setattr(os, "fsync", counted(os.fsync))
    monkeypatch.setattr(Path, "replace", counted(Path.replace))
    export_model(registry, model_file, Two(), tmp_path / "first", overwrite=True)
    total, before = steps, contents(tmp_path)
    assert total == 5  # two files reach the disk, get their names, and so does the directory
    for number in range(1, total + 1):
        fails_at(number, "second")
        assert contents(tmp_path) == before
    for path in before:
        (tmp_path / path).write_text("precious")
    for number in range(1, total - 1):  # the first file is in its place when the last one can't be put into its own
        fails_at(number, "first")
        assert contents(tmp_path) == dict.fromkeys(before, b"precious")
