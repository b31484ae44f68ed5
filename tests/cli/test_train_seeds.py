"""``nnzoo train --seeds``: each run is what it would be alone, and together they are one result."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nnzoo.cli.main import main
from nnzoo.cli.train_many import parse_seeds
from nnzoo.comparing.statistics import t_interval
from nnzoo.errors import UsageError

TRAIN = ("train", "--dataset", "digits", "--epochs", "2", "--hidden", "8", "--quiet")


@pytest.fixture
def nnzoo(capsys):
    """Runs a command with --json in this process; its answer."""

    def run(*arguments, code=0):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments), "--json"])
        assert (ended.value.code or 0) == code
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_every_run_is_what_it_would_be_alone(executor, nnzoo, tmp_path):
    found = nnzoo(*TRAIN, "--seeds", "1-2", "--run-dir", tmp_path / "many", "--executor", executor)
    assert (found["run_dir"], found["seeds"]) == (str(tmp_path / "many"), [1, 2])
    for run in found["runs"]:
        alone = nnzoo(*TRAIN, "--seed", run["seed"], "--run-dir", tmp_path / f"seed-{run['seed']}")
        assert {name: value for name, value in run.items() if name not in ("run_dir", "status", "train_seconds")} == {
            name: value for name, value in alone.items() if name not in ("run_dir", "train_seconds")
        }
        ours, theirs = Path(run["run_dir"]), Path(alone["run_dir"])
        assert ours == tmp_path / "many" / f"seed-{run['seed']}"
        assert (ours / "model.safetensors").read_bytes() == (theirs / "model.safetensors").read_bytes()
        command = json.loads((ours / "run.json").read_text())["command"]
        assert command[-4:] == ["--seed", str(run["seed"]), "--run-dir", str(ours)]
        assert "--seeds" not in command


def test_the_summary_is_mean_and_t_interval(nnzoo, tmp_path):
    found = nnzoo(*TRAIN, "--seeds", "3", "--run-dir", tmp_path / "many", "--executor", "serial")
    values = [run["test_accuracy"] for run in found["runs"]]
    summary = found["summary"]["test_accuracy"]
    assert summary["mean"] == pytest.approx(np.mean(values))
    assert summary["interval"] == pytest.approx(t_interval(values))
    assert summary["deviation"] == pytest.approx(np.std(values, ddof=1))
    assert summary["runs"] == 3


def test_what_is_missing_is_done_by_resuming(nnzoo, tmp_path):
    many = tmp_path / "many"
    whole = nnzoo(*TRAIN, "--seeds", "0,4,7", "--run-dir", many, "--executor", "serial")
    before = {path: path.stat().st_mtime_ns for path in (many / "seed-0").iterdir()}
    shutil.rmtree(many / "seed-4")
    record = json.loads((many / "seed-7/run.json").read_text())
    record |= {"status": "running", "results": {}}
    del record["finished"]
    (many / "seed-7/run.json").write_text(json.dumps(record))
    (many / "seed-7/checkpoint.safetensors").unlink()
    again = nnzoo("train", "--resume", many, "--quiet")
    assert {path: path.stat().st_mtime_ns for path in (many / "seed-0").iterdir()} == before
    sums = [[run["weights_sha256"] for run in found["runs"]] for found in (whole, again)]
    assert sums[0] == sums[1]
    assert nnzoo("train", "--resume", many, "--quiet")["summary"] == again["summary"]


def test_a_run_that_diverges_is_a_result(nnzoo, tmp_path):
    found = nnzoo(
        *TRAIN, "--learning-rate", "1e6", "--seeds", "2", "--run-dir", tmp_path / "many", "--executor", "serial"
    )
    assert found["diverged"] == [0, 1]
    assert found["summary"] == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--seeds", "0"), "no seeds"),
        (("--seeds", "7-3"), "no seeds"),
        (("--seeds", "1,1"), "twice"),
        (("--seeds", "two"), "no seeds"),
        (("--seeds", "2", "--seed", "3"), "exclude"),
        (("--seeds", "2", "--plot"), "one run"),
        (("--workers", "2"), "--seeds"),
        (("--seeds", "2", "--executor", "serial", "--workers", "2"), "one worker"),
        (("--seeds", "2", "--optimizer", "adamm"), "adamm"),
        (("--seeds", "2", "--epochs", "-1"), "epochs"),
    ],
)
def test_what_can_not_be_is_refused(arguments, words, nnzoo, tmp_path):
    assert words in nnzoo(*TRAIN, "--run-dir", tmp_path / "many", *arguments, code=2)["error"]["message"]


def test_mistakes_leave_no_directory(nnzoo, tmp_path):
    nnzoo(*TRAIN, "--seeds", "2", "--optimizer", "adamm", "--run-dir", tmp_path / "many", code=2)
    assert not (tmp_path / "many").exists()


def test_resuming_takes_no_other_arguments(nnzoo, tmp_path):
    many = tmp_path / "many"
    nnzoo(*TRAIN, "--seeds", "1", "--run-dir", many, "--executor", "serial")
    assert "as they began" in nnzoo("train", "--resume", many, "--epochs", "3", code=2)["error"]["message"]
    for text, code in (("{", 3), ("{}", 3), ('{"format": 1, "unit": "seed", "numbers": []}', 3)):
        (many / "group.json").write_text(text)
        nnzoo("train", "--resume", many, code=code)


@pytest.mark.parametrize("text", ["", "-1", "1-", "1--2", "0-10000", "10001"])
def test_what_is_no_seeds(text):
    with pytest.raises(UsageError):
        parse_seeds(text)
