"""``nnzoo runs``: list, show, compare, remove; broken and foreign directories and untrusted records included."""

import io
import json
import logging
import os
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from nnzoo.cli.main import main
from nnzoo.datafiles.cache import FileCache
from nnzoo.figures.of_runs import figures_of
from nnzoo.figures.style import FORMATS
from nnzoo.plugins.registry import Registry
from nnzoo.runs.claim import claim
from nnzoo.trained_run import TrainedRun

RUN_FILES = ["checkpoint.safetensors", "metrics.jsonl", "model.safetensors", "run.json"]


def nnzoo(*arguments):
    """Exit code, standard output and standard error of a command within this process."""
    printed, said = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(said), pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    logging.getLogger("nnzoo").handlers.clear()
    return ended.value.code, printed.getvalue(), said.getvalue()


def good(*arguments):
    """Standard output of a command that has nothing to complain of."""
    code, printed, said = nnzoo(*arguments)
    assert (code, said) == (0, ""), (code, said)
    return printed


def as_json(*arguments):
    return json.loads(good(*arguments, "--json"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three runs: two that differ in seed, optimizer and validation; one that did not get far."""
    folder = tmp_path_factory.mktemp("trained")
    train = ("train", "--dataset", "digits", "--quiet", "--epochs", "3")
    good(*train, "--run-dir", folder / "a")
    good(*train, "--run-dir", folder / "b", "--seed", "1", "--optimizer", "sgd", "--validation", "0.1")
    assert nnzoo(*train, "--run-dir", folder / "c", "--learning-rate", "1e6")[0] == 6
    return folder


@pytest.fixture
def runs(trained, clean_environment):
    """These runs in ``./runs``, begun at times of their own, in the order b, a, c."""
    shutil.copytree(trained, "runs")
    for name, started in (("b", "2026-01-02T03:04:07+0000"), ("a", "2026-01-02T03:04:06+0000")):
        edit(Path("runs", name), lambda record, started=started: record.update(started=started))
    edit(Path("runs/c"), lambda record: record.update(started="2026-01-02T04:04:05+0100"))
    return Path("runs")


def edit(run, change):
    record = json.loads((run / "run.json").read_text())
    change(record)
    (run / "run.json").write_text(json.dumps(record))


def test_runs_are_listed_the_latest_first(runs):
    lines = as_json("runs", "list")
    assert [line["path"] for line in lines] == ["runs/b", "runs/a", "runs/c"]
    assert [line["status"] for line in lines] == ["finished", "finished", "diverged"]
    assert [line["optimizer"] for line in lines] == ["sgd", "momentum:beta=0.9", "momentum:beta=0.9"]
    results = json.loads((runs / "b/run.json").read_text())["results"]
    assert lines[0] == {
        "path": "runs/b",
        "status": "finished",
        "dataset": "digits",
        "task": "classification",
        "model": "mlp:hidden=64",
        "activation": "relu",
        "optimizer": "sgd",
        "epochs": 3,
        **{name: results[name] for name in ("test_accuracy", "test_loss", "train_seconds")},
        "figures": {
            f"{part}_{name}": results[f"{part}_{name}"]
            for part in ("train", "validation", "test")
            for name in ("loss", "accuracy")
        },
        "started": "2026-01-02T03:04:07+0000",
        "problem": "",
    }
    assert lines[2]["test_accuracy"] is None
    assert lines[2]["problem"].startswith("DivergedError: ")
    table = good("runs", "list")
    assert f"{results['test_accuracy']:.2%}" in table
    assert table.index("runs/b") < table.index("runs/a") < table.index("runs/c")
    assert "2026-01-02 03:04" in table
    assert as_json("runs", "list", "runs") == lines


def test_broken_runs_and_other_files_are_listed_last(runs):
    (runs / "empty").mkdir()
    (runs / "broken").mkdir()
    (runs / "broken/run.json").write_text("{")
    (runs / "old").mkdir()
    (runs / "old/run.json").write_text('{"format": 1}')
    (runs / "notes.txt").write_text("a file")
    os.mkfifo(runs / "empty/run.json") if hasattr(os, "mkfifo") else (runs / "empty/run.json").touch()
    lines = as_json("runs", "list")
    assert [line["path"] for line in lines[3:]] == ["runs/broken", "runs/empty", "runs/old"]
    assert {line["status"] for line in lines[3:]} == {"broken"}
    (runs / "empty/run.json").unlink()
    empty = as_json("runs", "list")[4]
    assert (empty["status"], empty["problem"]) == ("no run", "it has no run.json")
    table = good("runs", "list")
    for text in ("runs/empty", "it has no run.json", "runs/broken", "is not JSON", "is not a record of format 3"):
        assert text in table


def test_runs_are_sorted_by_any_figure_the_best_first(runs):
    edit(runs / "a", lambda r: r["results"].update(test_accuracy=0.5, test_loss=0.1, train_seconds=3.0))
    edit(runs / "b", lambda r: r["results"].update(test_accuracy=0.75, test_loss=0.2, train_seconds=2.0))

    def order(figure):
        return [line["path"] for line in as_json("runs", "list", "--sort", figure)]

    assert order("test_accuracy") == order("test-accuracy") == ["runs/b", "runs/a", "runs/c"]
    assert order("test_loss") == ["runs/a", "runs/b", "runs/c"]
    assert order("validation_loss") == ["runs/b", "runs/a", "runs/c"]
    assert order("train_seconds") == ["runs/b", "runs/a", "runs/c"]
    table = good("runs", "list", "--sort", "test_loss")
    assert "test loss" in table
    assert table.index("0.1000") < table.index("0.2000")
    assert max(map(len, table.splitlines())) <= 80
    for figure, fragment in (
        ("accuracy", "test_accuracy"),
        ("tst_loss", "did you mean test_loss"),
        ("seed", "known are"),
    ):
        code, printed, said = nnzoo("runs", "list", "--sort", figure)
        assert (code, printed) == (2, "")
        assert fragment in said


def test_runs_of_different_tasks_and_of_version_0_1_stand_in_one_list(runs, monkeypatch):
    old = Path(__file__).parents[1] / "runs/version_0_1"
    for name in ("digits", "table"):
        shutil.copytree(old / name, runs / f"old-{name}")
    Path("line.csv").write_text("\n".join(["x,price", *(f"{n},{n * n}" for n in range(80))]) + "\n")
    train = ("train", "--dataset", "line.csv", "--epochs", "2", "--metric", "f1", "--run-dir")
    assert nnzoo(*train, "runs/never")[0] == 2
    train = ("train", "--dataset", "line.csv", "--epochs", "2", "--metric", "mae", "--quiet", "--run-dir")
    assert nnzoo(*train, "runs/line")[0] == 0
    lines = {line["path"]: line for line in as_json("runs", "list")}
    assert {line["task"] for line in lines.values()} == {"classification", "regression"}
    assert lines["runs/line"]["dataset"] == "line.csv"
    mae = lines["runs/line"]["figures"]["test_mae"]
    assert lines["runs/line"]["test_accuracy"] is None
    table = good("runs", "list")
    cells = {line.split()[0]: line.split() for line in table.splitlines() if line.split()}
    assert {"MAE", f"{mae:,.0f}" if mae >= 1000 else f"{mae:#.4g}"} <= {*cells["runs/line"]}
    assert {"acc", f"{lines['runs/old-digits']['test_accuracy']:.2%}"} <= {*cells["runs/old-digits"]}
    assert {"loss", f"{lines['runs/old-table']['test_loss']:.4f}"} <= {*cells["runs/old-table"]}
    assert max(map(len, table.splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "200")
    wide = good("runs", "list")
    assert all(title in wide for title in ("optimizer", "seconds", "started", "epochs"))
    best = as_json("runs", "list", "--sort", "test_mae")[0]
    assert best["path"] == "runs/line"
    found = as_json("runs", "compare", "runs/line", "runs/old-table")
    assert found["results"]["test_mae"] == [mae, None]
    assert found["shares"] == []
    assert "price" in good("runs", "show", "runs/line")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't tell")
def test_a_killed_run_is_distinguished_from_one_that_is_running(runs):
    assert "--resume" not in good("runs", "list")
    edit(runs / "a", lambda record: record.update(status="running"))
    with claim(runs / "a"):
        assert as_json("runs", "list")[1]["status"] == "running"
        assert "--resume" not in good("runs", "list")
    assert as_json("runs", "list")[1]["status"] == "killed"
    assert "nnzoo train --resume RUN" in good("runs", "list")
    assert good("runs", "show", runs / "a").startswith("runs/a: killed")


def test_no_runs_are_not_an_error_but_a_missing_folder_is(runs):
    shutil.rmtree(runs)
    assert good("runs", "list").startswith("No runs in runs.")
    assert as_json("runs", "list") == []
    code, printed, said = nnzoo("runs", "list", "nowhere")
    assert (code, printed) == (7, "")
    assert "can't read nowhere: No such file or directory" in said


def test_a_run_is_not_a_folder_of_runs(runs):
    code, _, said = nnzoo("runs", "list", "runs/a")
    assert code == 2
    assert "nnzoo runs show runs/a" in said


DAMAGED = {
    "results": ("results", lambda r: r.update(results=["no"])),
    "no results": ("no results", lambda r: r.pop("results")),
    "status": ("status", lambda r: r.update(status="\x1b[2Jgone")),
    "time": ("started", lambda r: r.update(started=["yesterday"])),
    "components": ("components.model", lambda r: r["components"].update(model=3)),
    "name of a component": ("components", lambda r: r["components"].update({"\x1b[2J": "\x1b[2J"})),
    "version": ("components.loss.version", lambda r: r["components"]["loss"].update(version=1)),
    "settings": ("settings", lambda r: r.update(settings=[])),
    "data": ("data", lambda r: r.update(data={"samples": 3})),
    "samples": ("data.samples.train", lambda r: r["data"]["samples"].update(train=True)),
    "shape": ("data.input_shape", lambda r: r["data"].update(input_shape=[8] * 9)),
    "outputs": ("data.output_shape", lambda r: r["data"].update(output_shape="10")),
    "environment": ("environment", lambda r: r["environment"].update(blas="x")),
    "reason": ("reason", lambda r: r.update(reason=[1])),
    "command": ("command.0", lambda r: r.update(command=[{}, None])),
    "resumptions": ("resumed.0", lambda r: r.update(resumed=["yes", 3])),
    "depth": ("deeper than", lambda r: r["settings"].update(deep=json.loads("[" * 500 + "]" * 500))),
    "a number that is not finite": ("NaN", lambda r: r["results"].update(test_loss=float("nan"))),
    "a number that is too large": ("not JSON", lambda r: r["results"].update(test_loss=10**400)),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_record_is_refused_and_hides_no_other(runs, case):
    place, change = DAMAGED[case]
    edit(runs / "a", change)
    lines = as_json("runs", "list")
    assert [(line["path"], line["status"]) for line in lines] == [
        ("runs/b", "finished"),
        ("runs/c", "diverged"),
        ("runs/a", "broken"),
    ]
    assert place in lines[2]["problem"]
    assert "\x1b" not in good("runs", "list")
    for command in (("show", "runs/a"), ("compare", "runs/a", "runs/b"), ("remove", "--yes", "runs/a")):
        code, printed, said = nnzoo("runs", *command)
        assert (code, printed) == (3, "")
        assert "runs/a/run.json" in said
        assert place in said
        assert "\x1b" not in said


STRANGE = {
    "figures": lambda r: r["results"].update(test_accuracy="high", epochs_trained=None, train_seconds=[1]),
    "more figures": lambda r: r["results"].update(test_f1=0.5, train_f1=None, per_class=[1, 2]),
    "more parts": lambda r: r.update(later={"deep": [1]}),
    "time": lambda r: r.update(started="0001-01-01T00:00:00+2359"),
    "components": lambda r: r.update(components={}),
    "settings": lambda r: r.update(settings={"epochs": {"deep": [1]}}),
    "environment": lambda r: r.update(environment={}),
    "control characters": lambda r: r.update(command=["\x1b]0;title\x07"], started="\x1b[8m\nline"),
    "their names": lambda r: r["settings"].update({"\x1b[2J": "\x1b[2J"}),
}


@pytest.mark.parametrize("case", STRANGE)
def test_an_untrusted_record_does_no_harm(runs, case):
    edit(runs / "a", STRANGE[case])
    for command in (("list",), ("show", "runs/a"), ("compare", "runs/a", "runs/b")):
        printed = good("runs", *command)
        assert "\x1b" not in printed
        assert "\x07" not in printed
        as_json("runs", *command)


def test_any_metric_is_compared(runs):
    edit(runs / "a", lambda r: r["results"].update(test_f1=0.5, validation_top_k=None))
    edit(runs / "b", lambda r: r["results"].update(test_f1=0.75))
    found = as_json("runs", "compare", "runs/a", "runs/b")
    assert found["results"]["test_f1"] == [0.5, 0.75]
    assert found["difference"]["test_f1"] == [0, 0.25]
    assert "validation" not in found["results"]
    assert list(found["results"])[-2:] == ["epochs_trained", "train_seconds"]


def test_a_run_is_shown_with_everything(runs):
    shown = as_json("runs", "show", "runs/b")
    assert shown["run"] == "runs/b"
    assert shown["record"] == json.loads((runs / "b/run.json").read_text())
    assert [line["epoch"] for line in shown["metrics"]] == [1, 2, 3]
    text = good("runs", "show", "runs/b")
    for fragment in (
        *("runs/b: finished", "weight_decay", "one-cycle:start=0.04,warmup=0.25", "validation_accuracy", "SHA-256"),
        *(shown["record"]["results"]["weights_sha256"], f"{shown['metrics'][1]['train_loss']:.6g}"),
    ):
        assert fragment in text
    edit(runs / "b", lambda r: r.update(resumed=[{"at": "noon", "steps": 7, "differences": ["seed: 0 then, 1 now"]}]))
    resumed = "resumed   noon, after step 7, with other conditions: seed: 0 then, 1 now"
    assert resumed in good("runs", "show", "runs/b")
    text = good("runs", "show", "runs/c")
    assert "runs/c: diverged" in text
    assert "not finite" in text


@pytest.mark.parametrize("name", ["show", "compare", "remove"])
def test_other_directories_than_runs_are_refused(runs, name):
    (runs / "empty").mkdir()
    for path in ("runs/empty", "nowhere", "runs"):
        code, printed, said = nnzoo("runs", name, "runs/a", path) if name != "show" else nnzoo("runs", name, path)
        assert (code, printed) == (7, "")
        assert f"{path} is not a run" in said
    assert (runs / "a/run.json").exists()


def test_damaged_figures_are_refused(runs):
    (runs / "a/metrics.jsonl").write_text("nonsense\n")
    assert nnzoo("runs", "show", "runs/a")[0] == 3


def test_runs_are_held_against_the_first(runs):
    found = as_json("runs", "compare", "runs/a", "runs/b", "runs/c")
    assert found["runs"] == ["runs/a", "runs/b", "runs/c"]
    assert found["differs"] == {
        "optimizer": ["momentum:beta=0.9", "sgd", "momentum:beta=0.9"],
        "learning_rate": ["3", "1", "1000000"],
        "weight_decay": ["0.0003", "0.0002", "0.0003"],
        "seed": ["0", "1", "0"],
        "validation": ["0", "0.1", "0"],
    }
    a, b = (json.loads((runs / name / "run.json").read_text())["results"] for name in "ab")
    assert found["results"]["test_accuracy"] == [a["test_accuracy"], b["test_accuracy"], None]
    assert found["difference"]["test_accuracy"] == [0, b["test_accuracy"] - a["test_accuracy"], None]
    assert found["results"]["validation_loss"] == [None, b["validation_loss"], None]
    assert found["difference"]["validation_loss"] == [None, None, None]
    assert (found["same_data"], found["same_weights"], found["test_samples"]) == (True, False, 359)
    text = good("runs", "compare", "runs/a", "runs/b", "runs/c")
    samples = round((b["test_accuracy"] - a["test_accuracy"]) * 359)
    assert f"{100 * (b['test_accuracy'] - a['test_accuracy']):+.2f} points ({samples:+} of 359)" in text


def test_a_run_is_the_same_as_itself(runs):
    shutil.copytree(runs / "a", runs / "again")
    found = as_json("runs", "compare", "runs/a", "runs/again")
    assert (found["differs"], found["same_weights"]) == ({}, True)
    text = good("runs", "compare", "runs/a", "runs/again")
    assert "No recorded condition differs." in text
    assert "The weights are the same, bit for bit." in text


def test_other_data_are_pointed_out(runs):
    edit(runs / "b", lambda record: record["data"].update(sha256="1234"))
    assert "The data differ" in good("runs", "compare", "runs/a", "runs/b")
    assert not as_json("runs", "compare", "runs/a", "runs/b")["same_data"]


def test_one_run_alone_is_not_compared(runs):
    code, _, said = nnzoo("runs", "compare", "runs/a")
    assert code == 2
    assert "two or more" in said


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_runs_are_removed_and_nothing_else(runs):
    (runs / "b/.model.safetensors.part").write_text("left by a process that was killed")
    assert good("runs", "remove", "runs/a", "runs/b/", "runs/b", "--yes") == "removed runs/a\nremoved runs/b\n"
    assert names(runs) == ["c"]


def test_without_a_terminal_nothing_is_removed_unasked(runs, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, _, said = nnzoo("runs", "remove", "runs/a")
    assert code == 2
    assert "--yes" in said
    assert names(runs / "a") == RUN_FILES


@pytest.mark.parametrize(("answer", "gone"), [("y", True), ("n", False), ("", False)])
def test_at_a_terminal_it_asks(runs, monkeypatch, answer, gone):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    assert "Remove these 2 runs for good?" in good("runs", "remove", "runs/a", "runs/b")
    assert (runs / "a").exists() == (runs / "b").exists() == (not gone)


def precious(folder):
    """What there is that no run has written."""
    (folder / "notes.txt").write_text("precious")
    (folder / "checkpoint.safetensors").unlink()
    (folder / "checkpoint.safetensors").mkdir()
    Path("elsewhere").write_text("precious")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(Path("elsewhere").resolve())
    return ["checkpoint.safetensors", "model.safetensors", "notes.txt"]


def test_other_files_are_named_and_stay_and_so_does_the_run(runs):
    others = precious(runs / "a")
    code, _, said = nnzoo("runs", "remove", "runs/b", "runs/a", "--yes")
    assert code == 2
    assert ", ".join(others) in said
    assert names(runs) == ["a", "b", "c"]
    assert len(names(runs / "b")) == 4


def test_force_keeps_other_files(runs):
    others = precious(runs / "a")
    assert good("runs", "remove", "runs/a", "--yes", "--force") == f"removed runs/a, except {', '.join(others)}\n"
    assert names(runs / "a") == others
    assert Path("elsewhere").read_text() == "precious"


def test_only_declared_files_of_observers_are_removed_with_the_run(runs):
    (runs / "folder.py").write_text(
        "from dataclasses import dataclass\n"
        "from nnzoo.api import FilesObserver, ObserverPlan, RunObserver, hookimpl\n"
        "@dataclass(frozen=True)\n"
        "class Folder(FilesObserver, RunObserver):\n"
        "    name = 'folder'\n"
        "    def plan(self, moment):\n        return ObserverPlan()\n"
        "    def files(self):\n        return ('parts/a-*.txt', '../b/model.safetensors')\n"
        "    def started(self, moment, settings, memory):\n        pass\n"
        "    def ended(self, moment, ending, memory):\n        pass\n"
        "@hookimpl\ndef nnzoo_observers():\n    return [Folder]\n"
    )
    names_of = [("folder.py/folder", {}), ("nnzoo/log", {"file": "../b/x.csv"}), ("nnzoo/log", {"file": "metrics.csv"})]
    stored = [{"name": name, "version": "1", "options": options} for name, options in names_of]
    edit(runs / "a", lambda record: record.update(observers=stored))
    (runs / "b/x.csv").write_text("precious")
    (runs / "a/metrics.csv").write_text("a log")
    (runs / "a/parts").mkdir()
    (runs / "a/parts/a-1.txt").touch()
    (runs / "a/parts/b.txt").write_text("precious")
    plugin = ("--plugin", runs / "folder.py")
    code, _, said = nnzoo("runs", "remove", "runs/a", "--yes", *plugin)
    assert (code, "has files that are not the run's: parts\n" in said) == (2, True)
    (runs / "a/parts/b.txt").unlink()
    code, _, said = nnzoo("runs", "remove", "runs/a", "--yes")  # no component here knows the folder
    assert (code, "has files that are not the run's: parts\n" in said) == (2, True)
    good("runs", "remove", "runs/a", "--yes", *plugin)
    assert not (runs / "a").exists()
    assert {"x.csv", "model.safetensors"} <= {*names(runs / "b")}


def test_a_link_is_not_followed(runs):
    Path("link").symlink_to("runs/a")
    code, _, said = nnzoo("runs", "remove", "link", "--yes", "--force")
    assert code == 2
    assert "link is a link, not a run" in said
    assert Path("link").is_symlink()
    assert names(runs / "a") == RUN_FILES


def test_a_linked_record_makes_no_run(runs):
    (runs / "x").mkdir()
    (runs / "x/run.json").symlink_to((runs / "a/run.json").resolve())
    (runs / "x/model.safetensors").write_text("precious")
    code, _, said = nnzoo("runs", "remove", "runs/x", "--yes", "--force")
    assert code == 2
    assert "its run.json is a link" in said
    assert names(runs / "x") == ["model.safetensors", "run.json"]


def test_a_foreign_record_makes_no_run(runs):
    (runs / "x").mkdir()
    for text in ("{}", "nonsense", '{"format": 2, "status": "finished"}'):
        (runs / "x/run.json").write_text(text)
        assert nnzoo("runs", "remove", "runs/x", "--yes", "--force")[0] == 3
        assert (runs / "x/run.json").read_text() == text


def test_the_record_goes_last_so_that_a_run_half_removed_can_be_removed(runs, monkeypatch):
    unlink, removed = Path.unlink, []

    def failing(path, **options):
        if path.name == "model.safetensors":
            raise PermissionError(13, "Permission denied", str(path))
        removed.append(path.name)
        unlink(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", failing)
        code, _, said = nnzoo("runs", "remove", "runs/a", "--yes")
    assert code == 7
    assert "can't remove runs/a/model.safetensors: Permission denied" in said
    assert "run.json" not in removed
    assert good("runs", "remove", "runs/a", "--yes") == "removed runs/a\n"
    assert names(runs) == ["b", "c"]


def test_every_figure_that_there_is_is_a_runs_own(runs):
    (runs / "a/figs").mkdir()
    drawn = figures_of([TrainedRun(runs / "a", Registry(disabled=["all"]), FileCache(None))])
    assert {"loss", "accuracy", "confusion", "importance"} <= drawn.keys()
    for name in drawn:
        for suffix in FORMATS:
            (runs / f"a/figs/{name}.{suffix}").touch()
    (runs / "a/report.html").touch()
    good("runs", "remove", "--yes", runs / "a")
    assert not (runs / "a").exists()


def test_an_empty_folder_is_a_runs_own_only_where_figures_go(runs):
    (runs / "a/figs").mkdir()
    (runs / "a/mine").mkdir()
    code, _, said = nnzoo("runs", "remove", "--yes", runs / "a")
    assert (code, "mine" in said, "figs" in said) == (2, True, False)
    (runs / "a/mine").rmdir()
    good("runs", "remove", "--yes", runs / "a")
    assert not (runs / "a").exists()
