"""The IDX and gzip parsers: what is right comes back to the bit, whatever is wrong is a FileFormatError."""

import gzip
import os
import random
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnzoo.builtin.tasks import Classification
from nnzoo.datafiles.idx import load_idx, parse_idx, unpack_gzip
from nnzoo.errors import FileFormatError, StorageError
from nnzoo.kinds import Dataset, Split
from nnzoo.training.data import prepare_dataset

IMAGES = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
MEBIBYTE = 1 << 20


def idx(array, *, magic=b"\0\0", type_code=8, shape=None):
    shape = array.shape if shape is None else shape
    header = magic + bytes([type_code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    return header + array.tobytes()


@settings(deadline=None, database=None)
@given(
    array=arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=6)),
    packed=st.booleans(),
)
def test_what_was_written_is_read(tmp_path_factory, array, packed):
    data = idx(array)
    assert np.array_equal(parse_idx(data, "it", array.ndim), array)
    assert unpack_gzip(gzip.compress(data), "it", len(data)) == data
    path = tmp_path_factory.getbasetemp() / "round-trip"
    path.write_bytes(gzip.compress(data) if packed else data)
    read = load_idx(path, array.ndim)
    assert (read.dtype, read.shape) == (np.uint8, array.shape)
    assert np.array_equal(read, array)


