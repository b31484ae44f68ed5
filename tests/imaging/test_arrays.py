""".npy files, good and bad."""

import io
import tracemalloc

import numpy as np
import pytest

from nnzoo.errors import FileFormatError
from nnzoo.imaging.samples import read_array


def saved(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
        np.linspace(0, 1, 6, dtype=np.float32).reshape(3, 2),
        np.linspace(0, 1, 6).reshape(3, 2),
        np.linspace(0, 1, 6, dtype=">f4").reshape(3, 2),
        np.linspace(0, 1, 6, dtype=np.float16),
        np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)),
        np.float32(3),
        np.empty((0, 28, 28), np.uint8),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
def test_an_array_comes_back(array):
    found = read_array(saved(array))
    assert found.dtype == (np.uint8 if array.dtype == np.uint8 else np.float32)
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array.astype(np.float32))


@pytest.mark.parametrize(
    "array",
    [np.arange(4), np.ones(4, bool), np.ones(4, complex), np.array(["a"]), np.zeros(2, [("a", "f4")])],
    ids=lambda array: str(array.dtype),
)
def test_values_of_other_types_are_refused(array):
    with pytest.raises(FileFormatError, match="values"):
        read_array(saved(array))


def test_a_pickle_is_never_opened():
    with pytest.raises(FileFormatError, match="object"):
        read_array(saved(np.array([print, {}], object), allow_pickle=True))


@pytest.mark.parametrize("shape", ["(1000000000, 1000000)", "(-4,)", "(3,)", "(5,)", "(10**9,)", "4", "(4.0,)"])
def test_a_forged_shape_is_refused_without_allocating(shape):
    data = saved(np.zeros(4, np.float32)).replace(b"(4,)", b"(4,) ").replace(b"(4,) ", shape.encode())
    header = int.from_bytes(data[8:10], "little")
    longer = header + len(data) - len(saved(np.zeros(4, np.float32)))
    data = data[:8] + longer.to_bytes(2, "little") + data[10:]
    tracemalloc.start()
    with pytest.raises(FileFormatError, match=r"not an intact \.npy file"):
        read_array(data)
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


def test_too_few_and_too_many_bytes_are_refused():
    data = saved(np.arange(10, dtype=np.uint8))
    for wrong in (data[:-1], data + b"\0", data[:60], data[:7], b""):
        with pytest.raises(FileFormatError, match=r"not an intact \.npy file"):
            read_array(wrong)


def test_a_damaged_file_is_read_or_refused_and_nothing_else():
    rng = np.random.default_rng(0)
    data = np.frombuffer(saved(np.arange(16, dtype=np.uint8).reshape(4, 4)), np.uint8)
    refused = 0
    for _ in range(500):
        mutant = data.copy()
        mutant[rng.integers(0, 128, 2)] = rng.integers(0, 256, 2)
        try:
            assert read_array(mutant.tobytes()).size <= 16
        except FileFormatError:
            refused += 1
    assert refused > 250
