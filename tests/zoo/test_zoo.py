"""The zoo: networks match their cards, and plugins bring more networks."""

import hashlib
import json
import os
import re
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.builtin.zoo import NAMES
from nnzoo.errors import UnknownComponentError
from nnzoo.model.model_file import read_model
from nnzoo.plugins import zoo_index
from nnzoo.plugins.registry import Registry
from nnzoo.plugins.zoo_index import find_zoo_entry, zoo_entries
from nnzoo.zoo.card import read_card

BUILTINS = Registry(disabled=["all"])
TRAINED = files("nnzoo.builtin") / "trained"
LIST_ONE = """
from pathlib import Path
from nnzoo.api import ZooModel, hookimpl

@hookimpl
def nnzoo_zoo():
    return [ZooModel({name!r}, Path({folder!r}))]
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_card_describes_its_file(name):
    card, path = read_card(TRAINED / f"{name}.md"), TRAINED / f"{name}.safetensors"
    assert card.name == name
    assert card.file_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    file = read_model(path)
    assert file.description.results["weights_sha256"] == card.weights_sha256
    assert file.description.results["test_accuracy"] == card.test_accuracy
    assert file.description.data.sha256 == card.data.sha256
    confusion = np.array(card.confusion)
    assert confusion.sum() == card.data.samples["test"]
    assert np.trace(confusion) / confusion.sum() == card.test_accuracy
    assert DeepNeuralNetwork.from_zoo(name, registry=BUILTINS).network.parameters.vector.size == card.parameters
    assert all((card.summary, card.intended_use, card.limits, card.data.license))


def test_built_in_networks_match_their_cards():
    accuracy = {name: read_card(TRAINED / f"{name}.md").test_accuracy for name in NAMES}
    assert accuracy["mnist-mlp.large"] >= 0.985
    assert accuracy["mnist-mlp.relu"] >= 0.98
    assert sum(file.stat().st_size for file in TRAINED.iterdir()) <= 2_000_000
    assert {file.name for file in TRAINED.iterdir()} == {f"{n}.{kind}" for n in NAMES for kind in ("safetensors", "md")}


def test_the_digits_network_reaches_the_accuracy_on_its_card():
    data = load_dataset("digits", registry=BUILTINS)
    card = read_card(TRAINED / "digits-mlp.relu.md")
    network = DeepNeuralNetwork.from_zoo("digits-mlp", registry=BUILTINS)
    assert network.score(data.test.inputs, data.test.targets) == card.test_accuracy
    assert network.class_names == tuple("0123456789")


@pytest.mark.mnist
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("mnist")])
def test_the_mnist_networks_reach_the_accuracy_on_their_cards(name, mnist_dir):
    data = load_dataset("mnist", mnist_dir, registry=BUILTINS)
    card = read_card(TRAINED / f"{name}.md")
    predicted = DeepNeuralNetwork.from_zoo(name, registry=BUILTINS).predict(data.test.inputs)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (data.test.targets, predicted), 1)
    assert confusion.tolist() == card.confusion


def test_names_are_found_with_and_without_tag_and_by_wildcard():
    assert find_zoo_entry(BUILTINS, "mnist-mlp").model.name == "mnist-mlp.relu"
    assert find_zoo_entry(BUILTINS, "nnzoo/mnist-mlp.large").model.name == "mnist-mlp.large"
    assert [entry.model.name for entry in zoo_entries(BUILTINS, "mnist-*")] == list(NAMES[:3])
    with pytest.raises(UnknownComponentError, match=r"did you mean mnist-mlp\.relu"):
        find_zoo_entry(BUILTINS, "mnist-mlp.rellu")


def test_a_message_lists_only_some_of_many_networks(monkeypatch):
    entries = [SimpleNamespace(model=SimpleNamespace(name=f"net{i}.relu", architecture=f"net{i}")) for i in range(33)]
    monkeypatch.setattr(zoo_index, "zoo_entries", lambda registry, pattern="*": entries)
    with pytest.raises(UnknownComponentError, match=r"installed are net0\.relu, .*net9\.relu and 23 more: .*zoo list"):
        find_zoo_entry(BUILTINS, "lenet")


def test_a_run_becomes_a_plugins_model_and_is_reproduced(run_nnzoo, tmp_path):
    """The whole way: train, add, list in a plugin, find, show, train again."""
    assert run_nnzoo("train", "--dataset", "digits", "--epochs", "3", "--run-dir", "run").code == 0
    texts = ("--summary", "A try.", "--use", "None.", "--limits", "All.")
    added = run_nnzoo("zoo", "add", "run", "--name", "digits-mlp.try", *texts, "--out", "trained")
    assert added.code == 0, added.stderr
    (tmp_path / "mine.py").write_text(LIST_ONE.format(name="digits-mlp.try", folder=str(tmp_path / "trained")))
    listed = run_nnzoo("zoo", "list", "digits-*", "--plugin", "mine.py", "--json")
    rows = {row["name"]: row for row in json.loads(listed.stdout)}
    assert rows.keys() == {"digits-mlp.relu", "digits-mlp.try"}
    assert rows["digits-mlp.try"]["plugin"] == "mine.py"
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert rows["digits-mlp.try"]["test_accuracy"] == record["results"]["test_accuracy"]

    plugins = json.loads(run_nnzoo("list-plugins", "--plugin", "mine.py", "--json").stdout)
    assert {row["plugin"]: row["components"] for row in plugins}["mine.py"] == {"zoo": ["digits-mlp.try"]}

    shown = run_nnzoo("zoo", "show", "digits-mlp.try", "--plugin", "mine.py")
    assert "A try." in shown.stdout
    assert "nnzoo train --dataset digits --task classification --model mlp:hidden=64" in shown.stdout

    again = run_nnzoo("zoo", "reproduce", "digits-mlp.try", "--plugin", "mine.py", "--json")
    assert again.code == 0, again.stderr
    found = json.loads(again.stdout)
    assert (found["identical"], found["differences"]) == (True, [])
    assert re.search(r"^ +3/3 ", again.stderr, re.M), "it shows its progress"


def test_the_recipe_on_a_card_is_a_command_that_makes_the_same_weights(run_nnzoo, tmp_path):
    card = read_card(TRAINED / "digits-mlp.relu.md")
    program, *arguments = card.command.split()
    assert program == "nnzoo"
    trained = run_nnzoo(*arguments, "--json")
    assert trained.code == 0, trained.stderr
    assert json.loads(trained.stdout)["seed"] == card.seed
    assert json.loads(trained.stdout)["test_accuracy"] == pytest.approx(card.test_accuracy, abs=0.01)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("try", "it is architecture.tag"), ("digits.absent", "there is no digits.absent.safetensors")],
)
def test_a_plugin_that_lists_missing_files_fails(run_nnzoo, tmp_path, name, reason):
    (tmp_path / "bad.py").write_text(LIST_ONE.format(name=name, folder=str(tmp_path)))
    outcome = run_nnzoo("zoo", "list", "--plugin", "bad.py")
    assert (outcome.code, outcome.stdout) == (5, "")
    assert reason in outcome.stderr


def test_only_a_finished_run_can_be_added_to_the_zoo(run_nnzoo, tmp_path):
    assert run_nnzoo("train", "--dataset", "digits", "--epochs", "1", "--run-dir", "run").code == 0
    record = json.loads((tmp_path / "run/run.json").read_text())
    (tmp_path / "run/run.json").write_text(json.dumps({**record, "status": "interrupted"}))
    texts = ("--summary", "A try.", "--use", "None.", "--limits", "All.")
    outcome = run_nnzoo("zoo", "add", "run", "--name", "digits-mlp.try", *texts, "--out", ".")
    assert outcome.code == 2
    assert "its status is 'interrupted'" in outcome.stderr
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize("name", ["digits-mlp.relu", "digits-mlp", "nnzoo/digits-mlp"])
def test_commands_accept_a_network_name_in_place_of_a_model_file(nnzoo_here, tmp_path, name):
    def told(*arguments):
        outcome = nnzoo_here(tmp_path, *arguments)
        assert outcome.code == 0, outcome.stderr
        assert outcome.stderr == "" or (arguments[0] == "export" and "takes samples in the form" in outcome.stderr)
        return outcome.stdout

    np.save(tmp_path / "digits.npy", load_dataset("digits").test.inputs[:5])
    card = read_card(TRAINED / "digits-mlp.relu.md")
    measured = json.loads(told("evaluate", name, "--json"))
    assert (measured["file"], measured["accuracy"]) == (name, card.test_accuracy)
    assert json.loads(told("show", "--model-file", name, "--json"))["run"]
    assert f"{card.parameters:,} parameters" in told("summary", name)
    predicted = DeepNeuralNetwork.from_zoo(name).predict(load_dataset("digits").test.inputs[:5])
    assert [row["class"] for row in json.loads(told("predict", name, "digits.npy", "--json"))] == [*map(str, predicted)]
    told("explain", "--from", name)
    stem = name.rpartition("/")[2]
    assert told("export", name, "--format", "numpy").startswith(f"wrote {stem}.py ")
    assert (tmp_path / f"{stem}.npz").exists()


def test_a_path_takes_precedence_over_a_network_of_that_name(nnzoo_here, tmp_path):
    DeepNeuralNetwork([3, 2, 2]).save(tmp_path / "digits-mlp")
    assert "input 3, 14 parameters" in nnzoo_here(tmp_path, "summary", "digits-mlp").stdout


def test_an_unknown_network_is_reported_with_the_known_ones(nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "evaluate", "digit-mlp")
    assert (outcome.code, outcome.stdout) == (7, "")
    assert "there is no model digit-mlp" in outcome.stderr
    assert "did you mean digits-mlp" in outcome.stderr
    outcome = nnzoo_here(tmp_path, "summary", "mlp")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "nnzoo summary --model mlp" in outcome.stderr


TEXTS = ("--summary", "A try.", "--use", "None.", "--limits", "All.")


@pytest.fixture(scope="module")
def trained_run(nnzoo_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo")
    trained = nnzoo_here(folder, "train", "--dataset", "digits", "--epochs", "1", "--run-dir", "run", "--quiet")
    assert trained.code == 0, trained.stderr
    return folder / "run"


@pytest.mark.parametrize(
    "name", ["../esc.x", "", "--json", "digits", "a.b/c", "a..b", "A.b", "a.b.c", "/tmp/a.b", "a.b\n"]
)
def test_an_invalid_network_name_is_refused_before_anything_is_written(nnzoo_here, tmp_path, trained_run, name):
    (tmp_path / "out").mkdir()
    outcome = nnzoo_here(tmp_path, "zoo", "add", trained_run, "--name", name, *TEXTS, "--out", "out")
    assert outcome.code == 2
    assert "it is architecture.tag" in outcome.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]


@pytest.mark.parametrize("there", ["digits-mlp.try.md", "digits-mlp.try.json", "digits-mlp.try.safetensors"])
def test_an_existing_network_is_replaced_only_on_request(nnzoo_here, tmp_path, trained_run, there):
    (tmp_path / there).write_text("precious")
    add = ("zoo", "add", trained_run, "--name", "digits-mlp.try", *TEXTS, "--out", ".")
    outcome = nnzoo_here(tmp_path, *add)
    assert outcome.code == 2
    assert f"{there} already exists" in outcome.stderr
    assert "--force" in outcome.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {there: "precious"}
    assert nnzoo_here(tmp_path, *add, "--force").code == 0
    assert read_card(tmp_path / "digits-mlp.try.md").summary == "A try."
    assert read_model(tmp_path / "digits-mlp.try.safetensors")


def test_a_large_file_is_reported(nnzoo_here, tmp_path, trained_run, monkeypatch):
    monkeypatch.setattr("nnzoo.zoo.making.LARGE_FILE", 1000)
    outcome = nnzoo_here(tmp_path, "zoo", "add", trained_run, "--name", "digits-mlp.try", *TEXTS, "--out", "new/folder")
    assert outcome.code == 0
    assert "a package should stay below 1,000" in outcome.stderr
    assert read_model(tmp_path / "new/folder/digits-mlp.try.safetensors")


def test_a_model_never_stays_without_its_card(nnzoo_here, tmp_path, trained_run, monkeypatch):
    link, calls = os.link, []

    def full(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        link(source, target)

    monkeypatch.setattr("os.link", full)
    outcome = nnzoo_here(tmp_path, "zoo", "add", trained_run, "--name", "digits-mlp.try", *TEXTS, "--out", ".")
    assert outcome.code == 7
    assert "can't write digits-mlp.try.md: No space left on device" in outcome.stderr
    assert list(tmp_path.iterdir()) == []