CORRUPT = {
    "empty": (b"", "not an IDX file"),
    "only-magic": (b"\0\0\x08", "not an IDX file"),
    "magic": (idx(IMAGES, magic=b"PK"), "not an IDX file"),
    "text": (b"<html>not found</html>", "not an IDX file"),
    "type": (idx(IMAGES, type_code=0x0D), "type 0x0d"),
    "fewer-dimensions": (idx(IMAGES, shape=(5, 12)), "2 dimensions; expected 3"),
    "more-dimensions": (idx(IMAGES, shape=(5, 2, 2, 3)), "4 dimensions; expected 3"),
    "no-dimensions": (idx(IMAGES, shape=()), "0 dimensions; expected 3"),
    "within-header": (idx(IMAGES)[:10], "ends within its header"),
    "short": (idx(IMAGES)[:-1], "it"),
    "header-alone": (idx(IMAGES)[:16], "it"),
    "long": (idx(IMAGES) + b"\0", "too long"),
    "lying-more": (idx(IMAGES, shape=(6, 4, 3)), "it"),
    "lying-fewer": (idx(IMAGES, shape=(4, 4, 3)), "too long"),
    "lying-zero": (idx(IMAGES, shape=(0, 4, 3)), "too long"),
    "lying-huge": (idx(IMAGES, shape=(2**32 - 1,) * 3), "announces"),
    "lying-huge-but-empty": (idx(IMAGES[:0], shape=(2**32 - 1, 2**32 - 1, 0)), "it"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("case", CORRUPT)
def test_a_corrupt_file_is_an_error_that_names_it(tmp_path, case, packed):
    data, message = CORRUPT[case]
    path = tmp_path / "it.idx"
    path.write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(FileFormatError) as caught:
        load_idx(path, 3)
    assert str(path) in caught.value.message
    assert message in caught.value.message
    with pytest.raises(FileFormatError, match=r"^it\.idx "):
        parse_idx(data, "it.idx", 3)


PACKED = gzip.compress(idx(IMAGES), mtime=0)
CORRUPT_GZIP = {
    "truncated": PACKED[:-12],
    "without-checksum": PACKED[:-8],
    "half-a-checksum": PACKED[:-6],
    "header-alone": PACKED[:10],
    "within-header": PACKED[:5],
    "bad-checksum": PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:],
    "bad-length": PACKED[:-1] + bytes([PACKED[-1] ^ 1]),
    "bad-method": PACKED[:2] + b"\x07" + PACKED[3:],
    "trailing-bytes": PACKED + b"junk",
    "trailing-member": PACKED + gzip.compress(b"more"),
    "twice": PACKED + PACKED,
}


@pytest.mark.parametrize("case", CORRUPT_GZIP)
def test_a_corrupt_gzip_file_is_an_error_that_names_it(tmp_path, case):
    path = tmp_path / "it.gz"
    path.write_bytes(CORRUPT_GZIP[case])
    with pytest.raises(FileFormatError) as caught:
        load_idx(path, 3)
    assert str(path) in caught.value.message
    with pytest.raises(FileFormatError, match=r"^it\.gz "):
        unpack_gzip(CORRUPT_GZIP[case], "it.gz", len(idx(IMAGES)))


@pytest.mark.parametrize("size", [0, 75, 77, 10**12])
def test_unpacking_requires_exactly_the_announced_size(size):
    assert len(idx(IMAGES)) == 76
    with pytest.raises(FileFormatError, match=r"it\.gz is too (short|long)"):
        unpack_gzip(PACKED, "it.gz", size)


def bomb(header):
    """200 MiB of zeros behind a header, in 200 KB."""
    return gzip.compress(header + bytes(200 * MEBIBYTE), compresslevel=1)


@pytest.fixture
def memory():
    """Peak of the memory that was taken since."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def test_a_bomb_takes_no_more_memory_than_was_announced(tmp_path, memory):
    path = tmp_path / "bomb.gz"
    path.write_bytes(bomb(idx(IMAGES)))
    data = path.read_bytes()
    tracemalloc.reset_peak()
    with pytest.raises(FileFormatError, match="too long"):
        load_idx(path, 3)
    with pytest.raises(FileFormatError, match="too long"):
        unpack_gzip(data, "bomb.gz", 1000)
    assert memory() < 8 * MEBIBYTE


@pytest.mark.parametrize("shape", [(2**32 - 1, 28, 28), (60_000, 28, 28)])
def test_lying_dimensions_allocate_nothing(tmp_path, memory, shape):
    path = tmp_path / "lying"
    for data in (idx(IMAGES, shape=shape), gzip.compress(idx(IMAGES, shape=shape))):
        path.write_bytes(data)
        with pytest.raises(FileFormatError, match="lying"):
            load_idx(path, 3)
    with pytest.raises(FileFormatError):
        unpack_gzip(PACKED, "lying", 10**12)
    assert memory() < 8 * MEBIBYTE


@pytest.mark.parametrize("original", [PACKED, idx(IMAGES)], ids=["gzip", "plain"])
def test_500_random_mutations_yield_an_array_or_a_format_error(tmp_path, original):
    random_state = random.Random(0)
    path = tmp_path / "mutant"
    refused = 0
    for _ in range(500):
        mutant = bytearray(original)
        for _ in range(random_state.randint(1, 4)):
            place = random_state.randrange(len(mutant))
            match random_state.randrange(4):
                case 0:
                    mutant[place] ^= 1 << random_state.randrange(8)
                case 1:
                    mutant[place] = random_state.randrange(256)
                case 2:
                    del mutant[place : place + random_state.randint(1, 8)]
                case 3:
                    mutant[place:place] = random_state.randbytes(random_state.randint(1, 8))
            mutant = mutant or bytearray(b"\0")
        path.write_bytes(mutant)
        try:
            assert load_idx(path, 3).dtype == np.uint8
        except FileFormatError:
            refused += 1
    assert refused > 200


def test_an_unreadable_file_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError, match="nowhere"):
        load_idx(tmp_path / "nowhere", 3)
    with pytest.raises(StorageError, match="can't read"):
        load_idx(tmp_path, 3)


def split(samples, labels):
    return Split(np.zeros((samples, 2, 2), np.uint8), np.asarray(labels))


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (split(3, [0, 1]), split(2, [0, 1]), "training part has 3 samples but 2 targets"),
        (split(2, [0, 1]), split(1, [0, 1]), "test part has 1 samples but 2 targets"),
        (split(2, [0, 3]), split(2, [0, 1]), "training part: labels run from 0 to 3"),
        (split(2, [0, 1]), split(2, [-1, 1]), "test part: labels run from -1 to 1"),
        (split(2, [0.0, 1.0]), split(2, [0, 1]), "integers"),
        (split(2, [[0], [1]]), split(2, [0, 1]), "integers"),
        (split(0, np.zeros(0, np.uint8)), split(2, [0, 1]), "training part is empty"),
        (split(2, [0, 1]), Split(np.zeros((2, 3, 3), np.uint8), np.array([0, 1])), "shape"),
        (split(2, [0, 1]), Split(np.zeros((2, 2, 2), np.uint8), np.array([0, 1]), 0.5), "scale"),
    ],
)
def test_a_data_set_whose_parts_do_not_fit_is_refused(train, test, message):
    with pytest.raises(FileFormatError, match=message):  # of a data set itself, or of what its task says of targets
        prepare_dataset(Dataset(train, test, ("zero", "one", "two"), task="classification"), Classification())


def test_the_fingerprint_changes_with_anything_in_the_data():
    def fingerprint(labels=(0, 1), names=("zero", "one"), pixel=0):
        train = split(2, labels)
        train.inputs[0, 0, 0] = pixel
        return Dataset(train, split(2, [0, 1]), names).sha256()

    assert fingerprint() == fingerprint()
    assert len({fingerprint(), fingerprint((1, 0)), fingerprint(names=("one", "zero")), fingerprint(pixel=1)}) == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "it")
    with pytest.raises(StorageError, match=r"can't read .*it: it is a pipe or a device, not a file"):
        load_idx(tmp_path / "it", 1)
