"""Runs in MLflow, in a local store."""

import json
import os

import numpy as np
import pytest
from mlflow import MlflowClient
from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import DivergedError, FileFormatError, Moment, ObserverMemory, StorageError, UsageError

from nnzoo_trackers import Mlflow
from nnzoo_trackers.talking import talking, without_user

from .conftest import run_nnzoo


def the_run(address, experiment="Default"):
    """The only run of an experiment, and its client."""
    client = MlflowClient(address)
    (run,) = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return client, run


def series(client, run, name):
    return [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, name)]


def logged(line):
    """What MLflow should have of a line of metrics.jsonl."""
    return {name: value for name, value in line.items() if value is not None and name != "epoch"}


def lines_of(run_dir):
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


def train(*words):
    done = run_nnzoo("train", "--dataset", "digits", "--json", "--quiet", *words)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def test_a_run_has_settings_figures_status_and_model(store, tmp_path):
    code, results, said = train("--epochs", 3, "--observe", "mlflow", "--run-dir", "one")
    assert (code, said) == (0, "")  # and nothing but JSON on standard output
    assert "observers_off" not in results
    client, run = the_run(store)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "one")
    assert run.data.params["epochs"] == "3"
    assert run.data.params["model"] == "mlp:hidden=64"
    assert run.data.tags["nnzoo.run_dir"] == str(tmp_path / "one")
    lines = lines_of(tmp_path / "one")
    for name in logged(lines[0]):
        assert series(client, run, name) == [(line["epoch"], line[name]) for line in lines]
    assert run.data.metrics.keys() == logged(lines[0]).keys()
    assert [each.path for each in client.list_artifacts(run.info.run_id)] == ["model.safetensors"]
    assert run_nnzoo("reproduce", "one").returncode == 0
    the_run(store)  # still one
    assert run_nnzoo("runs", "remove", "one", "--yes").returncode == 0
    assert not (tmp_path / "one").exists()


def test_a_run_that_is_gone_starts_anew_and_that_is_reported(store, tmp_path, caplog):
    moment, runs = Moment(1, np.zeros(1), np.zeros(1), {}, {}, run_dir=tmp_path), []
    for _ in range(3):
        memory = ObserverMemory()
        Mlflow().started(moment, {"epochs": str(len(runs))}, memory)
        runs.append(memory.opened["run_id"])
        Mlflow().ended(moment, "interrupted", memory)
    client = MlflowClient(store)
    assert runs[0] == runs[1] == runs[2]
    assert client.get_run(runs[0]).info.status == "KILLED"
    assert client.get_run(runs[0]).data.params == {"epochs": "0"}
    assert client.get_run(runs[0]).data.tags["nnzoo.resumed.epochs"] == "2"
    client.delete_run(runs[0])
    memory = ObserverMemory()
    Mlflow().started(moment, {}, memory)
    assert memory.opened["run_id"] != runs[0]
    assert f"the MLflow run {runs[0]} no longer exists; a new one is started" in caplog.text


def test_in_python_each_training_is_a_run(store):
    digits = load_dataset("digits")
    dnn = DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=8")
    before = dict(os.environ)
    dnn.train(digits, epochs=2, observers=[Mlflow(experiment="mine")], verbose=False)
    assert dict(os.environ) == before
    client, run = the_run(store, "mine")
    assert run.info.status == "FINISHED"
    assert [value for _, value in series(client, run, "train_loss")] == [each.train_loss for each in dnn.history]


def test_one_that_diverges_has_failed(store):
    digits = load_dataset("digits")
    dnn = DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=8")
    with pytest.raises(DivergedError):
        dnn.train(digits, epochs=2, learning_rate=1e20, observers=[Mlflow()], verbose=False)
    assert the_run(store)[1].info.status == "FAILED"


def test_a_password_is_refused_and_not_repeated(tmp_path):
    code, _, said = train("--observe", "mlflow:uri=http://me:secret@127.0.0.1:1", "--run-dir", "run")
    assert code == 2
    assert "MLFLOW_TRACKING_PASSWORD" in said
    assert "secret" not in said
    assert not (tmp_path / "run").exists()


def test_a_server_that_does_not_answer_is_an_error_before_training(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # the user's own is respected
    code, _, said = train("--observe", "mlflow", "--run-dir", "run")
    assert code == 7
    assert "MLflow at http://127.0.0.1:1 does not answer" in said
    assert "secret" not in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at http://me:se@cret@host/a, http://you@host", "at http://host/a, http://host"),
        ("postgresql://u:p@db/x", "postgresql://db/x"),
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
        ("me@host", "me@host"),
    ],
)
def test_what_is_shown_of_addresses(text, expected):
    assert without_user(text) == expected


def test_the_environment_is_put_back_after_an_error(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")
    before = dict(os.environ)
    during = {}
    with pytest.raises(StorageError, match="at here reports: no"), talking("here"):
        raise ValueError(during.update(os.environ) or "no")
    assert during["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "3"
    assert during["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "2"
    assert dict(os.environ) == before


def test_a_damaged_file_of_the_run_is_named(store, tmp_path):
    (tmp_path / "mlflow.json").write_text('{"mlflow": "../../x"}')
    moment = Moment(1, np.zeros(1), np.zeros(1), {}, {}, run_dir=tmp_path)
    with pytest.raises(FileFormatError, match=r"mlflow\.json is damaged"):
        Mlflow().started(moment, {}, None)


@pytest.mark.parametrize("model", [True, False])
def test_the_model_file_is_sent_unless_it_is_not_to_be(model, store, tmp_path):
    (tmp_path / "model.safetensors").write_text("a model")
    moment, memory = Moment(1, np.zeros(1), np.zeros(1), {}, {}, run_dir=tmp_path), ObserverMemory()
    observer = Mlflow(model=model)
    observer.started(moment, {}, memory)
    observer.ended(moment, "finished", memory)
    client, run = the_run(store)
    assert [each.path for each in client.list_artifacts(run.info.run_id)] == (["model.safetensors"] if model else [])


@pytest.mark.parametrize("uri", ["http://secret@127.0.0.1", "postgresql://x/y?password=secret", "//a:secret@b"])
def test_whatever_may_hold_a_password_is_refused_in_python_too(uri):
    with pytest.raises(UsageError, match="which the run's record would contain") as refused:
        Mlflow(uri=uri).plan(Moment(1, np.zeros(1), np.zeros(1), {}, {}))
    assert "secret" not in str(refused.value)
    assert "--" not in refused.value.hint
