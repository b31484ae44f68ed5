"""A stopped run continues to the same bits, or is refused with all differences."""

import json
import shutil
import signal

import numpy as np
import pytest

from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import FileFormatError, PluginError, StorageError, UsageError
from nnzoo.model.model_file import save_model
from nnzoo.plugins.registry import Registry
from nnzoo.runs import run
from nnzoo.runs.resume import resume_training
from nnzoo.training.trainer import Trainer

STEPS, LAST = 4, 12
"""Steps of an epoch, and of a whole run of three."""

VALIDATED = {"validation": 0.25, "learning_rate": 30.0, "epochs": 8}
RECIPES = {
    "sgd, constant": {"optimizer": "sgd", "schedule": "constant"},
    "sgd, one-cycle": {"optimizer": "sgd"},
    "momentum, constant": {"schedule": "constant"},
    "momentum, one-cycle": {},
    "a schedule that listens": {"schedule": "plateau", "optimizer": "counting"},
    "layers that draw and remember": {"model": "odd"},
    "everything at once": {"model": "odd", "schedule": "plateau", "optimizer": "counting", "validation": 0.2},
    "regression's loss": {"loss": "mse", "weight_decay": 0.01},
    "the best is kept": {**VALIDATED, "keep": "best"},
    "early stopping": {**VALIDATED, "early_stopping": 2},
    "noise, and an average that is clipped": {
        "transforms": ["noise:deviation=0.5"],
        "observers": ["clip:norm=0.1", "average:decay=0.5"],
        "validation": 0.25,
    },
    "a target that is reached": {"observers": ["stop-at:metric=loss,target=1"], "epochs": 8},
    "a batch larger than the data": {"batch_size": 100},
    "batches of one": {"batch_size": 1, "epochs": 1},
}
MOMENTS = [*range(1, LAST + 1), *(("measuring", epoch) for epoch in (1, 2, 3))]
FEW = [2, 8, ("measuring", 2)]
"""Within an epoch, at its end, and while it is measured; and for the recipes of few steps."""
SOME = [*FEW, 1, 5, 7, LAST]


@pytest.mark.parametrize(
    ("recipe", "moments"),
    [
        *((recipe, SOME if recipe == "everything at once" else FEW) for recipe in RECIPES),
        *(pytest.param(recipe, MOMENTS, marks=pytest.mark.thorough) for recipe in RECIPES),
    ],
    ids=lambda value: value if isinstance(value, str) else f"at {len(value)} moments",
)
def test_a_run_stopped_anywhere_ends_in_the_same_bits(toys, recipe, moments):
    choices = RECIPES[recipe]
    toys.train("alone", **choices)
    alone = toys.outcome("alone")
    stopped = 0
    for number, moment in enumerate(moments):
        if toys.train(f"run-{number}", stop_at=moment, **choices) is None:
            stopped += 1
            assert toys.resume(f"run-{number}") is not None
        assert toys.outcome(f"run-{number}") == alone
    assert stopped >= min(2, alone[1]["steps"] - 1)


def test_the_recipes_here_use_early_stopping_and_the_best_epoch(toys):
    stopped, kept = (toys.train(name, **RECIPES[name]) for name in ("early stopping", "the best is kept"))
    assert stopped["epochs_trained"] < VALIDATED["epochs"]
    assert stopped["kept_epoch"] == stopped["epochs_trained"] - 2
    assert kept["kept_epoch"] < kept["epochs_trained"] == VALIDATED["epochs"]


@pytest.mark.parametrize(
    "checkpoint_every", [0.3, 2, *(pytest.param(every, marks=pytest.mark.thorough) for every in (0.01, 1, 1000))]
)
def test_a_run_stopped_after_every_step_ends_in_the_same_bits(toys, checkpoint_every):
    toys.train("alone", model="odd", validation=0.2)
    assert toys.train("run", model="odd", validation=0.2, stop_at=1, checkpoint_every=checkpoint_every) is None
    for step in range(2, 9):
        assert toys.resume("run", stop_at=step, checkpoint_every=checkpoint_every) is None
    assert toys.resume("run") is not None
    assert toys.outcome("run") == toys.outcome("alone")
    assert [r["steps"] for r in json.loads((toys.folder / "run/run.json").read_text())["resumed"]] == [*range(1, 9)]


