"""The page about a training of one's own: its code runs, and it names what `nnzoo.api` has for it."""

import re
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
    table = PAGE.partition("| name |")[2].partition("## The loop")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {*nnzoo.api._HOMES, "Registry"}
    assert named <= {*nnzoo.api.__all__}


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
