"""``nnzoo show --model-file``: everything in a model file, whoever it comes from."""

import hashlib
import json

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.files.tensors import read_tensors, write_tensors


@pytest.fixture(scope="module")
def trained(tmp_path_factory, nnzoo_here):
    """A folder with a run of one epoch."""
    folder = tmp_path_factory.mktemp("trained")
    outcome = nnzoo_here(folder, "train", "--dataset", "digits", "--epochs", "1", "--run-dir", "run", "--hidden", "9")
    assert outcome.code == 0, outcome.stderr
    return folder


def test_everything_is_reported_as_json(nnzoo_here, trained):
    outcome = nnzoo_here(trained, "show", "--model-file", "run", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    found = json.loads(outcome.stdout)
    record = json.loads((trained / "run" / "run.json").read_text())
    path = trained / "run" / "model.safetensors"
    assert (found["file"], found["format"], found["run"]) == ("run/model.safetensors", "2", "run")
    assert found["file_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found["contents_sha256"] == read_tensors(path).sha256
    version = record["environment"]["nnzoo"]
    model = {"distribution": "nnzoo", "name": "mlp", "version": version, "options": {"hidden": [9]}}
    assert found["components"]["model"] == model
    assert found["components"].keys() == record["components"].keys()
    for part in ("settings", "data"):
        assert found[part] == record[part]
    assert found["results"]["test_accuracy"] == record["results"]["test_accuracy"]
    assert found["tensors"][1] == {"name": "0.dense.weight", "shape": [64, 9], "dtype": "float32", "bytes": 64 * 9 * 4}
    assert found["summary"]["parameters"] == 65 * 9 + 10 * 10
    assert [layer["parameters"] for layer in found["summary"]["layers"]] == [65 * 9, 0, 10 * 10]
    assert found["problem"] is None


def test_a_model_file_is_shown_as_tables_its_accuracy_before_other_results(nnzoo_here, trained):
    outcome = nnzoo_here(trained, "show", "--model-file", "run/model.safetensors")
    assert (outcome.code, outcome.stderr) == (0, "")
    found = json.loads(nnzoo_here(trained, "show", "--model-file", "run", "--json").stdout)
    for value in (
        found["file_sha256"],
        found["contents_sha256"],
        found["data"]["sha256"],
        found["results"]["weights_sha256"],
        "softmax-cross-entropy",
        "beta 0.9",
        "0.dense.weight",
        "64×9",
        "dense:units=9,initialization=he",
        "input 8×8, 685 parameters, 2,740 bytes",
    ):
        assert value in outcome.stdout
    lines = [line.split() for line in outcome.stdout.splitlines()]
    start = lines.index(["result", "value"])
    assert lines[start + 2] == ["test_accuracy", str(found["results"]["test_accuracy"])]


def test_without_its_plugin_a_file_is_shown_with_the_way_to_the_plugin(
    nnzoo_command, tmp_path, write_plugin, activation_source
):
    there = {"PYTHONPATH": write_plugin(tmp_path / "site", "nnzoo-wavy", activation_source("wavy"))}
    train = ("train", "--dataset", "digits", "--epochs", "0", "--run-dir", "run", "--activation", "wavy")
    assert nnzoo_command(tmp_path, *train, environment=there).code == 0
    with_it = nnzoo_command(tmp_path, "show", "--model-file", "run", "--json", environment=there)
    assert json.loads(with_it.stdout)["summary"]["parameters"] == 4810
    outcome = nnzoo_command(tmp_path, "show", "--model-file", "run")
    assert outcome.code == 0
    for fragment in ("wavy", "nnzoo-wavy", "1.0", "0.dense.weight"):
        assert fragment in outcome.stdout
    assert "dense:units" not in outcome.stdout
    assert "it comes with nnzoo-wavy" in outcome.stderr
    found = json.loads(nnzoo_command(tmp_path, "show", "--model-file", "run", "--json").stdout)
    assert found["summary"] is None
    assert found["problem"]["kind"] == "PluginError"
    assert "it comes with nnzoo-wavy" in found["problem"]["hint"]


def test_a_file_that_does_not_fit_together_is_shown_and_has_exit_code_3(nnzoo_here, trained, tmp_path):
    file = read_tensors(trained / "run" / "model.safetensors")
    tensors = {**file.tensors, "0.dense.bias": np.zeros(7, np.float32)}
    write_tensors(tmp_path / "odd.safetensors", tensors, file.description)
    outcome = nnzoo_here(tmp_path, "show", "--model-file", "odd.safetensors")
    assert outcome.code == 3
    assert "0.dense.bias" in outcome.stdout
    assert "'0.dense.bias' has shape (7,) where (9,) is expected" in outcome.stderr
    outcome = nnzoo_here(tmp_path, "show", "--model-file", "odd.safetensors", "--json")
    assert outcome.code == 3
    assert json.loads(outcome.stdout)["problem"]["kind"] == "FileFormatError"


def test_metrics_and_preprocessing_are_shown(nnzoo_here, tmp_path):
    rows = [f"{n},{'red' if n % 3 else 'blue'},{n * n}" for n in range(60)]
    (tmp_path / "table.csv").write_text("\n".join(["size,color,price", *rows]) + "\n")
    train = ("train", "--dataset", "table.csv", "--epochs", "1", "--metric", "rmse", "--run-dir", "run")
    assert nnzoo_here(tmp_path, *train).code == 0
    found = json.loads(nnzoo_here(tmp_path, "show", "--model-file", "run", "--json").stdout)
    assert [(metric["distribution"], metric["name"]) for metric in found["metrics"]] == [("nnzoo", "rmse")]
    assert found["components"]["task"]["name"] == "regression"
    assert found["data"]["target"] == "price"
    assert [feature["column"] for feature in found["preprocessing"]["features"]] == ["size", "color"]
    cells = [line.split() for line in nnzoo_here(tmp_path, "show", "--model-file", "run").stdout.splitlines()]
    for row in (["metric", "rmse"], ["size", "fill,"], ["color", "one-hot"], ["(target)", "standardize"]):
        assert row in [line[:2] for line in cells]


def test_names_in_a_file_do_not_steer_the_terminal(nnzoo_here, tmp_path):
    path = tmp_path / "model.safetensors"
    DeepNeuralNetwork([4, 2], class_names=["\x1b[31mred", "a\x07b\u202ec"]).save(path)
    file = read_tensors(path)
    description = {**file.description, "run": "\x1b]0;title\x07", "results": {"\x9b2J": "\ud800"}}
    write_tensors(path, file.tensors, description)
    outcome = nnzoo_here(tmp_path, "show", "--model-file", ".")
    assert outcome.code == 0, outcome.stderr
    assert not {c for c in outcome.stdout if not c.isprintable()} - {"\n"}
    for fragment in (r"\x1b[31mred", r"a\x07b\u202ec", r"\x1b]0;title", r"\x9b2J", r"\ud800"):
        assert fragment in outcome.stdout


@pytest.mark.parametrize(
    ("name", "contents", "code", "fragment"),
    [
        ("none.safetensors", None, 7, "none.safetensors"),
        ("text.safetensors", b"hello, I am no model at all", 3, "not a safetensors file"),
        ("short.safetensors", (9).to_bytes(8, "little") + b"{      }", 3, "not a safetensors file"),
        ("empty", None, 3, "has no model.safetensors"),
    ],
)
def test_other_files_than_models_are_refused(nnzoo_here, tmp_path, name, contents, code, fragment):
    if contents is not None:
        (tmp_path / name).write_bytes(contents)
    elif name == "empty":
        (tmp_path / name).mkdir()
    for command in ("show --model-file", "evaluate"):
        outcome = nnzoo_here(tmp_path, *command.split(), name)
        assert (outcome.code, outcome.stdout) == (code, "")
        assert fragment in outcome.stderr
        assert "Traceback" not in outcome.stderr
