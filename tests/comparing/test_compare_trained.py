"""``nnzoo compare`` of settings and of rows of a sweep, which are trained for the comparison and kept."""

import json
from pathlib import Path

import pytest

from nnzoo.cli.compare_trained import parse_settings
from nnzoo.cli.main import main
from nnzoo.errors import UsageError

COMMON = ("--dataset", "digits", "--with", "epochs=1", "--executor", "serial")


@pytest.fixture
def compared(capsys, tmp_path, monkeypatch):
    """Runs the command in this process; its JSON."""
    monkeypatch.chdir(tmp_path)

    def compare(*arguments, code=0, command="compare"):
        with pytest.raises(SystemExit) as ended:
            main([command, *map(str, arguments), "--json"])
        assert (ended.value.code or 0) == code
        return json.loads(capsys.readouterr().out)

    return compare


def written(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"}


def test_settings_are_trained_once(compared, tmp_path):
    found = compared("optimizer=sgd", "optimizer=momentum:beta=0.8", *COMMON, "--seeds", 3)
    assert [each["name"] for each in found["candidates"]] == ["optimizer=sgd", "optimizer=momentum:beta=0.8"]
    assert found["differences"][0]["verdict"] == "too few"
    assert found["settings"]["optimizer"] == ["sgd", "momentum:beta=0.8"]
    assert found["warnings"] == []  # rates follow from the optimizer
    before = written(tmp_path)
    assert compared("optimizer=sgd", "optimizer=momentum:beta=0.8", *COMMON, "--seeds", 3) == found
    assert written(tmp_path) == before
    two = compared("optimizer=sgd", "optimizer=momentum:beta=0.8", *COMMON, "--seeds", 2)
    assert [len(each["values"]) for each in two["candidates"]] == [2, 2]
    more = compared("optimizer=sgd", "optimizer=momentum:beta=0.8", *COMMON, "--seeds", 4)
    assert [len(each["values"]) for each in more["candidates"]] == [4, 4]
    assert {path: time for path, time in written(tmp_path).items() if path in before} == before
    (folder,) = (path for path in (tmp_path / "runs/compared").iterdir() if "sgd" in path.name)
    command = json.loads((folder / "seed-3/run.json").read_text())["command"]
    alone = compared(*command[2:-2], "--quiet", "--run-dir", tmp_path / "alone", command="train")
    assert alone["test_accuracy"] == more["candidates"][0]["values"]["3"]


def test_other_data_or_settings_are_other_runs(compared, tmp_path):
    compared("default", "hidden=8", *COMMON, "--seeds", 1)
    compared("default", "hidden=8", "--dataset", "digits", "--with", "epochs=2", "--seeds", 1, "--executor", "serial")
    assert len(list((tmp_path / "runs/compared").iterdir())) == 4


def test_folds_are_compared(compared):
    found = compared("default", "hidden=8", *COMMON, "--folds", 3)
    assert found["unit"] == "fold"
    assert len(found["differences"][0]["differences"]) == 3


def test_rows_of_a_sweep_are_candidates(compared, tmp_path):
    options = ("--learning-rate", "0.5,2", "--epochs", 1, "--executor", "serial", "--sweep-dir", tmp_path / "sweep")
    sweep = compared("--dataset", "digits", "--search", "grid", *options, "--quiet", command="sweep")
    best = sweep["leaderboard"][0]["configuration"]["learning_rate"]
    found = compared("default", f"{tmp_path / 'sweep'}#1", "--seeds", 1, "--executor", "serial")
    assert found["warnings"] == []
    assert found["settings"].keys() == {"learning_rate"}  # all trials had one epoch, so the defaults have it too
    assert found["settings"]["learning_rate"][1] == str(float(best)).removesuffix(".0")
    (run,) = Path("runs/compared").glob("*sweep-1-*/seed-0")
    assert json.loads((run / "run.json").read_text())["settings"]["validation"] == 0.2
    assert found["candidates"][1]["values"]["0"] == sweep["run"]["test_accuracy"]
    longer = ("--seeds", 1, "--executor", "serial", "--with", "epochs=2")
    assert compared("default", f"{tmp_path / 'sweep'}#1", *longer)["settings"].keys() == {"learning_rate"}
    options = ("--learning-rate", "0.5,2", "--epochs", 1, "--executor", "serial", "--sweep-dir", tmp_path / "other")
    compared("--dataset", "digits", "--search", "grid", *options, "--optimizer", "sgd", "--quiet", command="sweep")
    rows = compared(f"{tmp_path / 'other'}#1", f"{tmp_path / 'sweep'}#1", "--seeds", 1, "--executor", "serial")
    assert rows["candidates"][1]["values"]["0"] == sweep["run"]["test_accuracy"]  # with its own sweep's optimizer
    error = compared("default", f"{tmp_path / 'sweep'}#9", code=2)["error"]
    assert "no row 9" in error["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("optimizer=sgd", "optimizer=momentum"), "to train on"),
        (("optimzer=sgd", "default", "--dataset", "digits"), "not a setting"),
        (("optimizer=adamm", "default", "--dataset", "digits"), "adamm"),
        (("epochs=-1", "default", "--dataset", "digits"), "epochs"),
        (("epochs=1", "default", "--dataset", "digits", "--folds", "2", "--seeds", "2"), "combined"),
        (("epochs=1", "default", "--dataset", "digits", "--folds", "1"), "number of folds"),
        (("epochs=1", "default", "--dataset", "digits", "--folds", "9999"), "can't be divided"),
    ],
)
def test_settings_that_can_not_be_compared_are_refused(arguments, words, compared, tmp_path):
    assert words in compared(*arguments, "--executor", "serial", code=2)["error"]["message"]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("text", ["optimizer", "epochs=1 epochs=2", "seed=3", "epochs=", "'epochs=1"])
def test_texts_that_name_no_settings_are_refused(text):
    with pytest.raises(UsageError):
        parse_settings(text)
