"""``nnzoo show``: all there is to know of a component, with an example that works."""

import json
import re
import shlex
from dataclasses import dataclass
from typing import ClassVar

import pytest

from nnzoo.errors import UnknownComponentError
from nnzoo.kinds import KINDS, Schedule
from nnzoo.plugins.registry import Registry

BUILTINS = Registry(disabled=["all"])
COMPONENTS = [(kind, name) for kind in KINDS for name in BUILTINS.names(kind)]


NOT_FOR_CLASSES = ("binary-cross-entropy", "joint", "multi-label", "regression", "mae", "r2", "rmse")
"""Losses, tasks and metrics that can't be used with digits."""


def example(outcome):
    """The arguments of the command that `show` proposes."""
    (line,) = [line for line in outcome.stdout.splitlines() if line.startswith("Try: ")]
    program, *arguments = shlex.split(line.removeprefix("Try: "))
    assert program == "nnzoo"
    return arguments


WITHOUT_EQUATION = ("model", "dataset", "exporter", "task", "metric", "preprocessor", "observer", "executor", "search")


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_a_built_in_is_described_and_its_example_works(nnzoo_here, tmp_path, kind, name):
    outcome = nnzoo_here(tmp_path, "show", kind, name)
    assert (outcome.code, outcome.stderr) == (0, "")
    component = BUILTINS.get(kind, name).component
    head, *_ = outcome.stdout.splitlines()
    assert head.startswith(f"{kind} {name}, from nnzoo ")
    assert component.summary()
    assert component.summary() in outcome.stdout
    assert "Equation" in outcome.stdout or kind in WITHOUT_EQUATION
    for hyperparameter in component.hyperparameters():
        (row,) = [line for line in outcome.stdout.splitlines() if line.startswith(f" {hyperparameter.name} ")]
        assert hyperparameter.allowed in row
        assert hyperparameter.description
        assert " ".join(hyperparameter.description.split()[:4]) in row  # a long one goes on below
    arguments = example(outcome)
    assert name in " ".join(arguments) or kind in ("layer", "preprocessor")
    if kind in ("dataset", "layer", "exporter", "preprocessor", "executor", "search"):
        return
    trained = nnzoo_here(tmp_path, *arguments, "--dataset", "digits", "--epochs", "1")
    if name in NOT_FOR_CLASSES:
        assert trained.code in (2, 3)
        assert re.search("classes|labels|several fields", trained.stderr)
    else:
        assert trained.code == 0, trained.stderr
        assert "test " in trained.stdout


def test_the_example_for_a_layer_is_a_command_as_it_stands(run_nnzoo):
    outcome = run_nnzoo(*example(run_nnzoo("show", "layer", "dense")))
    assert outcome.code == 0, outcome.stderr


def test_the_example_for_a_data_set_works(run_nnzoo):
    outcome = run_nnzoo(*example(run_nnzoo("show", "dataset", "digits")), "--epochs", "1")
    assert outcome.code == 0, outcome.stderr


def test_the_example_for_an_exporter_works_beside_a_model_file(run_nnzoo):
    run_nnzoo("train", "--dataset", "digits", "--epochs", "1", "--run-dir", ".")
    outcome = run_nnzoo(*example(run_nnzoo("show", "exporter", "numpy")))
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.startswith("wrote model.py ")


def test_momentum_shows_its_equation_range_default_and_meaning(run_nnzoo):
    text = run_nnzoo("show", "optimizer", "momentum").stdout
    for fragment in ("v ← β v + (1 − β) g", "θ ← θ − η v", "0 <= beta < 1", "0.9", "share of the old velocity"):
        assert fragment in text
    assert "Try: nnzoo train --optimizer momentum:beta=0.9" in text


def test_the_example_for_a_single_file_names_the_file(run_nnzoo, tmp_path, activation_source):
    (tmp_path / "mish.py").write_text(activation_source("mish"))
    arguments = example(run_nnzoo("show", "activation", "mish", "--plugin", "mish.py"))
    outcome = run_nnzoo(*arguments, "--dataset", "digits", "--epochs", "1")
    assert outcome.code == 0, outcome.stderr


def test_the_example_for_a_name_that_clashes_is_the_one_that_was_asked_for(
    run_nnzoo, tmp_path, write_plugin, activation_source
):
    environment = {"PYTHONPATH": write_plugin(tmp_path / "site", "usurper", activation_source("relu"))}
    arguments = example(run_nnzoo("show", "activation", "usurper/relu", environment=environment))
    assert "usurper/relu" in arguments


