"""A run trained again in memory is the same in each epoch, to the bit, or a warning says that it is not."""

import json
import logging

import numpy as np
import pytest

from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import FileFormatError
from nnzoo.plugins.registry import Registry
from nnzoo.runs.run import run_training
from nnzoo.trained_run import TrainedRun
from nnzoo.training.recipe import resolve_recipe


@pytest.fixture
def run(tmp_path):
    """Three epochs whose measured weights are an average, and whose best ones were kept."""
    registry = Registry(disabled=["all"])
    loader = registry.build("dataset", "digits")
    cache = FileCache(None)
    recipe = resolve_recipe(
        registry,
        model="mlp:hidden=6",
        epochs=3,
        validation=0.1,
        keep="best",
        observers=["average", "clip:norm=0.5", "log"],
    )
    run_training(registry, recipe, loader, loader.load(cache), run_dir=tmp_path / "run")
    return TrainedRun(tmp_path / "run", registry, cache)


def test_a_replay_yields_the_network_that_was_measured_in_each_epoch(run, caplog):
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    losses = {at.epoch: at.evaluation.figures["loss"] for at in run.epochs(range(4))}
    assert losses[0] > losses[1]
    epochs, measured = run.series("test_loss")
    np.testing.assert_allclose([losses[epoch] for epoch in epochs], measured, rtol=1e-6)
    (kept,) = (at.dnn.network.parameters.vector.copy() for at in run.epochs([run.record.kept_epoch or 3]))
    np.testing.assert_array_equal(kept, run.dnn.network.parameters.vector)
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before
    assert caplog.messages == []


def test_figures_that_differ_in_a_replay_are_reported_once(run, caplog):
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    for line in lines[1:]:
        line["test_loss"] += 0.25
    (run.path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with caplog.at_level(logging.WARNING, "nnzoo"):
        assert [at.epoch for at in TrainedRun(run.path, run.registry, run.cache).epochs([1, 3])] == [1, 3]
    (told,) = caplog.messages
    assert "other figures from epoch 2 on" in told


def test_more_epochs_than_the_record_has_are_an_error(run):
    text = (run.path / "metrics.jsonl").read_text()
    last = json.loads(text.splitlines()[-1])
    (run.path / "metrics.jsonl").write_text(text + json.dumps(last | {"epoch": 4}) + "\n")
    with pytest.raises(FileFormatError, match="more epochs"):
        list(TrainedRun(run.path, run.registry, run.cache).epochs([4]))
