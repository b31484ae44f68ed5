"""Samples that are read as they are needed: the same bits as from memory, without the memory."""

import gc
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Dataset, Feature, FileFormatError, Rows, Split, StorageError, UsageError
from nnzoo.builtin.preprocessors import Fill, Standardize
from nnzoo.data.numpy_files import open_array
from nnzoo.kinds import joined, preprocessing
from nnzoo.kinds.file_rows import unmapped
from nnzoo.training.data import prepare_data

RNG = np.random.default_rng(3)
LABELS = RNG.integers(0, 3, 90)
VALUES = RNG.normal(size=(90, 6)) + LABELS[:, None]
PIXELS = np.clip(VALUES * 40 + 100, 0, 255).astype(np.uint8)
KINDS = {
    "float32": VALUES.astype(np.float32),
    "float64": VALUES,
    "pixels": PIXELS,
    "pixels as int64": PIXELS.astype(np.int64),
    "pixels as float32": PIXELS.astype(np.float32),
    "divided pixels": (PIXELS / 255).astype(np.float32),
}


def mapped(folder, array, name="x"):
    np.save(folder / f"{name}.npy", array)
    return np.load(folder / f"{name}.npy", mmap_mode="r")


def trained(x, x_test, **options):
    dnn = DeepNeuralNetwork(sizes=[6, 8, 3])
    history = dnn.train(x, LABELS[:70], x_test, LABELS[70:], epochs=2, batch_size=16, verbose=False, **options)
    return dnn, [{**each.to_dict(), "seconds": 0} for each in history]


