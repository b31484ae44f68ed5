"""Streams: samples that come one after the other, from a cursor that is kept in the checkpoint."""

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Dataset, Feature, FileFormatError, Split, Stream, UsageError
from nnzoo.builtin.preprocessors import Standardize
from nnzoo.runs.checkpoint import read_checkpoint, restore_checkpoint, save_checkpoint
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import resolve_recipe

SAMPLES = 70


def walk(cursor, inputs, targets):
    """A walk with a state of its own; the target is the sum of a step and its number's last digit."""
    bits = np.random.PCG64(5)
    bits.advance(3 * int(cursor["next"]))
    steps = np.random.Generator(bits).random((len(inputs), 3))
    for row, step in enumerate(steps):
        cursor["at"] = 0.9 * cursor["at"] + step
        inputs[row] = 100 * cursor["at"]
    targets[:, 0] = 1000 + 50 * steps.sum(axis=1) + (cursor["next"] + np.arange(len(inputs))) % 10
    cursor["next"] += len(inputs)


def begin():
    return {"next": np.zeros((), np.int64), "at": np.zeros(3)}


STANDARDIZED = (Feature((Standardize(),)),)


def dataset(reader=walk, start=begin, features=STANDARDIZED, samples=SAMPLES):
    stream = Stream(samples, (3,), np.dtype(np.float64), (1,), np.dtype(np.float64), start, reader)
    test = stream.next(stream.cursor(5000), 40)
    return Dataset(Split.of_stream(stream), Split(*test), features=features)


def trainer(data=None, **choices):
    recipe = resolve_recipe(registry, task="regression", batch_size=16, epochs=3, model="mlp:hidden=4", **choices)
    return prepare_new(recipe, data or dataset())


def test_an_epoch_consists_of_the_next_samples():
    data = dataset(features=())
    seen = trainer(data)
    inputs = [batch.inputs.copy() for _ in range(2) for batch in seen.train.shuffled(0, 1, cursor=seen.state.stream)]
    assert [len(batch) for batch in inputs] == [16, 16, 16, 16, 6] * 2
    stream = data.train.inputs
    np.testing.assert_array_equal(np.concatenate(inputs), stream.next(stream.cursor(), 140)[0].astype(np.float32))
    assert int(seen.state.stream["next"]) == 140


@pytest.mark.parametrize("stop", [1, 4, 5, 8, 14])
def test_resuming_anywhere_gives_the_same_bits(tmp_path, stop):
    alone = trainer(transforms=["noise"])
    figures = [epoch.figures for epoch in alone.epochs()]
    stopped = trainer(transforms=["noise"])
    done = 0
    while done < stop:
        before = stopped.state.steps
        stopped.advance(stop - done)
        done += stopped.state.steps - before
    save_checkpoint(tmp_path / "checkpoint", stopped)
    resumed = trainer(transforms=["noise"])
    restore_checkpoint(read_checkpoint(tmp_path / "checkpoint"), resumed)
    rest = [epoch.figures for epoch in resumed.epochs()]
    assert rest == figures[len(figures) - len(rest) :]
    np.testing.assert_array_equal(alone.network.parameters.vector, resumed.network.parameters.vector)
    assert int(resumed.state.stream["next"]) == 3 * SAMPLES


def test_targets_are_standardised_and_answers_in_their_units():
    dnn = DeepNeuralNetwork.for_dataset(data := dataset(), model="mlp:hidden=8", task="regression")
    dnn.train(data, epochs=40, batch_size=16, verbose=False)
    assert abs(float(dnn.predict(data.test.array).mean()) - 1080) < 20
    assert dnn.history[-1].test_mae < 30


def test_a_second_training_run_continues_in_the_stream():
    seen = []

    def watched(cursor, inputs, targets):
        seen.append(int(cursor["next"]))
        walk(cursor, inputs, targets)

    dnn = DeepNeuralNetwork.for_dataset(data := dataset(watched), model="mlp:hidden=4", task="regression")
    for epoch in range(2):
        dnn.train(data, epochs=1, batch_size=35, verbose=False)
        assert seen[-2:] == [epoch * SAMPLES, epoch * SAMPLES + 35]


@pytest.mark.parametrize(
    ("start", "reader", "message"),
    [
        (lambda: [0], walk, "must be a dict of arrays"),
        (lambda: {"next": 0}, walk, "an int as 'next'"),
        (lambda: {"next": np.array([None])}, walk, "an array of type object as 'next'"),
        (begin, lambda cursor, inputs, targets: (inputs, targets), "returned a tuple"),
    ],
)
def test_an_invalid_stream_is_refused(start, reader, message):
    with pytest.raises(FileFormatError, match=message):
        dataset(reader, start)


def test_unsupported_uses_of_a_stream_are_reported():
    with pytest.raises(UsageError, match="none can be held out"):
        trainer(validation=0.1)
    data = dataset()
    with pytest.raises(FileFormatError, match="the test part is a stream"):
        Dataset(data.train, data.train)


def test_a_value_that_is_not_finite_stops_the_training():
    def spoiled(cursor, inputs, targets):
        walk(cursor, inputs, targets)
        if 4200 < cursor["next"] < 4300:  # beyond the first samples, which are looked at before
            inputs[0] = np.nan

    with pytest.raises(FileFormatError, match="the stream has a value that is not finite"):
        list(trainer(dataset(spoiled, samples=4400)).epochs())
