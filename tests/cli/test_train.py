"""``nnzoo train`` on digits: what it prints, what it writes, and that it learns."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nnzoo

DIGITS = ("train", "--dataset", "digits")
FIGURES = [f"{part}_{figure}" for part in ("train", "test") for figure in ("loss", "accuracy")]


@pytest.fixture(scope="module")
def first_run(tmp_path_factory, nnzoo_command):
    """The first command of a user, and what it left."""
    folder = tmp_path_factory.mktemp("first")
    outcome = nnzoo_command(folder, *DIGITS)
    (run,) = (folder / "runs").iterdir()
    metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return outcome, run, json.loads((run / "run.json").read_text()), metrics


def test_it_learns_and_says_how_well(first_run):
    outcome, run, record, _ = first_run
    assert (outcome.code, outcome.stderr) == (0, "")
    accuracy = record["results"]["test_accuracy"]
    assert accuracy >= 0.96
    verdict, baseline, place = outcome.stdout.splitlines()[-3:]
    assert verdict.startswith(f"test accuracy {accuracy:.2%} on digits, after 10 epochs")
    assert baseline.startswith("baseline: ")
    assert f"{record['results']['baseline']['baseline']:.2%}" in baseline
    assert place == f"model in runs/{run.name}/model.safetensors"


def test_data_network_and_settings_are_printed_first(first_run):
    outcome, run, _, _ = first_run
    data, task, network, training, where = outcome.stdout.splitlines()[:5]
    assert data == "data      digits: 1,438 to train, 359 to test, each 8×8"
    assert task == "task      classification: 10 classes"
    assert network == "network   mlp:hidden=64, relu: 4,810 parameters"
    for fragment in ("momentum:beta=0.9", "one-cycle", "learning rate 3,", "batch size 128", "seed 0"):
        assert fragment in training
    assert where == f"run       runs/{run.name}"


def test_the_metrics_file_has_the_printed_figures(first_run):
    outcome, _, _, metrics = first_run
    assert [line["epoch"] for line in metrics] == list(range(1, 11))
    printed = [line.split() for line in outcome.stdout.splitlines() if "/10 " in line]
    assert printed == [
        [
            f"{line['epoch']}/10",
            f"{line['learning_rate']:.3g}",
            f"{line['train_loss']:.4f}",
            f"{line['train_accuracy']:.2%}",
            f"{line['test_loss']:.4f}",
            f"{line['test_accuracy']:.2%}",
            f"{line['seconds']:.3f}",
        ]
        for line in metrics
    ]


def test_the_results_are_those_of_the_last_epoch(first_run):
    _, _, record, metrics = first_run
    assert {name: record["results"][name] for name in FIGURES} == {name: metrics[-1][name] for name in FIGURES}
    assert record["results"]["train_seconds"] == pytest.approx(sum(line["seconds"] for line in metrics))
    assert metrics[-1]["train_loss"] < metrics[0]["train_loss"] / 10


def test_the_record_holds_every_argument_and_hyperparameter_as_resolved(first_run):
    _, run, record, _ = first_run
    assert record["status"] == "finished"
    assert record["command"] == ["nnzoo", *DIGITS]
    components = {kind: (c["name"], c["options"]) for kind, c in record["components"].items()}
    assert components == {
        "dataset": ("nnzoo/digits", {}),
        "task": ("nnzoo/classification", {}),
        "model": ("nnzoo/mlp", {"hidden": [64]}),
        "activation": ("nnzoo/relu", {}),
        "optimizer": ("nnzoo/momentum", {"beta": 0.9}),
        "schedule": ("nnzoo/one-cycle", {"warmup": 0.25, "start": 0.04}),
        "loss": ("nnzoo/softmax-cross-entropy", {}),
    }
    assert [(c["name"], c["options"]) for c in record["metrics"]] == [("nnzoo/accuracy", {})]
    settings = record["settings"]
    assert settings["learning_rate"] > settings["weight_decay"] > 0
    assert (settings["epochs"], settings["batch_size"]) == (10, 128)
    assert (settings["seed"], settings["validation"]) == (0, 0)
    assert record["data"]["samples"] == {"train": 1438, "validation": 0, "test": 359}
    assert record["data"]["sha256"] == nnzoo.load_dataset("digits").sha256()
    assert record["results"]["run_dir"] == f"runs/{run.name}"
    assert record["results"]["steps"] == 10 * 12
    assert sorted(path.name for path in run.iterdir()) == [
        "checkpoint.safetensors",
        "metrics.jsonl",
        "model.safetensors",
        "run.json",
    ]


def test_the_record_holds_the_environment(first_run):
    environment = first_run[2]["environment"]
    assert environment["nnzoo"] == nnzoo.__version__
    assert environment["plugins"] == {"nnzoo": nnzoo.__version__}
    assert environment["python"] == ".".join(map(str, sys.version_info[:3]))
    assert environment["numpy"] == np.__version__
    assert environment["blas"][0]["internal_api"]
    assert environment["blas"][0]["num_threads"] >= 1


@pytest.mark.thorough  # daily, tests/training/test_exactness.py does it with one seed of hashes
@pytest.mark.parametrize("settings", [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"}])
def test_the_same_command_gives_the_same_weights(run_nnzoo, first_run, settings):
    results = json.loads(run_nnzoo(*DIGITS, "--json", environment=settings).stdout)
    assert results["weights_sha256"] == first_run[2]["results"]["weights_sha256"]
    assert [results[name] for name in FIGURES] == [first_run[2]["results"][name] for name in FIGURES]


def test_another_seed_gives_other_weights(run_nnzoo, first_run):
    results = json.loads(run_nnzoo(*DIGITS, "--json", "--seed", "1").stdout)
    assert results["weights_sha256"] != first_run[2]["results"]["weights_sha256"]


def test_quiet_prints_nothing_but_writes_everything(run_nnzoo, tmp_path):
    outcome = run_nnzoo(*DIGITS, "--epochs", "2", "--quiet", "--run-dir", "deep/run")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "", "")
    assert len((tmp_path / "deep" / "run" / "metrics.jsonl").read_text().splitlines()) == 2
    assert (tmp_path / "deep" / "run" / "model.safetensors").is_file()


def test_validation_is_held_out_of_the_training_part_and_reported(run_nnzoo, tmp_path):
    outcome = run_nnzoo(*DIGITS, "--epochs", "2", "--validation", "0.1", "--run-dir", "run")
    assert outcome.code == 0, outcome.stderr
    assert "validation acc" in outcome.stdout
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    samples = record["data"]["samples"]
    assert samples["validation"] == pytest.approx(144, abs=1)
    assert samples["train"] + samples["validation"] == 1438
    assert samples["test"] == 359
    assert 0 < record["results"]["validation_accuracy"] <= 1
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["validation_loss"] == record["results"]["validation_loss"] > 0


def test_no_epochs_leave_an_untrained_network(run_nnzoo, tmp_path):
    outcome = run_nnzoo(*DIGITS, "--epochs", "0", "--run-dir", "run", "--json")
    assert outcome.code == 0, outcome.stderr
    results = json.loads(outcome.stdout)
    assert (results["steps"], results["train_loss"], results["train_seconds"]) == (0, None, 0)
    assert 0 <= results["test_accuracy"] < 0.5
    assert (tmp_path / "run" / "model.safetensors").is_file()


def test_a_batch_larger_than_the_data_is_one_full_batch(run_nnzoo):
    results = json.loads(run_nnzoo(*DIGITS, "--epochs", "3", "--batch-size", "1000000", "--json").stdout)
    assert results["steps"] == 3


def test_the_last_short_batch_is_used(run_nnzoo):
    results = json.loads(run_nnzoo(*DIGITS, "--epochs", "1", "--batch-size", "1437", "--json").stdout)
    assert results["steps"] == 2


def test_every_choice_reaches_the_record(run_nnzoo, tmp_path):
    choices = ("--hidden", "32,16", "--activation", "sigmoid", "--optimizer", "sgd", "--loss", "mse")
    more = ("--schedule", "one-cycle:warmup=0.5", "--seed", "7", "--l_rate", "0.3", "--weight-decay", "0.01")
    measured = ("--metric", "top-k:k=3", "--metric", "f1", "--monitor", "f1", "--class-weight", "3=2,8=0.5")
    held = ("--freeze", "0.dense.bias", "--freeze", "4.*", "--learning-rate-of", "2.*=0.5")
    outcome = run_nnzoo(
        *(*DIGITS, *choices, *more, *measured, *held, "--task", "classification"),
        *("--epochs", "2", "--batch-size", "50", "--threads", "2", "--run-dir", "run"),
    )
    assert outcome.code == 0, outcome.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    components = {kind: (c["name"].removeprefix("nnzoo/"), c["options"]) for kind, c in record["components"].items()}
    assert components["model"] == ("mlp", {"hidden": [32, 16]})
    assert (components["activation"], components["optimizer"]) == (("sigmoid", {}), ("sgd", {}))
    assert (components["loss"], components["schedule"][1]["warmup"]) == (("mse", {}), 0.5)
    assert [(c["name"], c["options"]) for c in record["metrics"]] == [
        ("nnzoo/top-k", {"k": 3}),
        ("nnzoo/f1", {"average": "macro"}),
    ]
    assert record["settings"].pop("threads") in (1, 2)  # as far as there are processors
    assert record["settings"] == {
        "learning_rate": 0.3,
        "weight_decay": 0.01,
        "epochs": 2,
        "batch_size": 50,
        "seed": 7,
        "validation": 0,
        "early_stopping": None,
        "keep": "last",
        "monitor": "f1",
        "class_weight": "3=2,8=0.5",
        "freeze": ["0.dense.bias", "4.*"],
        "learning_rate_of": ["2.*=0.5"],
    }


def test_runs_that_start_together_each_have_their_own_directory(run_nnzoo, tmp_path):
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda seed: run_nnzoo(*DIGITS, "--epochs", "1", "--seed", seed), range(3)))
    runs = list((tmp_path / "runs").iterdir())
    assert len(runs) == 3
    assert all("-digits-mlp" in run.name for run in runs)
    assert {json.loads((run / "run.json").read_text())["settings"]["seed"] for run in runs} == {0, 1, 2}
    assert all(len((run / "metrics.jsonl").read_text().splitlines()) == 1 for run in runs)


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise on Windows")
def test_a_reader_who_leaves_ends_nothing_but_the_output(tmp_path, clean_variables):
    command = [sys.executable, "-m", "nnzoo", *DIGITS, "--epochs", "20", "--hidden", "4", "--run-dir", "run"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, env=clean_variables(tmp_path), **pipes, text=True) as process:
        try:
            assert process.stdout.readline().startswith("data")
            process.stdout.close()
            messages = process.stderr.read()
            process.wait(300)
        finally:
            process.kill()
    assert messages == ""
    assert process.returncode == 141
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"


@pytest.mark.thorough  # daily, tests/runs/test_stopping.py does it at moments that can be told
@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise on Windows")
def test_an_interrupted_run_ends_with_130_and_says_so_in_the_record(tmp_path, clean_variables):
    # A background job of a shell script inherits that SIGINT is ignored: ask for Python's usual handling.
    usual = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{usual}; from nnzoo.cli.main import main; main()"
    command = [sys.executable, "-c", code, *DIGITS, "--epochs", "1000000", "--quiet", "--run-dir", "run"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=clean_variables(tmp_path), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            metrics = tmp_path / "run" / "metrics.jsonl"
            while not metrics.exists():
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, messages = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "continue with: nnzoo train --resume run" in messages
    assert "Traceback" not in messages
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "interrupted"


def test_a_rate_that_can_not_work_is_reported_with_the_baseline(run_nnzoo):
    outcome = run_nnzoo(*DIGITS, "--l_rate", "1000", "--epochs", "5")
    assert outcome.code == 0, outcome.stderr
    assert "has learned nothing of use" in " ".join(outcome.stdout.split())
    results = json.loads(run_nnzoo(*DIGITS, "--l_rate", "1000", "--epochs", "5", "--json").stdout)
    assert results["baseline"] is not None
    assert "of use" not in run_nnzoo(*DIGITS, "--epochs", "3").stdout


def test_a_network_of_other_outputs_than_the_classes_is_refused(run_nnzoo, tmp_path):
    (tmp_path / "ten.py").write_text(
        """
from dataclasses import dataclass
from typing import ClassVar
from nnzoo.api import Model, hookimpl
from nnzoo.builtin.layers import Dense


@dataclass(frozen=True)
class Ten(Model):
    '''Ten outputs, whatever is asked for.'''

    name: ClassVar[str] = "ten"

    def depth(self):
        return 1

    def layers(self, input_shape, outputs, activation):
        return [Dense(10)]


@hookimpl
def nnzoo_models():
    return [Ten]
"""
    )
    rows = "\n".join(f"{i},{i % 2}" for i in range(40))
    (tmp_path / "two.csv").write_text("x,kind\n" + rows.replace(",0", ",no").replace(",1", ",yes"))
    outcome = run_nnzoo("train", "--dataset", "two.csv", "--model", "ten", "--plugin", "ten.py")
    assert outcome.code in (2, 5)
    assert "yields outputs of shape (10,), not (2,)" in outcome.stderr