@pytest.mark.parametrize("validation", [0.0, 0.3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_mapped_array_trains_and_answers_to_the_same_bits(tmp_path, kind, validation):
    array, file = KINDS[kind], mapped(tmp_path, KINDS[kind])
    dnn, history = trained(array[:70], array[70:], validation=validation)
    other, others = trained(file[:70], file[70:], validation=validation)
    assert history == others
    np.testing.assert_array_equal(dnn.network.parameters.vector, other.network.parameters.vector)
    np.testing.assert_array_equal(dnn.predict_proba(array), other.predict_proba(file))


@pytest.mark.parametrize("kind", ["float32", "pixels"])
def test_a_data_set_has_the_fingerprint_of_its_values(tmp_path, kind):
    array, names = KINDS[kind], ("a", "b", "c")
    in_memory = Dataset(Split(array[:70], LABELS[:70]), Split(array[70:], LABELS[70:]), names)
    file = mapped(tmp_path, array)
    parts = joined([mapped(tmp_path, part, f"{n}") for n, part in enumerate(np.split(array[:70], [9, 40]))])
    for x in (file[:70], unmapped(file[:70]), parts):
        assert replace(in_memory, train=Split(x, LABELS[:70])).sha256() == in_memory.sha256()


def test_held_out_samples_are_not_copied(monkeypatch):
    monkeypatch.setattr("nnzoo.kinds.rows.BLOCK", 1 << 16)
    x = RNG.integers(0, 256, (20_000, 500), np.uint8)
    split = Split(x, RNG.integers(0, 3, 20_000), scale=1 / 255)
    task = registry.build("task", "classification")
    tracemalloc.start()
    try:
        data = prepare_data(task, split, None, names=("a", "b", "c"), validation=0.4)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(data.train), len(data.validation)) == (12_000, 8_000)
    assert peak < x.nbytes / 5


PROGRAM = """
import resource, sys
import numpy as np
from nnzoo import DeepNeuralNetwork
x, y = np.load("x.npy", mmap_mode="r"), np.arange(60_000) % 3
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
DeepNeuralNetwork(sizes=[250, 4, 3]).train(x[:2000], y[:2000], epochs=1, validation=0.1, verbose=False)
before = peak()
dnn = DeepNeuralNetwork(sizes=[250, 4, 3])
dnn.train(x, y, epochs=1, batch_size=1000, validation=0.1, verbose=False)
dnn.predict(x)
print((peak() - before) / x.nbytes)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no module resource")
def test_a_file_is_not_read_into_memory(tmp_path):
    file = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (60_000, 250))
    for start in range(0, 60_000, 5000):
        file[start : start + 5000] = RNG.random((5000, 250), np.float32)
    file.flush()
    ran = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert float(ran.stdout) < 0.4


def test_statistics_are_learnt_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr("nnzoo.kinds.rows.BLOCK", 700)
    values = np.where(RNG.random((90, 6)) < 0.1, np.nan, VALUES * 1e200)
    values[:, 5] = 0.3
    rows = unmapped(mapped(tmp_path, values))
    assert isinstance(rows, Rows)
    whole, by_blocks = Standardize().fit(values), Standardize().fit_rows(rows)
    for name, array in whole.items():
        np.testing.assert_allclose(by_blocks[name], array, rtol=1e-13, atol=0)
    infinite = values.copy()
    infinite[81, 2] = -np.inf
    with pytest.raises(FileFormatError, match="sample 81 has an infinite value"):
        Standardize().fit_rows(unmapped(mapped(tmp_path, infinite, "infinite")))


def test_prepared_samples_are_those_of_memory(tmp_path):
    task, steps = registry.build("task", "classification"), (Feature((Standardize(), Standardize())),)
    values = {"array": VALUES, "file": mapped(tmp_path, VALUES)}
    data = {
        name: prepare_data(task, Split(x, LABELS), None, features=steps, names=("a", "b", "c"), validation=0.2)
        for name, x in values.items()
    }
    assert isinstance(data["file"].train.inputs, Rows)
    for part in ("train", "validation"):
        array, file = (getattr(data[name], part) for name in ("array", "file"))
        np.testing.assert_allclose(file.array, array.array, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(file.targets, array.targets)


def test_a_step_that_must_see_all_samples_refuses_too_many(tmp_path, monkeypatch):
    split, task = Split(mapped(tmp_path, VALUES), LABELS), registry.build("task", "classification")
    prepare_data(task, split, None, features=(Feature((Fill(),)),), names=("a", "b", "c"))
    monkeypatch.setattr(preprocessing, "FEW", 1000)
    with pytest.raises(UsageError, match="fill learns from all samples at once"):
        prepare_data(task, split, None, features=(Feature((Fill(),)),), names=("a", "b", "c"))


def test_a_value_that_is_not_finite_is_found_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("nnzoo.kinds.rows.BLOCK", 240)
    for bad in (np.nan, 1e300):
        values = VALUES.copy()
        values[37, 3] = bad
        for x in (mapped(tmp_path, values), values):
            with pytest.raises((FileFormatError, UsageError)) as caught:
                trained(x[:70], KINDS["float64"][70:])
            assert "sample 37 " in caught.value.message or "x_train[37, 3]" in caught.value.message


def test_pixels_and_scaled_values_are_not_mixed_up(tmp_path, monkeypatch):
    dnn, _ = trained(KINDS["divided pixels"][:70], KINDS["divided pixels"][70:])
    dark = np.concatenate([PIXELS, np.ones((30, 6), np.uint8)])  # the last ones alone do not show it
    given = mapped(tmp_path, dark.astype(np.float32))
    monkeypatch.setattr("nnzoo.kinds.rows.BLOCK", 240)
    with pytest.raises((FileFormatError, UsageError), match="some values seem to be pixels"):
        dnn.predict(given)
    np.testing.assert_array_equal(dnn.predict(mapped(tmp_path, PIXELS.astype(np.float32), "b")), dnn.predict(PIXELS))


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        (lambda places, out: np.zeros(out.shape), "returned"),
        (lambda places, out: None, "twice gives different values"),
        (lambda places, out: np.copyto(out, np.random.default_rng().random(out.shape)), "twice gives different values"),
    ],
)
def test_a_reader_that_does_not_write_is_refused(reader, message):
    rows = Rows((90, 6), np.dtype(np.float32), reader)
    with pytest.raises(FileFormatError, match=message):
        Dataset(Split(rows, LABELS), Split(KINDS["float32"], LABELS), ("a", "b", "c"))


def test_a_file_that_becomes_shorter_is_reported(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    rows = open_array(tmp_path / "x.npy")
    with (tmp_path / "x.npy").open("r+b") as file:
        file.truncate(2000)
    with pytest.raises(FileFormatError, match="shortened"):
        rows[:]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files where Linux lists them")
def test_a_file_is_closed_when_nothing_reads_it_any_more(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    before = len([*Path("/proc/self/fd").iterdir()])
    rows = open_array(tmp_path / "x.npy")
    assert len([*Path("/proc/self/fd").iterdir()]) == before + 1
    del rows
    gc.collect()
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_an_array_that_differs_from_its_file_is_used_unchanged(tmp_path):
    mapped(tmp_path, VALUES)
    changed = np.load(tmp_path / "x.npy", mmap_mode="c")
    changed[0] = 7
    assert unmapped(changed) is changed
    by_columns = mapped(tmp_path, np.asfortranarray(VALUES), "columns")
    assert unmapped(by_columns) is by_columns
    gone = mapped(tmp_path, VALUES, "gone")
    (tmp_path / "gone.npy").unlink()
    assert unmapped(gone) is gone
    with pytest.raises(StorageError):
        open_array(tmp_path / "gone.npy")


@pytest.mark.parametrize("places", [[5], [0, 1, 2], [89, 0, 1, 2, 40, 41], []])
def test_places_are_read_in_their_order(tmp_path, places):
    chosen = np.array(places, np.intp)
    for rows in (unmapped(mapped(tmp_path, VALUES)), unmapped(mapped(tmp_path, VALUES)[:]).take(np.arange(90))):
        np.testing.assert_array_equal(rows[chosen], VALUES[chosen])
        np.testing.assert_array_equal(rows.shaped((2, 3))[chosen], VALUES[chosen].reshape(-1, 2, 3))
        out = np.empty((len(places), 12))[:, ::2]
        rows.read(chosen, out)
        np.testing.assert_array_equal(out, VALUES[chosen])
    assert rows[-1].tolist() == VALUES[-1].tolist()
