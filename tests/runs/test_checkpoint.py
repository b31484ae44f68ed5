"""The checkpoint has everything, and is checked when it is read."""

import json
import math

import numpy as np
import pytest
from safetensors import safe_open

from nnzoo.errors import FileFormatError, PluginError, StorageError
from nnzoo.files.tensors import read_tensors, write_tensors
from nnzoo.runs.checkpoint import read_checkpoint, restore_checkpoint, save_checkpoint
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import resolve_recipe

ALL = {"model": "odd", "schedule": "plateau", "optimizer": "counting", "validation": 0.25}


@pytest.fixture
def make_trainer(toy_registry):
    """A trainer on ``toy`` that has taken some steps: 3 an epoch with all the parts, else 4."""

    def make(steps=0, **choices):
        recipe = resolve_recipe(toy_registry, **{"batch_size": 8, "epochs": 3, **choices})
        data = toy_registry.build("dataset", "toy").load(None)
        trainer = prepare_new(recipe, data)
        while trainer.state.steps < steps:
            trainer.advance(1)
        return trainer

    return make


@pytest.fixture
def saved(make_trainer, tmp_path):
    """A checkpoint with everything in it: after the fifth step, of three an epoch."""
    save_checkpoint(tmp_path / "checkpoint.safetensors", make_trainer(5, **ALL))
    return tmp_path / "checkpoint.safetensors"


@pytest.mark.parametrize("steps", range(7))
def test_a_saved_checkpoint_is_restored(make_trainer, tmp_path, steps):
    trainer, fresh = make_trainer(steps, **ALL), make_trainer(**ALL)
    save_checkpoint(tmp_path / "it", trainer)
    restore_checkpoint(read_checkpoint(tmp_path / "it"), fresh)
    assert fresh.state.scalars() == trainer.state.scalars()
    assert fresh.state.arrays().keys() == trainer.state.arrays().keys()
    for name, array in trainer.state.arrays().items():
        again = fresh.state.arrays()[name]
        assert (again.shape, again.dtype) == (array.shape, array.dtype)
        assert np.array_equal(again, array)
        assert again.flags.writeable
    for part in ("parameters", "state"):
        assert np.array_equal(getattr(fresh.network, part).vector, getattr(trainer.network, part).vector)
    assert trainer.network.state.vector.any() == (steps > 0)


def test_arrays_of_every_shape_and_type_come_back(saved):
    optimizer = read_checkpoint(saved).state.optimizer
    assert (optimizer["taken"].shape, optimizer["taken"].dtype) == ((), np.float64)
    assert (optimizer["nothing"].shape, optimizer["nothing"].dtype) == ((0,), np.int64)
    assert optimizer["taken"] == 5


def test_infinity_in_the_memory_of_a_schedule_is_restored(saved):
    memory = read_checkpoint(saved).state.schedule_memory
    assert memory["before"] == math.inf
    assert math.isfinite(memory["now"])
    with safe_open(saved, "np") as file:
        text = file.metadata()["nnzoo"]
    assert json.loads(text, parse_constant=pytest.fail)["checkpoint"]["schedule_memory"]["before"] == "inf"


@pytest.mark.parametrize("value", [np.float32(1), "1", None, [1.0]])
def test_a_schedule_whose_memory_is_not_a_float_is_a_plugin_error(make_trainer, tmp_path, value):
    trainer = make_trainer(5, **ALL)
    trainer.state.schedule_memory["odd"] = value
    with pytest.raises(PluginError, match=r"schedule plateau keeps odd = .*, of type"):
        save_checkpoint(tmp_path / "it", trainer)
    assert not (tmp_path / "it").exists()


@pytest.mark.parametrize("choices", [{"model": "mlp"}, {"optimizer": "sgd"}, {"optimizer": "momentum"}], ids=str)
def test_the_checkpoint_of_another_run_is_refused_and_changes_nothing(make_trainer, saved, choices):
    trainer = make_trainer(**{**ALL, **choices})
    before, state = trainer.network.parameters.vector.copy(), trainer.state
    with pytest.raises(FileFormatError, match="belongs to another network, optimizer or set of metrics"):
        restore_checkpoint(read_checkpoint(saved), trainer)
    assert np.array_equal(trainer.network.parameters.vector, before)
    assert trainer.state is state


