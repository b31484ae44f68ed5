"""The page about a training of one's own: its code runs, and it names what `nnzoo.api` has for it."""

import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import nnzoo.api
from nnzoo import DeepNeuralNetwork
from nnzoo.api import (
    FileFormatError,
    Registry,
    UsageError,
    find_component,
    load_dataset,
    read_start,
    restore_arrays,
    save_arrays,
)

PAGE = (Path(__file__).parents[2] / "docs/own_training.md").read_text(encoding="utf-8")


def test_its_code_trains_and_restores(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "own_training.md", "exec"), names)
    accuracy, position, *_ = capsys.readouterr().out.splitlines()
    assert float(accuracy) > 0.9
    assert position == "{'step': 120}"
    assert names["metrics"].test_accuracy > 0.9


def test_it_names_all_that_the_api_imports_late():
    table = PAGE.partition("| name |")[2]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {*nnzoo.api._HOMES, "Registry"}
    assert named <= {*nnzoo.api.__all__}


def test_what_its_functions_return_has_its_type_there_too():
    """Fields of what they return are read, not named: `RunRecord.data.samples`."""
    public = [getattr(nnzoo.api, name) for name in nnzoo.api.__all__]
    functions = [f for f in public if inspect.isfunction(f)]
    for public_class in filter(inspect.isclass, public):
        members = [(name, inspect.unwrap(m)) for name, m in inspect.getmembers(public_class, inspect.isfunction)]
        functions += [m for name, m in members if not name.startswith("_")]
    modules = [module for name, module in sys.modules.items() if name.startswith("nnzoo.")]
    ours = {c.__name__ for m in modules for c in vars(m).values() if inspect.isclass(c) and c.__module__ == m.__name__}
    returned = {name for f in functions for name in re.findall(r"\w+", str(f.__annotations__.get("return")))}
    assert len(functions) > 250
    assert (returned & ours) - {*nnzoo.api.__all__} == set()


def test_importing_the_api_imports_no_training(run_nnzoo):
    code = (
        "import sys, nnzoo.api; late = {'nnzoo.training', 'nnzoo.runs', 'nnzoo.nn'}; "
        "assert not late & {*sys.modules}; nnzoo.api.Trainer; assert late <= {*sys.modules} | {'nnzoo.runs'}"
    )
    outcome = run_nnzoo(python_options=["-c", code])
    assert outcome.code == 0, outcome.stderr


def test_a_model_file_may_name_its_data(tmp_path):
    registry = Registry()
    loader = registry.build("dataset", "digits")
    dnn = DeepNeuralNetwork.for_dataset(load_dataset(loader), model="mlp:hidden=4")
    dnn.save(tmp_path / "mine.safetensors", dataset=loader)
    start = read_start(registry, tmp_path / "mine.safetensors", "mine")
    assert find_component(start.file, "dataset", registry) == loader


def test_a_name_that_is_not_there_is_an_attribute_error():
    assert not hasattr(nnzoo.api, "Trainor")
    assert "Trainer" in dir(nnzoo.api)


@pytest.mark.parametrize(
    ("arrays", "settings", "error"),
    [
        ({"a": np.zeros(3)}, {"rate": 0.2}, UsageError),
        ({"a": np.zeros(3)}, {}, UsageError),
        ({"a": np.zeros(4)}, {"rate": 0.1}, FileFormatError),
        ({"a": np.zeros(3, np.float32)}, {"rate": 0.1}, FileFormatError),
        ({"a": np.zeros(3), "b": np.zeros(3)}, {"rate": 0.1}, FileFormatError),
    ],
)
def test_a_checkpoint_of_another_training_is_refused_and_changes_nothing(tmp_path, arrays, settings, error):
    path = tmp_path / "new/checkpoint.safetensors"
    assert restore_arrays(path, arrays, settings) is None
    save_arrays(path, {"a": np.arange(3.0)}, {"step": 7}, {"rate": 0.1})
    with pytest.raises(error):
        restore_arrays(path, arrays, settings)
    assert not any(array.any() for array in arrays.values())


def test_a_checkpoint_of_nnzoos_own_loop_is_not_one_of_these(tmp_path):
    from nnzoo.files.tensors import write_tensors

    path, array = tmp_path / "x.safetensors", np.zeros(2)
    write_tensors(path, {"a": array + 1}, {"checkpoint": {}})
    with pytest.raises(FileFormatError):
        restore_arrays(path, {"a": array}, {})
    assert not array.any()
