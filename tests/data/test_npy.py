"""A user's own .npy files: what is made of them, and what is said of bad ones."""

import json

import numpy as np
import pytest

from nnzoo.api import FileFormatError, Rows, UsageError
from nnzoo.builtin.array_files import Npy
from nnzoo.builtin.arrays import Npz

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((40, 5)).astype(np.float32), np.arange(40) % 2
PARTS = {"x_train": X, "y_train": Y, "x_test": X[:9] + 1, "y_test": Y[:9]}


def load(path, **options):
    return Npy(path=str(path), **options).load(cache=None)


def save(folder, **arrays):
    for name, array in arrays.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        np.save(folder / name, array)
    return folder


def test_a_folder_a_pair_and_pieces_are_the_same_as_an_archive(tmp_path):
    np.savez(tmp_path / "a.npz", **PARTS)
    wanted = Npz(path=str(tmp_path / "a.npz")).load(None)
    pieces = {f"x_train/{n}": part for n, part in enumerate(np.split(X, [7, 20]))}
    for number, arrays in enumerate((PARTS, {**{n: a for n, a in PARTS.items() if n != "x_train"}, **pieces})):
        found = load(save(tmp_path / str(number), **arrays))
        assert isinstance(found.train.inputs, Rows)
        assert found.sha256() == wanted.sha256()
    np.savez(tmp_path / "b.npz", x=X, y=Y)
    folder = save(tmp_path / "pair", x=X, y=Y)
    divided = Npz(path=str(tmp_path / "b.npz")).load(None).sha256()
    assert load(folder).sha256() == load(folder / "x.npy", targets=str(folder / "y.npy")).sha256() == divided


def test_parts_are_joined_in_the_order_of_their_numbers(tmp_path):
    parts = np.array_split(X, 11)
    folder = save(tmp_path, y=Y, **{f"x/part{n}": part for n, part in enumerate(parts)})
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    assert load(folder).sha256() == Npz(path=str(tmp_path / "a.npz")).load(None).sha256()


def test_a_small_file_may_be_stored_column_by_column(tmp_path, monkeypatch):
    cube, values = X.reshape(10, 5, 4), np.arange(20.0).reshape(10, 2)
    rows = save(tmp_path / "rows", x=cube, y=values)
    columns = save(tmp_path / "columns", x=np.asfortranarray(cube), y=np.asfortranarray(values))
    assert load(rows).sha256() == load(columns).sha256()
    monkeypatch.setattr("nnzoo.data.numpy_files.FEW", 0)
    with pytest.raises(FileFormatError, match="column by column"):
        load(columns)


def test_it_trains_to_the_bits_of_memory(nnzoo_here, tmp_path):
    save(tmp_path, **{"f/x": X, "f/y": Y})
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    options = ["--validation", "0.2", "--epochs", "2", "--json"]
    found = []
    for dataset in ("a.npz", "npy:path=f", "f/x.npy:targets=f/y.npy"):
        done = nnzoo_here(tmp_path, "train", "--dataset", dataset, *options)
        assert done.code == 0, done.stderr
        found.append(json.loads(done.stdout)["weights_sha256"])
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": X, "y_train": Y}, "no x_test"),
        ({"z": X}, "no x"),
        ({"x": X[:, 0], "y": Y}, "expected numbers of shape"),
        ({"x": X, "y": Y[:30]}, "40 samples but 30 targets"),
        ({"x": np.array([None] * 40)[:, None], "y": Y}, "Python objects"),
        ({"x/1": X, "x/2": X[:, :3], "y": Y}, ", but .*x.1.npy has float32"),
        ({"x/1": X, "x": X, "y": Y}, "would both be x"),
        ({"x": np.where(np.arange(40)[:, None] == 31, np.nan, X), "y": Y}, r"x\.npy\[31, 0\] is nan"),
        ({"x/note.txt": X, "y": Y}, "has no file that ends in"),
    ],
)
def test_what_does_not_fit_is_reported(tmp_path, arrays, message):
    folder = save(tmp_path / "f", **arrays)
    for path in folder.rglob("note.txt.npy"):
        path.rename(path.with_suffix(""))
    with pytest.raises(FileFormatError, match=message):
        load(folder)


@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.uint16, np.int8])
def test_large_numbers_give_the_same_warning_as_in_an_archive(tmp_path, caplog, monkeypatch, dtype):
    monkeypatch.setattr("nnzoo.kinds.rows.BLOCK", 64)
    x = (np.arange(200).reshape(40, 5) - 128 * (dtype is np.int8)).astype(dtype)
    np.savez(tmp_path / "a.npz", x=x, y=Y)
    Npz(path=str(tmp_path / "a.npz")).load(None)
    load(save(tmp_path / "f", x=x, y=Y))
    archive, file = (record.getMessage().partition(" ranges from ")[2] for record in caplog.records)
    assert file == archive != ""


def test_the_targets_of_a_file_must_be_named(tmp_path):
    folder = save(tmp_path / "f", x=X, y=Y)
    with pytest.raises(UsageError, match="contains only the inputs"):
        load(folder / "x.npy")
    with pytest.raises(UsageError, match="is a folder"):
        load(folder, targets="y.npy")


@pytest.mark.parametrize("cut", [0, 5, 60, 200])
def test_a_damaged_file_is_refused(tmp_path, cut):
    folder = save(tmp_path / "f", x=X, y=Y)
    (folder / "x.npy").write_bytes((folder / "x.npy").read_bytes()[:cut])
    with pytest.raises(FileFormatError, match=r"x\.npy"):
        load(folder)
