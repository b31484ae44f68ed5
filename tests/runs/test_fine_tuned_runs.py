"""A run that started from a trained network: killed, moved or repeated, it ends in the same bits."""

import json
import shutil

import pytest

from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import FileFormatError, StorageError
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.model_file import read_model
from nnzoo.model.starting import read_start
from nnzoo.runs.removing import remove_run
from nnzoo.runs.reproduce import reproduce_run
from nnzoo.runs.run import run_training
from nnzoo.trained_run import TrainedRun
from nnzoo.training.recipe import resolve_recipe

HELD = {"freeze": ["1.*"], "learning_rate_of": ["4.*=0.3"]}
"""The hidden layer of `odd` and of its output."""


@pytest.fixture
def tuned(toys):
    """Start a run from the run ``first``, whose layers draw and remember."""
    toys.train("first", model="odd", seed=5)

    def train(name, *, stop_at=None, new_head=False, **choices):
        path = toys.folder / "first/model.safetensors"
        start = read_start(toys.registry, path, "first", new_head=new_head)
        given = start.choices(toys.registry, {"batch_size": 8, "epochs": 3, "validation": 0.2, **HELD, **choices})
        loader = toys.registry.build("dataset", "toy")
        data, recipe = loader.load(None), resolve_recipe(toys.registry, **given)
        with toys._stop(stop_at):
            return toys._results(
                lambda: run_training(
                    toys.registry, recipe, loader, data, start=start, run_dir=toys.folder / name, checkpoint_every=0.5
                )
            )

    return train


def outcome(folder):
    record = json.loads((folder / "run.json").read_text())
    results = {k: v for k, v in record["results"].items() if k not in ("run_dir", "train_seconds")}
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return record["status"], results, [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


@pytest.mark.parametrize("new_head", [False, True])
def test_a_stopped_and_moved_run_ends_in_the_same_bits(toys, tuned, new_head):
    choices = {"new_head": new_head, "optimizer": "counting", "schedule": "plateau"}
    results = tuned("alone", **choices)
    for step in (1, 2, 5, 8):
        assert tuned("run", stop_at=step, **choices) is None
        (toys.folder / "first").rename(toys.folder / "gone")
        (toys.folder / "run").rename(toys.folder / "moved")
        if step == 1:
            (toys.folder / "moved/checkpoint.safetensors").unlink()
        assert toys.resume("moved") is not None
        assert outcome(toys.folder / "moved") == outcome(toys.folder / "alone")
        assert remove_run(toys.folder / "moved") == []
        (toys.folder / "gone").rename(toys.folder / "first")
    first, ours = (read_model(toys.folder / run / "model.safetensors") for run in ("first", "alone"))
    assert results["start"]["weights_sha256"] == first.description.results["weights_sha256"]
    assert sorted(results["frozen"]) == [name for name in sorted(ours.tensors) if name.startswith("1.")]
    assert ours.description.start.sha256 == first.sha256
    same = [name for name, array in ours.tensors.items() if (array == first.tensors[name]).all()]
    assert set(same) == set(results["frozen"])
    assert bool(results["start"]["new"]) == new_head


def test_a_fine_tuned_run_is_reproduced_without_its_source(toys, tuned, tmp_path):
    tuned("run")
    shutil.rmtree(toys.folder / "first")
    shutil.move(toys.folder / "run", tmp_path / "elsewhere")
    again = reproduce_run(toys.registry, tmp_path / "elsewhere", FileCache(), run_dir=tmp_path / "again")
    assert (again.identical, again.differences) == (True, [])
    once_more = reproduce_run(toys.registry, tmp_path / "again", FileCache(), run_dir=tmp_path / "once more")
    assert once_more.identical
    before = TrainedRun(tmp_path / "again", toys.registry, FileCache()).initial
    start = DeepNeuralNetwork.load(tmp_path / "again/start.safetensors", registry=toys.registry).network
    assert (before.parameters.vector == start.parameters.vector).all()


def test_a_missing_or_changed_start_file_is_reported(toys, tuned):
    tuned("run", stop_at=2)
    file = toys.folder / "run/start.safetensors"
    toys.train("other", model="odd", seed=6)
    shutil.copy(toys.folder / "other/model.safetensors", file)
    with pytest.raises(FileFormatError, match=r"is not the network that .* started from"):
        toys.resume("run")
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(FileFormatError, match="safetensors"):
        toys.resume("run")
    file.unlink()
    with pytest.raises(StorageError, match="is gone"):
        toys.resume("run")
