"""``nnzoo train --from``: what it starts from, what it says, and what it refuses."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from nnzoo import DeepNeuralNetwork, load_dataset

TRAIN = ("train", "--epochs", "1", "--json")


@pytest.fixture(scope="module")
def nnzoo(nnzoo_here, tmp_path_factory):
    """Run a command in a folder where there is the run ``first``, and tables that differ in their columns."""
    folder = tmp_path_factory.mktemp("from")
    rows = [f"{i % 7},{i % 5},{'yes' if i % 7 > 3 else 'no'}" for i in range(60)]
    (folder / "pets.csv").write_text("size,age,tame\n" + "\n".join(rows))
    (folder / "other.csv").write_text("size,age,tame\n" + "\n".join(row.replace("yes", "maybe") for row in rows))
    (folder / "wide.csv").write_text("size,age,legs,tame\n" + "\n".join(f"{i % 3},{r}" for i, r in enumerate(rows)))
    for run, data in (("first", "digits"), ("table", "pets.csv")):
        done = nnzoo_here(folder, *TRAIN, "--dataset", data, "--hidden", "12", "--run-dir", run)
        assert done.code == 0, done.stderr
    return lambda *arguments: nnzoo_here(folder, *map(str, arguments))


@pytest.mark.usefixtures("unpainted")
def test_all_is_listed_by_name_and_the_run_is_whole(nnzoo, tmp_path):
    choices = ("--new-head", "--freeze", "0.dense.bias", "--learning_rate_of", "0.*=0.1")
    done = nnzoo(*TRAIN, "--from", "first", *choices, "--run-dir", tmp_path / "run")
    assert done.code == 0, done.stderr
    results, record = json.loads(done.stdout), json.loads((tmp_path / "run/run.json").read_text())
    start = results["start"]
    assert (results["dataset"], results["model"], start["source"]) == ("digits", "mlp", "first")
    assert start["loaded"] == ["0.dense.weight", "0.dense.bias"]
    assert start["new"] == ["2.dense.weight", "2.dense.bias"]
    assert results["frozen"] == record["frozen"] == ["0.dense.bias"]
    assert record["start"] == start
    for name in (*start["loaded"], *start["new"]):
        assert name in done.stderr
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    again = json.loads(nnzoo("reproduce", tmp_path / "copy", "--json", "--run-dir", tmp_path / "again").stdout)
    assert (again["identical"], again["differences"]) == (True, [])
    told = json.loads(nnzoo("show", "--model-file", tmp_path / "again", "--json").stdout)["start"]
    source = json.loads(nnzoo("show", "--model-file", "first", "--json").stdout)
    assert (told, told["sha256"]) == (start, source["contents_sha256"])
    for command in ("show --model-file", "runs show", "report"):
        assert nnzoo(*command.split(), tmp_path / "again").code == 0
    assert told["sha256"] in (tmp_path / "again/report.html").read_text()
    assert nnzoo("runs", "remove", "--yes", tmp_path / "again").code == 0
    assert not (tmp_path / "again").exists()


def test_a_network_of_the_zoo_and_a_table(nnzoo):
    done = nnzoo(*TRAIN, "--from", "digits-mlp", "--freeze", "0.*")
    assert json.loads(done.stdout)["start"]["source"].startswith("nnzoo/digits-mlp.")
    done = nnzoo(*TRAIN, "--from", "table", "--dataset", "pets.csv", "--hidden", "12")
    assert json.loads(done.stdout)["task"] == "classification"


WRONG = {
    "another model": (("--from", "first", "--hidden", "13"), 2, "mlp:hidden=12"),
    "another activation": (("--from", "first", "--activation", "sigmoid"), 2, "relu, not sigmoid"),
    "another task": (("--from", "first", "--task", "regression"), 2, "classification, not regression"),
    "other classes": (("--from", "table", "--dataset", "other.csv"), 2, "maybe"),
    "other columns": (("--from", "table", "--dataset", "wide.csv", "--new-head"), 2, "legs"),
    "a table for pictures": (("--from", "first", "--dataset", "pets.csv"), 3, "table"),
    "no such array": (("--from", "first", "--freeze", "1.*"), 2, "0.dense.weight"),
    "no such model": (("--from", "frist"), 7, "frist"),
    "no model": (("--from", "pets.csv"), 3, "pets.csv"),
    "a new head of nothing": (("--new-head",), 2, "--from"),
    "a run that goes on": (("--from", "first", "--resume", "first"), 2, "--from"),
    "no factor": (("--learning-rate-of", "0.*", "--dataset", "digits"), 2, "PATTERN=FACTOR"),
}


@pytest.mark.parametrize("case", WRONG)
def test_mismatches_between_network_and_data_are_reported(nnzoo, case):
    arguments, code, fragment = WRONG[case]
    done = nnzoo(*TRAIN, *arguments)
    error = json.loads(done.stdout)["error"]
    assert (done.code, error["exit_code"]) == (code, code)
    assert fragment in f"{error['message']} {error['hint']}"
    if case.startswith("other"):
        assert ("--new-head" in error["hint"]) == (case == "other classes")


def test_images_are_prepared_like_those_of_the_network(run_nnzoo, tmp_path, clean_environment):
    rng = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 170)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(6):
            pixels = (level + rng.integers(-30, 30, (20, 30, 3))).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "own" / name / f"{number}.png")
    data = load_dataset("images:path=own,fit=crop,size=8,color=rgb")
    dnn = DeepNeuralNetwork.for_dataset(data, model="mlp:hidden=4")
    dnn.train(data, epochs=1, verbose=False)
    dnn.save("first.safetensors")  # which does not say what data it has learnt from
    train = ("train", "--from", "first.safetensors", "--epochs", "1", "--run-dir", "next", "--dataset")
    for written, said in (("own/", True), ("own/:fit=crop,color=rgb,size=8", False), ("own/:seed=3", True)):
        outcome = run_nnzoo(*train, written)
        assert outcome.code == 0, outcome.stderr
        options = json.loads((tmp_path / "next" / "run.json").read_text())["components"]["dataset"]["options"]
        assert (options["size"], options["fit"], options["color"]) == (8, "crop", "rgb")
        assert ("was trained on: size=8, color=rgb, fit=crop" in outcome.stderr) == said
        shutil.rmtree(tmp_path / "next")
    outcome = run_nnzoo(*train, "own/:fit=pad")
    assert (outcome.code, "samples have shape" in outcome.stderr) == (2, True)