def test_a_signal_while_the_model_is_saved_comes_too_late_and_does_no_harm(toys, monkeypatch):
    toys.train("alone")

    def signalled(*arguments):
        signal.raise_signal(signal.SIGINT)
        save_model(*arguments)

    monkeypatch.setattr(run, "save_model", signalled)
    assert toys.train("run") is not None
    assert toys.outcome("run") == toys.outcome("alone")


def test_a_run_without_a_checkpoint_starts_again(toys):
    toys.train("alone")
    toys.train("run", stop_at=5)
    (toys.folder / "run/checkpoint.safetensors").unlink()
    toys.resume("run")
    assert toys.outcome("run") == toys.outcome("alone")


def test_a_run_that_was_killed_before_its_model_was_saved_gets_it(toys):
    toys.train("alone", **RECIPES["the best is kept"])
    shutil.copytree(toys.folder / "alone", toys.folder / "run")
    (toys.folder / "run/model.safetensors").unlink()
    edit(toys.folder / "run", lambda record: record.update(status="running"))
    toys.resume("run")
    assert toys.outcome("run") == toys.outcome("alone")


@pytest.mark.parametrize("tail", [b"", b'{"epoch": 2, "tra', b"\0\0\0\n", b'{"epoch": 7}\n'])
def test_figures_later_than_the_checkpoint_are_ignored(toys, tail):
    toys.train("alone")
    toys.train("run", stop_at=5)
    with (toys.folder / "run/metrics.jsonl").open("ab") as file:
        file.write(tail)
    toys.resume("run")
    assert toys.outcome("run") == toys.outcome("alone")


@pytest.fixture
def stopped(toys):
    """A run that was stopped in its second epoch."""
    toys.train("run", stop_at=5)
    return toys.folder / "run"


def edit(folder, change):
    record = json.loads((folder / "run.json").read_text())
    change(record)
    (folder / "run.json").write_text(json.dumps(record))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(toys, folder, error=UsageError, **options):
    """What resuming says; nothing may have been changed."""
    before = contents(folder)
    with pytest.raises(error) as caught:
        resume_training(toys.registry, folder, FileCache(), **options)
    assert contents(folder) == before
    return str(caught.value)


