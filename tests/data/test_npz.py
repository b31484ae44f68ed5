"""A user's own arrays: what is made of them, and what is said of bad ones."""

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.api import FileFormatError, NnzooError, StorageError, UsageError
from nnzoo.builtin.arrays import Npz

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 5))
Y = (X[:, 0] > 0).astype(int)
IMAGES = RNG.integers(0, 256, (40, 4, 4), np.uint8)


def load(path="my.npz", **options):
    return Npz(path=str(path), **options).load(cache=None)


def saved(compressed=True, options=None, **arrays):
    (np.savez_compressed if compressed else np.savez)("my.npz", **arrays)
    return load(**(options or {}))


@pytest.mark.parametrize("compressed", [True, False])
def test_official_parts_are_kept(compressed):
    data = saved(compressed, x_train=IMAGES, y_train=Y, x_test=IMAGES[:9], y_test=Y[:9])
    np.testing.assert_array_equal(data.train.inputs, IMAGES)
    np.testing.assert_array_equal(data.test.inputs, IMAGES[:9])
    np.testing.assert_array_equal(data.train.targets, Y)
    assert data.train.inputs.dtype == np.uint8
    assert data.train.scale == data.test.scale == 1 / 255
    assert data.class_names == ("0", "1")


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool])
def test_rows_of_zeros_and_ones_are_labels(dtype):
    labels = (X[:, :3] > 0).astype(dtype)
    data = saved(x=X, y=labels)
    assert (data.task, data.class_names) == ("multi-label", ("0", "1", "2"))
    assert (len(data.train), len(data.test)) == (32, 8)
    parts = saved(x_train=X, y_train=labels, x_test=X[:9], y_test=labels[:9])
    assert parts.task == "multi-label"
    np.testing.assert_array_equal(parts.test.targets, labels[:9])


def test_one_hot_rows_must_be_saved_as_class_numbers():
    with pytest.raises(FileFormatError, match="argmax"):
        saved(x=X, y=np.eye(2, dtype=int)[Y])


def test_rows_of_zeros_and_ones_may_be_values():
    assert saved(x=X, y=(X[:, :3] > 0).astype(float)).task == "regression"
    assert saved(x=X, y=(X[:, :3] > 0).astype(int), options={"task": "regression"}).task == "regression"


def test_one_hot_rows_of_floating_point_numbers_are_warned_of(caplog):
    rows = np.eye(2)[Y]
    assert saved(x=X, y=rows).task == "regression"
    assert "y has one-hot rows" in caplog.text
    caplog.clear()
    saved(x=X, y=rows, options={"task": "regression"})
    saved(x=X, y=rows * 0.5)
    assert "one-hot" not in caplog.text


def test_arrays_in_one_piece_are_parted():
    data = saved(x=X, y=Y)
    assert (len(data.train), len(data.test)) == (32, 8)
    assert data.train.inputs.dtype == np.float32
    assert data.train.scale == 1
    rows = {row.tobytes(): label for row, label in zip(X.astype(np.float32), Y, strict=True)}
    for split in (data.train, data.test):
        assert [rows.pop(row.tobytes()) for row in split.inputs] == split.targets.tolist()
    assert not rows
    assert load(seed=1).sha256() == load(seed=1).sha256() != data.sha256()


def test_names_may_have_capitals_and_more_arrays_may_be_there():
    assert len(saved(X=X, Y=Y, notes=np.array([None])).test) == 8


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (Y.astype(np.uint8), ("0", "1")),
        (Y * 5 - 2, ("-2", "3")),
        (Y[:, None], ("0", "1")),
        (Y > 0, ("False", "True")),
        (np.array(["no", "yes"])[Y], ("no", "yes")),
    ],
)
def test_whole_numbers_truth_values_and_texts_are_classes(y, names):
    data = saved(x_train=X, y_train=y, x_test=X, y_test=y)
    assert data.class_names == names
    np.testing.assert_array_equal(data.train.targets, Y)


@pytest.mark.parametrize("columns", [1, 3])
def test_other_numbers_mean_regression(columns):
    y = RNG.standard_normal((40, columns))
    data = saved(x_train=X, y_train=y[:, 0] if columns == 1 else y, x_test=X, y_test=y)
    np.testing.assert_array_equal(data.train.targets, y.astype(np.float32))
    assert (data.class_names, data.train.targets.shape[1:]) == ((), (columns,))


