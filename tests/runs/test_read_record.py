"""`read_record`: records of this version and of others, and records that it refuses."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.errors import FileFormatError
from nnzoo.runs.conditions import conditions
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import Fallback, Resumption, built_from_record, read_record

OLD = Path(__file__).parent / "version_0_1"
"""Records written by version 0.1.0."""
TEXT = (OLD / "digits/run.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


def read(folder, values):
    (folder / "run.json").write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
    return read_record(folder)


def test_a_classification_of_version_0_1(toy_registry):
    record = read_record(OLD / "digits")
    assert (record.status, record.epochs_trained, record.kept_epoch) == ("finished", 2, 2)
    assert (record.component("dataset").short_name, record.component("model").origin) == ("digits", "nnzoo")
    assert record.component("schedule").options == {"warmup": 0.25, "start": 0.04}
    assert (record.data.input_shape, record.data.output_shape, record.data.scale) == ((8, 8), (10,), 0.1)
    assert record.data.names == tuple("0123456789")
    assert record.component("task").name == "nnzoo/classification"
    assert record.data.samples == {"train": 1294, "validation": 144, "test": 359}
    assert (record.network.parameters, len(record.network.layers)) == (4810, 3)
    assert record.environment.blas[0]["internal_api"] == "openblas"
    assert (record.fallback, record.resumed, record.reason, record.steps) == (None, (), None, None)
    assert record.measured == {
        "train_loss": 0.3231335529219791,
        "train_accuracy": 0.9041731066460588,
        "validation_loss": 0.22112752331627739,
        "validation_accuracy": 0.9444444444444444,
        "test_loss": 0.23096571260840115,
        "test_accuracy": 0.9303621169916435,
    }
    recipe, loader = built_from_record(toy_registry, record)
    assert (str(loader), recipe.learning_rate, recipe.early_stopping, recipe.keep) == ("digits", 3.0, 5, "best")
    assert conditions(record)["optimizer"] == "momentum:beta=0.9"
    assert conditions(record)["matrix products"] == "openblas 0.3.31.188.0 Haswell"


def test_a_regression_of_version_0_1():
    record = read_record(OLD / "table")
    assert (record.data.names, record.data.output_shape, record.data.input_shape) == ((), (1,), (2,))
    assert record.component("task").name == "nnzoo/regression"
    assert record.measured == {"train_loss": 0.6574576695760092, "test_loss": 0.38704971472422284}
    assert record.figure("test_accuracy") is None
    assert record.component("optimizer").name == "nnzoo-optimizers/adam"
    assert record.component("dataset").options["target"] == "weight"


@pytest.mark.parametrize("name", ["digits", "table"])
def test_a_record_is_written_as_it_was_read(name, folder):
    record = read_record(OLD / name)
    old = json.loads((OLD / name / "run.json").read_text(encoding="utf-8"))
    now = json.loads(record.to_json())
    assert (old.pop("format"), now.pop("format")) == (2, 3)
    assert now.pop("metrics") == []
    assert now["components"].pop("task")["name"] == f"nnzoo/{'classification' if name == 'digits' else 'regression'}"
    problem = {name: now["data"].pop(name) for name in ("output_shape", "target_shape", "names")}
    outputs, names = old["data"].pop("outputs"), old["data"].pop("class_names")
    assert problem == {"output_shape": [outputs], "target_shape": [] if names else [outputs], "names": names}
    assert (now["data"].pop("has_labels"), now["data"].pop("target")) == (False, "")
    assert (now["data"].pop("columns"), now["data"].pop("units")) == (0, None)
    assert now["data"].pop("date_order") == "auto"
    assert (now["data"].pop("input_parts"), now["data"].pop("output_parts")) == ([], [])
    assert now == old
    more = replace(
        record,
        status="interrupted",
        reason="é\n",
        steps=0,
        fallback=Fallback("mnist", "offline"),
        resumed=(Resumption("noon", 3, ("seed: 0 then, 1 now",)),),
    )
    RunDirectory(folder).write_record(more)
    assert read_record(folder) == more


def test_metrics_of_any_name_are_figures(folder):
    values = json.loads(TEXT)
    values["results"] |= {"test_top-k": 1, "validation_my_score": 0.5, "test_note": "good", "test_flag": True}
    values["results"] |= {"train_f1": None, "per_class": [0.5, {"a": 1}]}
    record = read(folder, {**values, "from the future": [1]})
    assert record.figure("test_top-k") == 1
    assert record.figure("validation_my_score") == 0.5
    assert all(record.figure(name) is None for name in ("test_note", "test_flag", "train_f1", "per_class", "nothing"))
    assert record.measured.keys() - read_record(OLD / "digits").measured.keys() == {"test_top-k", "validation_my_score"}


def test_a_path_of_bytes_that_are_not_text_leaves_the_record_readable(folder):
    record = replace(read_record(OLD / "digits"), command=("nnzoo", "train", "--run-dir", "a\udcff\U0001f600"))
    RunDirectory(folder).write_record(record)
    assert read_record(folder).command[-1] == "a?\U0001f600"


@pytest.mark.parametrize("levels", [63, 500, 5_000, 100_000])
def test_deeply_nested_lists_are_refused(folder, levels):
    bomb = TEXT.replace('"hidden": [', f'"hidden": {"[" * (levels - 4)}{"]" * (levels - 4)}, "other": [')
    if levels < 64:
        read(folder, bomb).to_json()
    else:
        with pytest.raises(FileFormatError, match="deeper than 64"):
            read(folder, bomb)


def test_a_component_that_is_missing_is_named(folder, toy_registry):
    record = replace(read_record(OLD / "digits"), components={})
    with pytest.raises(FileFormatError, match="names no loss"):
        record.component("loss")
    with pytest.raises(FileFormatError, match="names no dataset"):
        built_from_record(toy_registry, record)


def places(value, path=()):
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(list(places(json.loads(TEXT)))), ANYTHING)
def test_a_record_with_one_changed_value_is_read_or_refused(folder, place, value):
    values = {"record": json.loads(TEXT)}
    part = values
    for key in ("record", *place)[:-1]:
        part = part[key]
    part[("record", *place)[-1]] = value
    try:
        record = read(folder, values["record"])
    except FileFormatError:
        return
    assert all(map(math.isfinite, record.figures.values()))
    assert all(isinstance(text, str) for text in conditions(record).values())
    RunDirectory(folder).write_record(record)
    assert read_record(folder) == record
