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


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_each_run_is_the_same_as_if_trained_alone(executor, nnzoo, tmp_path):
    found = nnzoo(*TRAIN, "--seeds", "1-2", "--run-dir", tmp_path / "many", "--executor", executor, "--workers", "1")
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
        assert not {"--seeds", "--workers"} & {*command}


def test_the_summary_is_mean_and_t_interval(nnzoo, tmp_path):
    found = nnzoo(*TRAIN, "--seeds", "3", "--run-dir", tmp_path / "many", "--executor", "serial")
    values = [run["test_accuracy"] for run in found["runs"]]
    summary = found["summary"]["test_accuracy"]
    assert summary["mean"] == pytest.approx(np.mean(values))
    assert summary["interval"] == pytest.approx(t_interval(values))
    assert summary["deviation"] == pytest.approx(np.std(values, ddof=1))
    assert summary["runs"] == 3


def test_resuming_trains_the_missing_runs(nnzoo, tmp_path):
    many = tmp_path / "many"
    whole = nnzoo(*TRAIN, "--seeds", "0,4,7", "--run-dir", many, "--executor", "serial")
    before = {path: path.stat().st_mtime_ns for path in (many / "seed-0").iterdir()}
    shutil.rmtree(many / "seed-4")
    record = json.loads((many / "seed-7/run.json").read_text())
    record |= {"status": "running", "results": {}}
    del record["finished"]
    (many / "seed-7/run.json").write_text(json.dumps(record))
    (many / "seed-7/checkpoint.safetensors").unlink()
    resume = ("train", "--resume", many, "--quiet", "--executor", "serial")
    again = nnzoo(*resume)
    assert {path: path.stat().st_mtime_ns for path in (many / "seed-0").iterdir()} == before
    sums = [[run["weights_sha256"] for run in found["runs"]] for found in (whole, again)]
    assert sums[0] == sums[1]
    assert nnzoo(*resume)["summary"] == again["summary"]


def test_a_run_that_diverges_is_a_result(nnzoo, tmp_path):
    found = nnzoo(
        *TRAIN, "--learning-rate", "1e6", "--seeds", "2", "--run-dir", tmp_path / "many", "--executor", "serial"
    )
    assert found["diverged"] == [0, 1]
    assert found["summary"] == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--seeds", "0"), "names no seeds"),
        (("--seeds", "7-3"), "names no seeds"),
        (("--seeds", "1,1"), "twice"),
        (("--seeds", "two"), "names no seeds"),
        (("--seeds", "2", "--seed", "3"), "combined"),
        (("--seeds", "2", "--plot"), "one run"),
        (("--workers", "2"), "--seeds"),
        (("--seeds", "2", "--executor", "serial", "--workers", "2"), "one worker"),
        (("--seeds", "2", "--optimizer", "adamm"), "adamm"),
        (("--seeds", "2", "--epochs", "-1"), "epochs"),
    ],
)
def test_invalid_combinations_are_refused(arguments, words, nnzoo, tmp_path):
    assert words in nnzoo(*TRAIN, "--run-dir", tmp_path / "many", *arguments, code=2)["error"]["message"]


def test_mistakes_leave_no_directory(nnzoo, tmp_path):
    nnzoo(*TRAIN, "--seeds", "2", "--optimizer", "adamm", "--run-dir", tmp_path / "many", code=2)
    assert not (tmp_path / "many").exists()


def test_resuming_takes_no_other_arguments(nnzoo, tmp_path):
    many = tmp_path / "many"
    nnzoo(*TRAIN, "--seeds", "1", "--run-dir", many, "--executor", "serial")
    assert "continue unchanged" in nnzoo("train", "--resume", many, "--epochs", "3", code=2)["error"]["message"]
    for text, code in (("{", 3), ("{}", 3), ('{"format": 1, "unit": "seed", "numbers": []}', 3)):
        (many / "group.json").write_text(text)
        nnzoo("train", "--resume", many, code=code)


@pytest.mark.parametrize("text", ["", "-1", "1-", "1--2", "0-10000", "10001"])
def test_invalid_seeds_are_refused(text):
    with pytest.raises(UsageError):
        parse_seeds(text)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two trainings with three seeds each, beside a run alone."""
    folder = tmp_path_factory.mktemp("runs")
    for name, more in (("momentum", ()), ("sgd", ("--optimizer", "sgd"))):
        with pytest.raises(SystemExit):
            main([*TRAIN, *more, "--seeds", "3", "--executor", "serial", "--run-dir", str(folder / "deep" / name)])
    with pytest.raises(SystemExit):
        main([*TRAIN, "--run-dir", str(folder / "alone")])
    return folder


def test_they_are_listed_as_one(two, nnzoo, monkeypatch, capsys):
    lines = nnzoo("runs", "list", two, "--sort", "test_accuracy")
    assert {Path(line["path"]).name: line["status"] for line in lines} == {
        "momentum": "3 seeds",
        "sgd": "3 seeds",
        "alone": "finished",
    }
    figures = [line["test_accuracy"] for line in lines]
    assert figures == sorted(figures, reverse=True)
    (group,) = (line for line in lines if line["path"].endswith("sgd"))
    runs = [json.loads((two / f"deep/sgd/seed-{seed}/run.json").read_text())["results"] for seed in range(3)]
    assert group["test_accuracy"] == pytest.approx(np.mean([run["test_accuracy"] for run in runs]))
    assert group["runs"] == 3
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(two.parent)
    with pytest.raises(SystemExit):
        main(["runs", "list", two.name, "--sort", "test_accuracy"])
    table = capsys.readouterr().out
    assert " ± " in table
    assert max(map(len, table.splitlines())) <= 80


@pytest.mark.usefixtures("unpainted")
def test_they_are_drawn_as_a_band(two, nnzoo, tmp_path):
    one = nnzoo("plot", two / "deep/sgd", "--out", tmp_path)
    assert [each["figure"] for each in one["figures"]] == ["loss", "accuracy"]
    assert all(Path(each["file"]).is_file() for each in one["figures"])
    both = nnzoo(
        "plot", two / "deep/sgd", two / "deep/momentum", two / "alone", "--what", "accuracy", "--out", tmp_path
    )
    (figure,) = both["figures"]
    assert len(figure["runs"]) == 7
    assert "loss, accuracy" in nnzoo("plot", two / "deep/sgd", "--what", "weights", code=2)["error"]["hint"]
    assert "both have seed 0" in nnzoo("plot", two / "deep", code=2)["error"]["message"]


def test_the_band_is_the_t_interval_of_the_mean(two):
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.figures.bands import plot_bands, read_group_of_runs
    from nnzoo.figures.style import make_figure
    from nnzoo.plugins.registry import Registry

    group = read_group_of_runs(two / "deep/sgd", Registry(), FileCache(None))
    _, (ax,) = make_figure()
    plot_bands(ax, [group], "loss")
    _, losses = group.series("test_loss")
    assert losses.shape == (3, 2)
    line = next(line for line in ax.lines if line.get_label() == "test")
    assert line.get_ydata() == pytest.approx(losses.mean(axis=0))
    corners = ax.collections[1].get_paths()[0].vertices
    for epoch in (1, 2):
        heights = corners[corners[:, 0] == epoch, 1]
        assert (heights.min(), heights.max()) == pytest.approx(t_interval(losses[:, epoch - 1]))