def test_the_task_can_be_chosen():
    assert saved(options={"task": "regression"}, x=X, y=Y).class_names == ()
    assert saved(options={"task": "classification"}, x=X, y=Y * 2.0).class_names == ("0", "2")


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.longdouble, ">f4", np.int64, np.bool_])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_numbers_become_float32(dtype, order):
    x = np.asarray(X, dtype, order=order)
    data = saved(x_train=x, y_train=Y, x_test=x, y_test=Y)
    assert data.train.inputs.dtype == np.float32
    assert data.train.inputs.flags.c_contiguous
    np.testing.assert_array_equal(data.train.inputs, x.astype(np.float32))


def test_large_inputs_give_a_warning(caplog):
    saved(x=X * 1000, y=Y)
    assert "my.npz: x ranges from -" in caplog.text
    assert "standardize them" in caplog.text


BAD = {
    "objects": ({"x": X, "y": np.array(["a", None] * 20)}, "y holds Python objects, which are never loaded"),
    "complex": ({"x": X + 1j, "y": Y}, "x holds complex128 values"),
    "records": ({"x": np.zeros(40, "f4,i4"), "y": Y}, "x holds .* values; expected numbers"),
    "dates": ({"x": X, "y": np.zeros(40, "M8[D]")}, r"y holds datetime64\[D\] values"),
    "other names": ({"a": X, "b": Y}, "holds 'a', 'b', none of x_train, y_train, x_test, y_test, x, y"),
    "no y": ({"x": X}, "has x, but no y"),
    "no y_test": ({"x_train": X, "y_train": Y, "x_test": X}, "has x_train, y_train, x_test, but no y_test"),
    "lengths": ({"x": X, "y": Y[1:]}, "x has 40 samples but 39 targets"),
    "flat": ({"x": X[:, 0], "y": Y}, r"x has float64 values of shape \(40,\).*\n.*x\[:, None\]"),
    "no samples": ({"x": X[:0], "y": Y[:0]}, r"x has float64 values of shape \(0, 5\)"),
    "texts": ({"x": X.astype(str), "y": Y}, "x has <U32 values of shape"),
    "nan": ({"x": np.where(X[3, 2] == X, np.nan, X), "y": Y}, r"x\[3, 2\] is nan, which is not finite in float32"),
    "huge": ({"x": np.where(X[3, 2] == X, 1e39, X), "y": Y}, r"x\[3, 2\] is 1e\+39, which is not finite in float32"),
    "infinite target": ({"x": X, "y": np.r_[X[1:, 0], np.inf]}, r"y\[39, 0\] is inf"),
    "one-hot": ({"x": X, "y": np.eye(2, dtype=int)[Y]}, r"y has shape \(40, 2\); expected classes .*\n.*argmax"),
    "one class": ({"x": X, "y": Y * 0 + 7}, "y has samples of a single class, 7"),
    "class of one": ({"x": X, "y": np.r_[Y[1:], 9]}, "a single sample of class '9'"),
    "one sample": ({"x": X[:1], "y": X[:1, 0]}, "has a single sample; it needs two"),
    "scalar": ({"x": X, "y": np.float64(1)}, r"y has float64 values of shape \(\)"),
    "strange class": (
        {"x_train": X, "y_train": Y, "x_test": X[:2], "y_test": np.array([1, 4])},
        r"y_test\[1\] is 4, a class without training samples",
    ),
    "shapes": ({"x_train": X, "y_train": Y, "x_test": X[:, 1:], "y_test": Y}, "training samples have shape"),
}


@pytest.mark.parametrize(("arrays", "message"), BAD.values(), ids=BAD.keys())
def test_bad_arrays_are_an_error_that_names_them(arrays, message):
    with pytest.raises(FileFormatError, match=message):
        saved(**arrays)


def test_fractions_are_not_classes():
    with pytest.raises(FileFormatError, match="y has values that are not whole numbers"):
        saved(options={"task": "classification"}, x=X, y=X[:, 0])


