"""Bad input on the real command: the right exit code, one clear line, nothing written."""

import json
import re

import pytest

TRAIN = ("train", "--dataset", "digits")

UNKNOWN = [
    (("train", "--dataset", "mnits"), ["dataset 'mnits'", "did you mean mnist?"]),
    ((*TRAIN, "--model", "mpl"), ["model 'mpl'", "did you mean mlp?"]),
    ((*TRAIN, "--activation", "rleu"), ["activation 'rleu'", "did you mean relu?", "sigmoid"]),
    ((*TRAIN, "--activation", "nobody/relu"), ["activation 'nobody/relu'", "relu"]),
    ((*TRAIN, "--optimizer", "momentun"), ["optimizer 'momentun'", "did you mean momentum?"]),
    ((*TRAIN, "--optimizer", "xyzzy"), ["optimizer 'xyzzy'", "known are momentum, sgd"]),
    ((*TRAIN, "--loss", "mes"), ["loss 'mes'", "did you mean mse?", "softmax-cross-entropy"]),
    ((*TRAIN, "--schedule", "onecycle"), ["schedule 'onecycle'", "did you mean one-cycle?"]),
    (("show", "optimizer", "sdg"), ["optimizer 'sdg'", "did you mean sgd?"]),
    (("show", "optmizer", "sgd"), ["kind 'optmizer'", "did you mean optimizer?", "activation"]),
    (("list-plugins", "--kind", "optmizer"), ["kind 'optmizer'", "did you mean optimizer?"]),
    (("trian",), ["'trian'", "train"]),
    (("remove", "a", "b"), ["'remove'", "Did you mean 'nnzoo runs remove'?"]),
    (("list",), ["'nnzoo runs list'", "'nnzoo zoo list'", "'nnzoo list-plugins'"]),
    ((*TRAIN, "--hidden", "64", "32"), ["not the argument '32'", "--hidden 64,32"]),
    (("train", "digits"), ["not the argument 'digits'", "--dataset digits"]),
    (("train", "--datset", "digits"), ["--datset", "--dataset"]),
    ((*TRAIN, "digits"), ["argument", "digits"]),
    ((*TRAIN, "--no-plugin", "xyzzy"), ["plugin 'xyzzy'", "nnzoo"]),
    ((*TRAIN, "--plugin", "missing.py"), ["missing.py", "does not exist"]),
    ((*TRAIN, "--data-dir", "nowhere"), ["nowhere", "does not exist"]),
]

HYPERPARAMETERS = [
    (("--optimizer", "momentum:beat=0.5"), ["momentum", "'beat'", "did you mean beta?"]),
    (("--optimizer", "momentum:beta=1.5"), ["momentum", "beta = 1.5", "0 <= beta < 1"]),
    (("--optimizer", "momentum:beta=nan"), ["beta = nan", "0 <= beta < 1"]),
    (("--optimizer", "momentum:beta=fast"), ["beta = fast", "float"]),
    (("--optimizer", "momentum:beta="), ["beta", "not allowed"]),
    (("--optimizer", "momentum:beta"), ["'momentum:beta'", "NAME:key=value"]),
    (("--optimizer", "momentum:"), ["'momentum:'", "NAME:key=value"]),
    (("--optimizer", "momentum:beta=0.1,beta=0.2"), ["beta twice"]),
    (("--optimizer", "momentum:beta=0.5", "--beta", "0.6"), ["beta", "given twice"]),
    (("--optimizer", ""), ["names no component"]),
    (("--optimizer", "sgd", "--beta", "0.9"), ["sgd", "'beta'", "it takes none"]),
    (("--beta", "1.5"), ["beta = 1.5", "0 <= beta < 1"]),
    (("--beta", "-0.1"), ["beta = -0.1", "0 <= beta < 1"]),
    (("--schedule", "one-cycle:warmup=1"), ["one-cycle", "warmup = 1", "0 <= warmup < 1"]),
    (("--hidden", "0"), ["hidden = 0", "1 <= hidden"]),
    (("--hidden", "x"), ["hidden = x", "list of int"]),
    (("--hidden", "3.5"), ["hidden = 3.5", "list of int"]),
    (("--hidden", "64,,32"), ["hidden = 64,,32"]),
    (("--model", "mlp:hidden=3", "--hidden", "4"), ["hidden", "given twice"]),
    (("--dataset", "digits:size=3"), ["digits", "'size'", "it takes none"]),
    (
        ("--dataset", "csv:targt=x"),
        ["csv", "'targt'", "did you mean target? it takes path, target, header, delimiter,"],
    ),
]

SETTINGS = [
    *((("--learning-rate", value), ["learning_rate", "0 < learning_rate"]) for value in ("nan", "inf", "-1", "0")),
    (("--l_rate", "nan"), ["learning_rate = nan"]),
    (("--learning-rate", "abc"), ["--learning-rate", "'abc'"]),
    (("--weight-decay", "-1"), ["weight_decay", "0 <= weight_decay"]),
    (("--batch-size", "0"), ["batch_size = 0", "1 <= batch_size"]),
    (("--batch-size", "1.5"), ["--batch-size", "'1.5'"]),
    (("--epochs", "-1"), ["epochs = -1", "0 <= epochs"]),
    (("--validation", "1"), ["validation", "0 <= validation < 1"]),
    (("--validation", "nan"), ["validation = nan"]),
    (("--validation", "0.9999"), ["0.9999", "1438 training samples", "empty"]),
    (("--seed", "-1"), ["seed = -1", "0 <= seed"]),
]