@pytest.mark.parametrize("choices", [{"batch_size": 7}, {"validation": 0.0}], ids=str)
def test_an_impossible_position_is_refused_or_the_epoch_starts_again(make_trainer, saved, choices):
    trainer = make_trainer(**{**ALL, **choices})
    with pytest.raises(FileFormatError, match="a position that this training does not have"):
        restore_checkpoint(read_checkpoint(saved), trainer)
    if "batch_size" in choices:
        assert len(trainer.train) == 3  # as many batches, but of other sizes
    restore_checkpoint(read_checkpoint(saved), trainer, restart_epoch=True)
    state = trainer.state
    assert (state.steps, state.epoch, state.batch, state.tally.rows) == (len(trainer.train), 1, 0, 0)


def rewrite(path, change=lambda scalars: None, tensors=lambda arrays: None):
    """The same file with other contents, and the right SHA-256 of them."""
    file = read_tensors(path)
    change(file.description["checkpoint"])
    tensors(file.tensors)
    write_tensors(path, file.tensors, file.description)


SCALARS = {
    "steps": [None, "x", [], -1, 4, 10**30],
    "epoch": [None, "x", -1, 0, 10**30],
    "batch": [None, "x", -1, 1, 4, 10**30],
    "rows": [None, [], {}, -1, 1e300],
    "loss_sum": [None, [], "much"],
    "seconds": [None, "x", "nan", "inf"],
    "epoch_seconds": [None, "nan"],
    "plateau_factor": [None, "x", {}],
    "schedule_memory": [None, 3, {"a": None}, {"a": "x"}, {"a": []}],
    "best_epoch": [None, 0, -1, 2, "x", 10**30],
    "best_value": [None, "nan", "inf"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in SCALARS.items() for value in values])
def test_an_impossible_scalar_is_refused(make_trainer, saved, name, value):
    rewrite(saved, lambda scalars: scalars.update({name: value}))
    with pytest.raises(FileFormatError, match=r"checkpoint\.safetensors"):
        restore_checkpoint(read_checkpoint(saved), make_trainer(**ALL))


@pytest.mark.parametrize("name", SCALARS)
def test_a_scalar_that_is_missing_is_refused(saved, name):
    rewrite(saved, lambda scalars: scalars.pop(name))
    with pytest.raises(FileFormatError, match=f"is not a checkpoint: KeyError: '{name}'"):
        read_checkpoint(saved)


TENSORS = {
    "a parameter too few": lambda t: t.update({"network.parameters": t["network.parameters"][1:]}),
    "another type": lambda t: t.update({"network.parameters": t["network.parameters"].astype(np.float64)}),
    "no parameters": lambda t: t.pop("network.parameters"),
    "no state": lambda t: t.pop("network.state"),
    "no best": lambda t: t.pop("best.parameters"),
    "another best": lambda t: t.update({"best.state": np.zeros(1, np.float32)}),
    "no velocity": lambda t: t.pop("optimizer.mean"),
    "another velocity": lambda t: t.update({"optimizer.mean": np.zeros((2, 2), np.float32)}),
    "more state": lambda t: t.update({"optimizer.more": np.zeros(2, np.float32)}),
    "something else": lambda t: t.update(more=np.zeros(2, np.float32)),
}


@pytest.mark.parametrize("case", TENSORS)
def test_arrays_that_do_not_fit_are_refused(make_trainer, saved, case):
    rewrite(saved, tensors=TENSORS[case])
    with pytest.raises(FileFormatError, match=r"checkpoint\.safetensors"):
        restore_checkpoint(read_checkpoint(saved), make_trainer(**ALL))


@pytest.mark.parametrize("description", [{}, {"checkpoint": None}, {"checkpoint": []}, {"checkpoint": "x"}], ids=str)
def test_another_kind_of_file_is_refused(saved, description):
    write_tensors(saved, read_tensors(saved).tensors, description)
    with pytest.raises(FileFormatError, match="is not a checkpoint"):
        read_checkpoint(saved)


def test_a_missing_file_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError, match="can't read"):
        read_checkpoint(tmp_path / "nowhere")


def test_the_previous_checkpoint_survives_a_failed_write(make_trainer, saved, monkeypatch):
    before = saved.read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match=r"can't write .*checkpoint\.safetensors: No space left"):
        save_checkpoint(saved, make_trainer(6, **ALL))
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
