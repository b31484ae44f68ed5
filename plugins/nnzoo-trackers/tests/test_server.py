"""The real MLflow server: trained with, resumed on, and lost in the middle of a run."""

import json

import pytest

from .test_mlflow import lines_of, series, the_run, train


@pytest.fixture
def observed(server):
    return ("--observe", f"mlflow:uri={server.address},experiment=digits")


def test_killed_and_resumed_it_is_one_run_and_nothing_is_reported_twice(server, observed, killer, tmp_path):
    words = ("--plugin", killer, *observed, "--observe", "killer:epoch=2", "--checkpoint-every", 9)
    assert train("--epochs", 4, "--run-dir", "run", *words)[0] == -9
    _, half = the_run(server.address, "digits")
    code, results, said = train("--resume", "run", "--plugin", killer)
    assert (code, said) == (0, "")
    assert "observers_off" not in results
    client, run = the_run(server.address, "digits")
    assert (run.info.run_id, run.info.status) == (half.info.run_id, "FINISHED")
    lines = lines_of(tmp_path / "run")
    for name in ("train_loss", "test_accuracy", "learning_rate"):
        assert series(client, run, name) == [(line["epoch"], line[name]) for line in lines]
    sent = client.download_artifacts(run.info.run_id, "model.safetensors", str(tmp_path))
    assert (tmp_path / sent).read_bytes() == (tmp_path / "run/model.safetensors").read_bytes()


def test_a_server_that_dies_in_the_middle_takes_no_run_with_it(server, observed, killer, tmp_path):
    words = ("--plugin", killer, "--observe", f"killer:epoch=2,group={server.process.pid}", *observed)
    code, results, said = train("--epochs", 4, "--run-dir", "run", *words)
    assert code == 0
    assert server.process.wait(10) == -9
    (off,) = results["observers_off"]
    assert off.startswith(f"mlflow:uri={server.address},experiment=digits,model=True, in step ")
    assert "does not answer" in off
    assert "observer mlflow failed and is switched off" in said
    assert json.loads((tmp_path / "run/run.json").read_text())["results"]["observers_off"] == [off]
    assert len(lines_of(tmp_path / "run")) == results["epochs_trained"] == 4
    assert (tmp_path / "run/model.safetensors").exists()