def check_message(outcome, code, fragments):
    """The exit code, and one message on stderr that has all the fragments; no traceback, no result."""
    assert outcome.code == code, outcome.stderr
    assert outcome.stdout == ""
    assert "Traceback" not in outcome.stderr
    assert len(re.findall("^(nnzoo: error|Error): ", outcome.stderr, re.MULTILINE)) == 1
    for fragment in fragments:
        assert fragment in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [*UNKNOWN, *(((*TRAIN, *more), fragments) for more, fragments in [*HYPERPARAMETERS, *SETTINGS])],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, tuple) else "",
)
def test_it_is_refused_with_exit_code_2(nnzoo_here, tmp_path, arguments, fragments):
    check_message(nnzoo_here(tmp_path, *arguments), 2, fragments)
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_does_not_fit_in_memory_is_refused(run_nnzoo, tmp_path):
    check_message(run_nnzoo(*TRAIN, "--hidden", "1000000000000"), 2, ["hidden"])
    assert list(tmp_path.iterdir()) == []


def test_no_command_at_all_shows_the_help(run_nnzoo):
    outcome = run_nnzoo()
    assert outcome.code == 2
    assert "\nTrain:\n" in outcome.stderr
    assert "train" in outcome.stderr


def test_a_run_directory_that_holds_something_stays_as_it_is(run_nnzoo, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "run.json").write_text("precious")
    check_message(run_nnzoo(*TRAIN, "--quiet", "--run-dir", "mine"), 2, ["mine", "not empty", "never overwritten"])
    assert [path.name for path in folder.iterdir()] == ["run.json"]
    assert (folder / "run.json").read_text() == "precious"


def test_a_run_directory_that_is_a_file_stays_as_it_is(run_nnzoo, tmp_path):
    (tmp_path / "mine").write_text("precious")
    check_message(run_nnzoo(*TRAIN, "--quiet", "--run-dir", "mine"), 2, ["mine", "is a file"])
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_run_directory_that_cannot_be_made_is_exit_code_7(run_nnzoo, tmp_path):
    (tmp_path / "file").write_text("precious")
    check_message(run_nnzoo(*TRAIN, "--quiet", "--run-dir", "file/run"), 7, ["can't make directory", "file"])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_broken_plugin_file_is_exit_code_5(run_nnzoo, tmp_path):
    (tmp_path / "broken.py").write_text("import a_module_that_nobody_has")
    outcome = run_nnzoo(*TRAIN, "--plugin", "broken.py")
    check_message(outcome, 5, ["broken.py", "ModuleNotFoundError", "a_module_that_nobody_has", "fix broken.py"])
    assert [path.name for path in tmp_path.iterdir()] == ["broken.py"]


def test_a_hyperparameter_that_must_be_given_is_asked_for(run_nnzoo, tmp_path, activation_source):
    source = activation_source("needy").replace('"needy"\n', '"needy"\n    alpha: float\n')
    (tmp_path / "needy.py").write_text(source)
    check_message(run_nnzoo(*TRAIN, "--plugin", "needy.py", "--activation", "needy"), 2, ["needy", "alpha"])


def test_a_run_that_diverges_is_exit_code_6_and_leaves_a_record_but_no_model(run_nnzoo, tmp_path):
    outcome = run_nnzoo(*TRAIN, "--quiet", "--learning-rate", "1e6", "--run-dir", "run")
    check_message(outcome, 6, ["diverged", "at step", "of 120", "learning rate", "try a learning rate below"])
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["status"] == "diverged"
    assert "not finite at step" in record["reason"]
    assert "results" not in record
    assert not list((tmp_path / "run").glob("model*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--l_rate", "0.5", "--batch_size", "64", "--weight_decay", "0", "--run_dir", "run", "--data_dir", "."),
        ("--l-rate", "0.5", "--batch-size", "64", "--weight-decay", "0", "--run-dir", "run", "--data-dir", "."),
        ("--learning_rate", "0.5", "--batch_size=64", "--weight-decay=0", "--run-dir=run", "--data_dir=."),
        ("--learning-rate=0.5", "--batch-size=64", "--weight_decay=0", "--run_dir=run", "--data-dir=."),
    ],
)
def test_options_may_be_spelt_with_dashes_or_underscores(nnzoo_here, tmp_path, arguments):
    outcome = nnzoo_here(tmp_path, *TRAIN, "--epochs", "1", "--beta", "0.8", *arguments)
    assert outcome.code == 0, outcome.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    settings = record["settings"]
    assert (settings["learning_rate"], settings["batch_size"], settings["weight_decay"]) == (0.5, 64, 0)
    assert record["components"]["optimizer"]["options"] == {"beta": 0.8}


def test_debug_shows_where_an_error_comes_from(run_nnzoo):
    outcome = run_nnzoo(*TRAIN, "--learning-rate", "0", "--debug")
    assert outcome.code == 2
    assert "Traceback (most recent call last)" in outcome.stderr
    assert "learning_rate = 0.0 is not allowed" in outcome.stderr