def npy(shape, dtype="<f8", data=b""):
    """An array with whatever header."""
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(11 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


GOOD = npy((3,), data=bytes(24))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (npy((10**12, 5), data=bytes(40)), r"announces float64 values of shape \(1000000000000, 5\), but has 40 bytes"),
        (npy((3,), data=bytes(23)), "but has 23 bytes"),
        (npy((3,), data=bytes(25)), "but has 25 bytes"),
        (npy((-1, -3), data=bytes(24)), r"shape \(-1, -3\)"),
        (npy((10**15,), dtype="<U0"), "x holds <U0 values"),
        (npy((3,), dtype="O", data=pickle.dumps([None] * 3)), "x holds Python objects"),
        (npy((3,)).replace(b"'shape'", b"'shapf'"), "x is not an array as np.savez writes it"),
        (npy("__import__('os').abort()"), "x is not an array as np.savez writes it"),
        (npy("(" * 500), "x is not an array as np.savez writes it"),
        (b"\x93NUMPY\3\0" + GOOD[8:], "x is not an array as np.savez writes it"),
        (b"", "x is not an array as np.savez writes it"),
    ],
)
def test_a_forged_array_is_refused(array, message):
    with zipfile.ZipFile("my.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", array)
        archive.writestr("y.npy", GOOD)
    with pytest.raises(FileFormatError, match=message):
        load()


def test_a_forged_archive_is_refused():
    np.savez_compressed("my.npz", x=np.zeros((1000, 100)), y=Y)
    good = Path("my.npz").read_bytes()
    entry = good.index(b"PK\1\2")

    def with_bytes(place, data):
        Path("my.npz").write_bytes(good[:place] + data + good[place + len(data) :])

    with_bytes(entry + 24, struct.pack("<I", 1 << 31))  # the unpacked size
    with pytest.raises(FileFormatError, match="x announces 2,147,483,648 bytes, more than the file can hold"):
        load()
    with_bytes(entry + 20, struct.pack("<II", 1 << 30, 1 << 30))  # both sizes
    with pytest.raises(FileFormatError, match="x announces 1,073,741,824 bytes, more than the file can hold"):
        load()
    with_bytes(entry + 8, b"\1")  # encrypted
    with pytest.raises(FileFormatError, match=r"not an intact \.npz archive: .* is encrypted"):
        load()
    with_bytes(200, bytes([good[200] ^ 0xFF]))
    with pytest.raises(FileFormatError, match=r"not an intact \.npz archive"):
        load()


def test_packings_that_savez_does_not_use_and_namesakes_are_refused():
    with zipfile.ZipFile("my.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", GOOD)
    with pytest.raises(FileFormatError, match=r"packed in a way that np\.savez does not use"):
        load()
    with zipfile.ZipFile("my.npz", "w") as archive:
        archive.writestr("x.npy", GOOD)
        archive.writestr("X.npy", GOOD)
    with pytest.raises(FileFormatError, match="two arrays named 'x'"):
        load()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an intact .npz archive"),
        (b"hello", "not an intact .npz archive"),
        (pickle.dumps({"x": 1}), "not an intact .npz archive"),
        (GOOD, "is a single array, not an archive"),
    ],
)
def test_a_file_that_is_not_an_archive_is_an_error(data, message):
    Path("my.npz").write_bytes(data)
    with pytest.raises(FileFormatError, match=message):
        load()


def test_a_missing_or_unreadable_file_is_an_error(monkeypatch):
    with pytest.raises(UsageError, match=r"there is no file my\.npz"):
        load()
    np.savez("my.npz", x=X, y=Y)
    monkeypatch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(StorageError, match=r"can't read my\.npz: Permission denied"):
        load()


def archive_bytes():
    stream = io.BytesIO()
    np.savez_compressed(stream, x=X[:6], y=Y[:6])
    return stream.getvalue()


ARCHIVE = archive_bytes()


@given(place=st.integers(0, len(ARCHIVE) - 1), byte=st.integers(0, 255), cut=st.integers(0, len(ARCHIVE)))
def test_a_damaged_archive_is_an_error_or_what_it_was(tmp_path_factory, place, byte, cut):
    path = tmp_path_factory.mktemp("damaged") / "my.npz"
    for damaged in (ARCHIVE[:place] + bytes([byte]) + ARCHIVE[place + 1 :], ARCHIVE[:cut]):
        path.write_bytes(damaged)
        try:
            assert len(load(path).train) == 4
        except NnzooError as error:
            assert error.exit_code == 3  # noqa: PT017 (both ends are right)