def test_a_plugin_without_docstring_or_defaults_is_shown_too(run_nnzoo, tmp_path, activation_source):
    source = activation_source("bare").replace('    """Hyperbolic tangent."""\n', "")
    source = source.replace('"bare"\n', '"bare"\n    alpha: float\n')
    (tmp_path / "bare.py").write_text(source)
    outcome = run_nnzoo("show", "activation", "bare", "--plugin", "bare.py")
    assert outcome.code == 0, outcome.stderr
    assert "alpha" in outcome.stdout
    assert "(alpha:" not in outcome.stdout  # dataclasses make a docstring up where there is none


@pytest.mark.parametrize(
    ("word", "fragments"),
    [
        ("optimizer", ["which optimizer? there are momentum, sgd", "nnzoo show optimizer momentum"]),
        ("optmizer", ["did you mean optimizer?", "list-plugins", "zoo list", "runs list"]),
        ("rellu", ["rellu is not a component", "did you mean relu"]),
        ("joint", ["nnzoo show loss joint", "nnzoo show task joint"]),
        ("nowhere.csv", ["nowhere.csv is not"]),
        ("fashion-lenet5", ["nnzoo-conv"]),
    ],
)
def test_a_word_that_leads_nowhere_is_an_error_with_a_way_on(nnzoo_here, tmp_path, word, fragments):
    outcome = nnzoo_here(tmp_path, "show", word)
    assert (outcome.code, outcome.stdout) == (2, "")
    for fragment in fragments:
        assert fragment in outcome.stderr


def test_a_name_alone_is_enough_where_only_one_kind_has_it(run_nnzoo):
    assert run_nnzoo("show", "relu").stdout == run_nnzoo("show", "activation", "relu").stdout
    assert run_nnzoo("show", "momentum:beta=0.5").stdout == run_nnzoo("show", "optimizer", "momentum").stdout


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("run", "runs show run"),
        ("run/model.safetensors", "show --model-file run"),
        ("sweep", "sweep show sweep"),
        ("seeds", "runs list seeds"),
        ("table.csv", "data show table.csv"),
        ("csv:path=table.csv,target=y", "data show csv:path=table.csv,target=y"),
        ("digits-mlp.relu", "zoo show digits-mlp.relu"),
        ("digits-mlp", "zoo show digits-mlp"),
    ],
)
@pytest.mark.parametrize("options", [["--json"], pytest.param([], marks=pytest.mark.thorough)], ids=["json", "text"])
def test_a_path_or_a_network_s_name_is_shown_as_its_own_command_shows_it(nnzoo_here, trained, word, command, options):
    outcome, expected = nnzoo_here(trained, "show", word, *options), nnzoo_here(trained, *command.split(), *options)
    assert outcome.code == 0, outcome.stderr
    assert (outcome.stdout, outcome.stderr) == (expected.stdout, expected.stderr)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, nnzoo_here):
    """A folder with a run, a sweep, runs of two seeds and a table."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "table.csv").write_text("x,y\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(40)))
    common = ("--dataset", "digits", "--epochs", "1", "--hidden")
    for arguments in (
        ("train", *common, "8", "--run-dir", "run"),
        ("train", *common, "8", "--seeds", "2", "--executor", "serial", "--run-dir", "seeds"),
        ("sweep", *common, "4,8", "--executor", "serial", "--sweep-dir", "sweep"),
    ):
        outcome = nnzoo_here(folder, *arguments)
        assert outcome.code == 0, outcome.stderr
    return folder


def test_all_of_it_comes_as_json(run_nnzoo):
    outcome = run_nnzoo("show", "optimizer", "momentum", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    found = json.loads(outcome.stdout)
    assert (found["kind"], found["name"], found["full_name"]) == ("optimizer", "momentum", "nnzoo/momentum")
    assert "v ← β v + (1 − β) g" in found["text"]
    assert found["hyperparameters"] == [
        {
            "name": "beta",
            "type": "float",
            "range": "0 <= beta < 1",
            "default": 0.9,
            "description": "share of the old velocity that is kept at each step",
        }
    ]


def test_the_registry_describes_in_python_what_the_command_shows(run_nnzoo):
    described = BUILTINS.describe("optimizer", "momentum")
    shown = run_nnzoo("show", "optimizer", "momentum").stdout
    for text in (described.summary, described.text, described.plugin, described.example):
        assert text
        assert text in shown
        assert text in str(described)
    assert described.hyperparameters == tuple(BUILTINS.get("optimizer", "momentum").component.hyperparameters())
    with pytest.raises(UnknownComponentError, match="did you mean momentum"):
        BUILTINS.describe("optimizer", "momentun")


def test_a_class_of_this_session_is_described_too():
    registry = Registry(disabled=["all"])

    @registry.register
    @dataclass(frozen=True)
    class Double(Schedule):
        """Twice the learning rate."""

        name: ClassVar[str] = "double"

        def factor(self, step, total_steps):
            return 2.0

    described = registry.describe("schedule", "double")
    assert (described.summary, described.plugin) == ("Twice the learning rate.", "session")
    assert described.example == ""  # no command can find it
