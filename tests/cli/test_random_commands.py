"""300 command lines that no one would type: each ends with an exit code that says why, none with 1 or a traceback."""

import io
import logging
import random
import shutil
import string
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest

from nnzoo.cli.main import cli, main

KNOWN_CODES = {0, 2, 3, 4, 5, 6, 7, 130}
PLAUSIBLE = {
    "dataset": ("digits", "digits", "digits", "mnist"),
    "model": ("mlp", "mlp:hidden=3", "mlp:hidden="),
    "activation": ("relu", "sigmoid", "tanh", "plugin.py/tanh", "nnzoo/relu"),
    "optimizer": ("sgd", "momentum", "momentum:beta=0.5"),
    "loss": ("mse", "softmax-cross-entropy"),
    "schedule": ("constant", "one-cycle", "one-cycle:warmup=0.5"),
    "learning_rate": ("0.1", "1", "1e9"),
    "weight_decay": ("0", "0.001"),
    "batch_size": ("32", "100000"),
    "validation": ("0", "0.1"),
    "early_stopping": ("1", "2"),
    "keep": ("best", "last"),
    "seed": ("0", "1", "99999999999999999999"),
    "threads": ("1", "2"),
    "beta": ("0.5", "0.9"),
    "checkpoint_every": ("1", "0.5", "1000"),
    "plugin_files": ("plugin.py",),
    "disabled": ("nnzoo", "all"),
    "kind": ("activation", "optimizer", "schedule", "loss", "layer", "model", "dataset"),
    "name": ("relu", "momentum", "one-cycle", "mse", "digits", "digits-mlp", "mine"),
    "format": ("onnx", "numpy"),
    "resume": ("run", "runs"),
    "run": ("run", "copy"),
    "runs": ("run", "copy"),
    "folder": ("runs", "."),
    "file": ("model.safetensors", "nonsense.safetensors"),
}
WORDS = [
    *("nobody/relu", "momentum:beta=2", "momentum:beta", "nonsense.safetensors", "plugin.py", "nowhere/at/all", "%s"),
    *(".", "..", "", " ", "-", "é", "\x1b[2J", "a" * 300, "a:b=c", ":", "=", ",", "*", "[", "{}", "~", "/dev/null"),
]
NUMBERS = ["0", "-1", "0.5", "1e-3", "1e400", "nan", "inf", "-inf", "abc", "1,2", "0x10", "99999999999999999999"]
FEW = ["0", "1", "1", "2", "2", "3", "-1", "abc"]
"""For what takes longer the larger it is."""


@pytest.fixture
def workplace(clean_environment, monkeypatch, tmp_path, activation_source):
    """A folder with a run, files that are none, and a plugin; no network, and nothing to read from the keyboard."""
    for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr("nnzoo.cli.install._run", lambda command: pytest.fail("pip was about to run"))
    Path("plugin.py").write_text(activation_source())
    Path("nonsense.safetensors").write_bytes(b"nonsense")
    Path("runs").mkdir()
    assert run(["train", "--dataset", "digits", "--epochs", "1", "--quiet", "--run-dir", "run"])[0] == 0
    shutil.copytree("run", "copy")
    Path("model.safetensors").write_bytes(Path("run/model.safetensors").read_bytes())


def run(arguments):
    """Exit code and all that is printed."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit) as ended:
        main(arguments)
    logging.getLogger("nnzoo").handlers.clear()
    return ended.value.code, printed.getvalue()


def commands(group=cli, path=()):
    """Every command with the words that lead to it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def value(parameter, dice):
    """What a parameter may be given, or may not."""
    if parameter.name in ("epochs", "hidden"):
        return dice.choice(FEW)
    if dice.random() < 0.8 and parameter.name in PLAUSIBLE:
        return dice.choice(PLAUSIBLE[parameter.name])
    if dice.random() < 0.1:
        return "".join(dice.choices(string.printable, k=dice.randrange(8)))
    return dice.choice(FEW if parameter.name == "checkpoint_every" else dice.choice((WORDS, NUMBERS)))


def line(dice):
    """A command line of real commands and options, most of them in the right places."""
    words, command = dice.choice(list(commands()))
    if dice.random() < 0.4:
        words, command = ("train",), cli.commands["train"]
    arguments, slow = list(words), []
    if words == ("train",):
        slow = ["--epochs", dice.choice(FEW)] + (["--dataset", "digits"] if dice.random() < 0.9 else [])
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            arguments += [value(parameter, dice) for _ in range(dice.choice((1, 1, 1, 1, 1, 1, 0, 2)))]
        elif parameter.name not in ("yes", "debug", "help") and dice.random() < 0.15:
            name = dice.choice(parameter.opts)
            arguments += [name] if parameter.is_flag else [name, value(parameter, dice)]
    match dice.randrange(30):
        case 0:
            arguments.insert(dice.randrange(len(arguments) + 1), value(click.Argument(["x"]), dice))
        case 1:
            arguments.pop(dice.randrange(len(arguments)))
        case 2:
            arguments.append(f"--{dice.choice((*PLAUSIBLE, *WORDS))}")
    return [*arguments, *slow] if arguments[:1] == ["train"] else arguments


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(1, 10))])
def test_thirty_random_command_lines_end_as_they_should(workplace, seed):
    dice = random.Random(seed)
    codes = []
    for _ in range(30):
        arguments = line(dice)
        if arguments[:2] == ["zoo", "reproduce"] or arguments[:1] == ["check"]:
            arguments = [word for word in arguments if word not in ("digits-mlp", "dense", "mlp")]  # they take long
        code, printed = run(arguments)
        assert code in KNOWN_CODES, (arguments, printed)
        assert "Traceback (most recent call last)" not in printed, (arguments, printed)
        codes.append(code)
    assert {*codes} - {2}  # some come past the parser
    assert codes.count(2) > 5
