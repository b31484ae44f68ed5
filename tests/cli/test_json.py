"""``--json``: standard output is exactly one JSON object, whatever happens."""

import json

import pytest

TRAIN = ("train", "--dataset", "digits", "--epochs", "1", "--json")

KEYS = {
    "run_dir",
    "dataset",
    "model",
    "activation",
    "optimizer",
    "epochs",
    "test_accuracy",
    "test_loss",
    "train_loss",
    "train_seconds",
    "parameters",
    "seed",
}


def test_train_prints_one_object_and_all_else_on_stderr(run_nnzoo, tmp_path):
    outcome = run_nnzoo(*TRAIN, "--hidden", "32,16", "--seed", "3")
    assert outcome.code == 0, outcome.stderr
    results = json.loads(outcome.stdout)
    assert results.keys() >= KEYS
    assert (results["dataset"], results["model"], results["activation"]) == ("digits", "mlp", "relu")
    assert (results["optimizer"], results["epochs"], results["seed"]) == ("momentum", 1, 3)
    assert results["parameters"] == 65 * 32 + 33 * 16 + 17 * 10
    assert 0.1 < results["test_accuracy"] <= 1
    assert results["train_seconds"] > 0
    assert (tmp_path / results["run_dir"] / "model.safetensors").is_file()
    assert "test accuracy" in outcome.stderr


def test_quiet_leaves_the_object_and_nothing_else(run_nnzoo):
    outcome = run_nnzoo(*TRAIN, "--quiet")
    assert outcome.stderr == ""
    assert json.loads(outcome.stdout)["epochs"] == 1


def test_the_json_object_has_the_results_of_the_record(run_nnzoo, tmp_path):
    results = json.loads(run_nnzoo(*TRAIN, "--run-dir", "run").stdout)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["results"] == results


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "fragment"),
    [
        (("--datset", "digits"), 2, "UsageError", "--datset"),
        (("--epochs", "many"), 2, "UsageError", "many"),
        (("--learning-rate", "nan"), 2, "HyperparameterError", "learning_rate"),
        (("--activation", "rleu"), 2, "UnknownComponentError", "rleu"),
        (("--dataset", "mnist"), 4, "DownloadError", "no mirror has it"),
        (("--plugin", "broken.py"), 5, "PluginError", "broken.py"),
        (("--learning-rate", "1e6"), 6, "DivergedError", "diverged"),
        (("--run-dir", "broken.py/run"), 7, "StorageError", "broken.py"),
    ],
)
def test_an_error_is_one_object_too(run_nnzoo, tmp_path, arguments, code, kind, fragment):
    (tmp_path / "broken.py").write_text("1 / 0")
    outcome = run_nnzoo(*TRAIN, *arguments)
    assert outcome.code == code, outcome.stderr
    answer = json.loads(outcome.stdout)
    assert answer.keys() == {"error"}
    error = answer["error"]
    assert (error["exit_code"], error["kind"]) == (code, kind)
    assert fragment in error["message"]
    assert fragment in outcome.stderr


def test_a_plugin_that_prints_while_training_does_not_spoil_the_object(run_nnzoo, tmp_path, activation_source):
    noisy = activation_source().replace("np.tanh(z, out=out)", 'print("noise"); np.tanh(z, out=out)')
    (tmp_path / "noisy.py").write_text(noisy)
    outcome = run_nnzoo(*TRAIN, "--plugin", "noisy.py", "--activation", "tanh")
    assert outcome.code == 0, outcome.stderr
    assert json.loads(outcome.stdout)["activation"] == "tanh"


def test_list_plugins_prints_every_plugin(run_nnzoo):
    outcome = run_nnzoo("list-plugins", "--json")
    assert outcome.code == 0, outcome.stderr
    assert outcome.stderr == ""
    rows = {row["entry_point"]: row for row in json.loads(outcome.stdout)}
    assert rows["optimizers"]["components"] == {"optimizer": ["sgd", "momentum"]}
    assert rows["optimizers"]["status"] == "ok"