CHANGED = {
    "activation": ({"activation": "sigmoid"}, "activation: relu then, sigmoid now"),
    "model": ({"model": "mlp:hidden=5"}, "model: mlp:hidden=4 then, mlp:hidden=5 now"),
    "optimizer": ({"optimizer": "sgd"}, "optimizer: momentum:beta=0.9 then, sgd now"),
    "its hyperparameter": ({"optimizer": "momentum:beta=0.5"}, "momentum:beta=0.9 then, momentum:beta=0.5 now"),
    "loss": ({"loss": "mse"}, "loss: softmax-cross-entropy then, mse now"),
    "schedule": ({"schedule": "constant"}, "schedule: one-cycle:start=0.04,warmup=0.25 then, constant now"),
    "data set": ({"dataset": "digits"}, "data set: toy.py/toy then, digits now"),
    "learning rate": ({"learning_rate": 0.5}, "learning_rate: 3 then, 0.5 now"),
    "weight decay": ({"weight_decay": 0.0}, "weight_decay: 0.0003 then, 0 now"),
    "batch size": ({"batch_size": 4}, "batch_size: 8 then, 4 now"),
    "seed": ({"seed": 1}, "seed: 0 then, 1 now"),
    "validation": ({"validation": 0.5}, "validation: 0 then, 0.5 now"),
    "threads": ({"threads": 2}, "threads: 1 then, 2 now"),
    "keep": ({"keep": "best", "validation": 0.5}, "keep: last then, best now"),
    "early stopping": ({"early_stopping": 3, "validation": 0.5}, "early_stopping: - then, 3 now"),
    "epochs": ({"epochs": 9}, "epochs: 3 then, 9 now (one-cycle plans for all epochs"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_changed_argument_is_refused_and_named(toys, stopped, what):
    choices, line = CHANGED[what]
    message = refusal(toys, stopped, choices=choices)
    assert line in message
    assert "--allow-mismatch" in message


def test_unchanged_arguments_are_not_a_difference(toys, stopped):
    same = {"model": "mlp:hidden=4", "optimizer": "momentum", "seed": 0, "learning_rate": 3.0, "dataset": "toy"}
    toys.train("alone")
    assert toys.resume("run", choices=same) is not None
    assert toys.outcome("run") == toys.outcome("alone")


ENVIRONMENT = {
    "nnzoo": (lambda e: e.update(nnzoo="0.0.1"), "nnzoo: 0.0.1 then"),
    "numpy": (lambda e: e.update(numpy="1.26.0"), f"numpy: 1.26.0 then, {np.__version__} now"),
    "a plugin": (lambda e: e["plugins"].update({"toy.py": "sha256 1234"}), "plugin toy.py: sha256 1234 then, sha256 "),
    "a plugin that took part": (lambda e: e["plugins"].update(more="1.0"), "plugin more: 1.0 then, - now"),
    "processor": (lambda e: e.update(machine="abacus"), "machine: abacus then"),
    "BLAS": (lambda e: e["blas"][0].update(version="0.1"), "matrix products: "),
}


@pytest.mark.parametrize("what", ENVIRONMENT)
def test_another_environment_is_refused_and_named(toys, stopped, what):
    change, line = ENVIRONMENT[what]
    edit(stopped, lambda record: change(record["environment"]))
    assert line in refusal(toys, stopped)


def test_another_python_version_is_not_refused(toys, stopped):
    edit(stopped, lambda record: record["environment"].update(python="3.0", system="CP/M"))
    assert toys.resume("run") is not None


@pytest.mark.parametrize("variable", [{"TOY_SEED": "8"}, {"TOY_SAMPLES": "27"}, {"TOY_SAMPLES": "60"}])
def test_changed_data_are_refused_and_named(toys, stopped, monkeypatch, variable):
    monkeypatch.setenv(*variable.popitem())
    assert "data: SHA-256 " in refusal(toys, stopped)


def test_every_difference_is_listed(toys, stopped, monkeypatch):
    monkeypatch.setenv("TOY_SEED", "8")
    edit(stopped, lambda record: record["environment"].update(numpy="1.26.0"))
    message = refusal(toys, stopped, choices={"seed": 1, "batch_size": 4})
    assert "4 of its conditions differ" in message
    assert [line.split(":")[0].strip() for line in message.splitlines()[1:5]] == ["batch_size", "seed", "data", "numpy"]


@pytest.mark.parametrize(
    "choices",
    [
        {"seed": 1},
        {"batch_size": 4},
        {"validation": 0.5},
        {"learning_rate": 0.01},
        {"epochs": 9},
        {"schedule": "plateau"},
    ],
    ids=str,
)
def test_allow_mismatch_continues_and_is_recorded(toys, stopped, choices):
    results = toys.resume("run", choices=choices, allow_mismatch=True)
    assert results["epochs_trained"] == choices.get("epochs", 3)
    record = json.loads((stopped / "run.json").read_text())
    (resumed,) = record["resumed"]
    assert len(resumed["differences"]) == 1
    assert next(iter(choices)) in resumed["differences"][0]
    assert record["status"] == "finished"
    for name, value in choices.items():
        assert record["settings"].get(name, "plateau") == value


def test_with_other_batches_the_interrupted_epoch_starts_again(toys, stopped, monkeypatch):
    starts = []
    step = Trainer._step

    def noted(trainer, *batch):
        starts.append((trainer.state.steps, trainer.state.epoch, trainer.state.batch))
        step(trainer, *batch)

    monkeypatch.setattr(Trainer, "_step", noted)
    resume_training(toys.registry, stopped, FileCache(), choices={"batch_size": 4}, allow_mismatch=True)
    assert starts[0] == (7, 1, 0)
    assert len(starts) == 2 * 7


def test_another_network_is_refused_even_with_allow_mismatch(toys, stopped):
    assert "belongs to another network, optimizer or set of metrics" in refusal(
        toys, stopped, FileFormatError, choices={"model": "mlp:hidden=5"}, allow_mismatch=True
    )


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_epochs_may_be_raised_if_the_schedule_does_not_depend_on_them(toys, schedule):
    toys.train("alone", schedule=schedule, epochs=5)
    toys.train("run", schedule=schedule, epochs=2, stop_at=6)
    toys.resume("run", choices={"epochs": 5})
    status, results, lines = toys.outcome("run")
    assert (status, results, lines) == toys.outcome("alone")


def test_a_finished_run_may_be_trained_for_longer(toys):
    toys.train("alone", schedule="constant", epochs=5)
    toys.train("run", schedule="constant", epochs=3)
    toys.resume("run", choices={"epochs": 5})
    assert toys.outcome("run") == toys.outcome("alone")


def test_a_finished_run_is_refused(toys):
    toys.train("run")
    assert "is at its end, after 3 epochs" in refusal(toys, toys.folder / "run")
    assert "one-cycle plans for all epochs" in refusal(toys, toys.folder / "run", choices={"epochs": 5})


def test_a_run_that_stopped_early_is_refused_with_the_reason(toys):
    toys.train("run", **RECIPES["early stopping"])
    assert "early stopping ended it after" in refusal(toys, toys.folder / "run")


def test_a_finished_run_without_its_checkpoint_is_not_trained_again(toys):
    toys.train("run")
    (toys.folder / "run/checkpoint.safetensors").unlink()
    assert "its checkpoint is gone" in refusal(toys, toys.folder / "run", StorageError)


def test_a_directory_without_a_run_is_refused(toys, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert "has no run.json" in refusal(toys, tmp_path / "empty", StorageError)
    for name in ("file", "nowhere"):
        with pytest.raises(StorageError):
            resume_training(toys.registry, tmp_path / name, FileCache())


RECORDS = {
    "empty": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe{}",
    "no object": b"[]",
    "too deep": b"[" * 100_000,
    "another format": b'{"format": 1}',
    "nothing in it": b'{"format": 2}',
    "not finite": b'{"format": NaN}',
    "far too large": b'{"format": 1e999}',
    "too long": b" " * (1 << 20) + b'{"format": 2}',
    "huge number": b'{"format": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_damaged_record_is_refused(toys, stopped, case):
    (stopped / "run.json").write_bytes(RECORDS[case])
    assert "run.json" in refusal(toys, stopped, FileFormatError)


WRONG = {
    "no components": lambda r: r.update(components=[]),
    "no data set": lambda r: r["components"].pop("dataset"),
    "no model": lambda r: r["components"].pop("model"),
    "an unknown kind": lambda r: r["components"].update(color={"name": "red", "options": {}}),
    "a component that is none": lambda r: r["components"].update(model="mlp"),
    "a name that is none": lambda r: r["components"]["model"].update(name=3),
    "options that are none": lambda r: r["components"]["model"].update(options="ab"),
    "an unknown option": lambda r: r["components"]["model"].update(options={"size": 3}),
    "a million layers": lambda r: r["components"]["model"].update(options={"hidden": [1] * 30_000}),
    "a value that is not allowed": lambda r: r["components"]["optimizer"].update(options={"beta": 2}),
    "an unknown setting": lambda r: r["settings"].update(color="red"),
    "a component as a setting": lambda r: r["settings"].update(model="mlp"),
    "a setting that is not allowed": lambda r: r["settings"].update(epochs=-1),
    "no settings": lambda r: r.update(settings=None),
    "no status": lambda r: r.pop("status"),
    "a command that is none": lambda r: r.update(command="nnzoo train"),
    "a command of other things": lambda r: r.update(command=[1, None]),
    "resumptions that are none": lambda r: r.update(resumed="yes"),
    "no time": lambda r: r.update(started=None),
    "BLAS": lambda r: r["environment"].update(blas=[None, 3]),
    "plugins": lambda r: r["environment"].update(plugins=[1]),
    "fingerprint": lambda r: r["data"].update(sha256=["a"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_record_that_contradicts_itself_is_refused(toys, stopped, case):
    edit(stopped, WRONG[case])
    refusal(toys, stopped, FileFormatError)


def test_control_characters_in_a_condition_are_escaped(toys, stopped):
    edit(stopped, lambda r: r["environment"].update(numpy="\x1b[2J\n1"))
    message = refusal(toys, stopped)
    assert "1 of its conditions" in message
    assert "\x1b" not in message


def test_a_missing_plugin_is_named(toys, stopped):
    with pytest.raises(PluginError) as caught:
        resume_training(Registry(disabled=["all"]), stopped, FileCache())
    assert "dataset 'toy.py/toy'" in caught.value.message
    assert "--plugin toy.py" in caught.value.hint
    edit(stopped, lambda r: r["components"]["optimizer"].update(name="nnzoo-far/adam", version="1.2", options={}))
    with pytest.raises(PluginError) as caught:
        resume_training(toys.registry, stopped, FileCache())
    assert "nnzoo-far 1.2, which is not installed" in caught.value.hint


@pytest.mark.parametrize(
    "lines",
    ["", "[]\n", "{}\n", '{"epoch": 2}\n', "nonsense\n", '{"epoch": 1, "train_loss": NaN}\n'],
)
def test_damaged_figures_are_refused(toys, stopped, lines):
    (stopped / "metrics.jsonl").write_text(lines)
    assert "metrics.jsonl" in refusal(toys, stopped, FileFormatError)


def test_figures_of_a_wrong_type_are_refused(toys, stopped):
    line = json.loads((stopped / "metrics.jsonl").read_text())
    (stopped / "metrics.jsonl").write_text(json.dumps({**line, "test_loss": "low"}) + "\n")
    assert "figures of epoch 1" in refusal(toys, stopped, FileFormatError)


def test_a_run_on_substitute_data_is_resumed_with_them(nnzoo_command, tmp_path):
    (tmp_path / "ends.py").write_text(ENDS)
    first = ("train", "--quiet", "--plugin", "ends.py", "--schedule", "ends")
    assert nnzoo_command(tmp_path, *first, "--run-dir", "alone").code == 0
    outcome = nnzoo_command(tmp_path, *first, "--run-dir", "run", environment={"END_AFTER": 2})
    assert outcome.code == 143
    command = outcome.stderr.partition("continue with: ")[2].split()
    assert command == ["nnzoo", "train", "--resume", "run", "--plugin", "ends.py"]
    outcome = nnzoo_command(tmp_path, *command[1:], "--json", "--hidden", "64", "--beta", "0.9")
    assert outcome.code == 0, outcome.stderr
    results = json.loads(outcome.stdout)
    alone = json.loads((tmp_path / "alone/run.json").read_text())["results"]
    assert results["weights_sha256"] == alone["weights_sha256"]
    assert results["fallback"] == alone["fallback"]
    assert (results["dataset"], results["fallback"]["wanted"]) == ("digits", "mnist")


ENDS = """\
import os
import signal
from dataclasses import dataclass
from nnzoo.api import MetricSchedule, hookimpl

@dataclass(frozen=True)
class Ends(MetricSchedule):
    name = "ends"
    def factor(self, step, total_steps):
        return 1.0
    def after_epoch(self, metrics, memory):
        if str(metrics["epoch"]) == os.environ.get("END_AFTER"):
            signal.raise_signal(signal.SIGTERM)
        return 1.0

@hookimpl
def nnzoo_schedules():
    return [Ends]
"""
