"""``safetensors`` files are complete or missing, checked to the last bit, and safe to read if untrusted."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file, save

from nnzoo.errors import FileFormatError, NnzooError, StorageError, UsageError
from nnzoo.files import tensors as tensor_file
from nnzoo.files.tensors import read_tensors, write_tensors
from nnzoo.files.writing import write_whole
from nnzoo.model import DeepNeuralNetwork
from nnzoo.runs.checkpoint import read_checkpoint

SCRIPT = Path(__file__).with_name("mutants.py")
TENSORS = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "none": np.zeros((0, 3), np.int64), "one": np.array(2.5)}
DESCRIPTION = {"name": "é", "number": 0.1, "list": [1, None, True], "deep": {"a": {}}}

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(scalars | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
number_arrays = st.sampled_from([np.float32, np.float64, np.int8, np.uint64, np.bool_]).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)


@settings(database=None)
@given(
    tensors=st.dictionaries(st.text(min_size=1).filter(lambda name: name != "__metadata__"), number_arrays, max_size=4),
    description=st.dictionaries(st.text(), json_values, max_size=4),
)
def test_written_tensors_are_read_back(tmp_path_factory, tensors, description):
    path = tmp_path_factory.getbasetemp() / "round-trip"
    write_tensors(path, tensors, description)
    file = read_tensors(path)
    assert file.description == description
    assert file.tensors.keys() == tensors.keys()
    for name, array in tensors.items():
        read = file.tensors[name]
        assert (read.shape, read.dtype) == (array.shape, array.dtype)
        assert read.tobytes() == array.tobytes()


def test_the_reference_package_reads_it(tmp_path):
    write_tensors(tmp_path / "it", TENSORS, DESCRIPTION)
    tensors = load_file(tmp_path / "it")
    assert {name: array.tolist() for name, array in tensors.items()} == {n: a.tolist() for n, a in TENSORS.items()}


def test_the_same_contents_give_the_same_bytes_and_others_another_fingerprint(tmp_path):
    files = []
    for number, (tensors, description) in enumerate(
        (
            (TENSORS, DESCRIPTION),
            (dict(reversed(TENSORS.items())), dict(reversed(DESCRIPTION.items()))),
            ({**TENSORS, "w": TENSORS["w"].reshape(3, 2)}, DESCRIPTION),
            ({**TENSORS, "one": TENSORS["one"].reshape(1)}, DESCRIPTION),
            (TENSORS, {**DESCRIPTION, "number": 0.2}),
        )
    ):
        path = tmp_path / str(number)
        write_tensors(path, tensors, description)
        files.append((path.read_bytes(), read_tensors(path).sha256))
    assert files[0] == files[1]
    assert len({sha256 for _, sha256 in files}) == 4


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", np.float32(1)], ids=repr)
def test_a_description_that_json_can_not_hold_is_refused(tmp_path, value):
    with pytest.raises((ValueError, TypeError)):
        write_tensors(tmp_path / "it", TENSORS, {"value": value})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("every", "bits"), [(3, 1), pytest.param(1, 8, marks=pytest.mark.thorough)], ids=["one in three bytes", "all"]
)
def test_every_flipped_bit_of_a_model_file_is_noticed(tmp_path, every, bits):
    path = tmp_path / "model.safetensors"
    DeepNeuralNetwork(sizes=[2, 2], class_names=("no", "yes")).save(path)
    original = path.read_bytes()
    assert len(original) < 2500  # else this takes long
    unnoticed = []
    with path.open("r+b", buffering=0) as file:
        for place, byte in [*enumerate(original)][::every]:
            for bit in range(place % 8, place % 8 + bits):
                os.pwrite(file.fileno(), bytes([byte ^ 1 << bit % 8]), place)
                try:
                    read_tensors(path)
                    unnoticed.append((place, bit))
                except FileFormatError:
                    pass
            os.pwrite(file.fileno(), bytes([byte]), place)
    assert unnoticed == []
    assert path.read_bytes() == original
    read_tensors(path)


def test_tensors_that_could_not_be_read_are_not_written(tmp_path):
    path = tmp_path / "it.safetensors"
    write_tensors(path, TENSORS, DESCRIPTION)
    with pytest.raises(UsageError, match="room"):
        write_tensors(path, TENSORS, {"name": "a" * (1 << 21)})
    assert read_tensors(path).description == DESCRIPTION


def stated(text, **changes):
    """A file that says it is ours."""
    metadata = {"nnzoo_format": "2", "nnzoo": text, "nnzoo_sha256": ""}
    return save({"a": np.zeros(1, np.float32)}, metadata | changes)


def header(text, data=b""):
    return len(text).to_bytes(8, "little") + text + data


NO_FILES = {
    "empty": b"",
    "eight bytes": bytes(8),
    "text": b"<html>please log in</html>" * 10,
    "zeros": bytes(1000),
    "a header longer than the file": (1000).to_bytes(8, "little") + b"{}",
    "a header of 2⁶⁴ bytes": b"\xff" * 8 + b"{}" * 100,
    "a header that is too long": header(b"{" + b" " * (1 << 21) + b"}"),
    "no JSON": header(b"{nonsense}"),
    "a list": header(b"[]" + b" " * 10),
    "too deep": header(b"[" * 1000),
    "a tensor of 4 TB": header(b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'),
    "negative places": header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}', bytes(4)),
    "a hole": header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', bytes(8)),
    "two in one place": header(
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        bytes(4),
    ),
    "a type that NumPy lacks": header(b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}', bytes(2)),
    "a smaller type": header(b'{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}', bytes(1)),
    "no metadata": save({"a": np.zeros(1, np.float32)}),
    "another program's": save({"a": np.zeros(1, np.float32)}, {"format": "np"}),
    "another format": stated("{}", nnzoo_format="3"),
    "no fingerprint": stated("{}"),
}


@pytest.mark.parametrize("case", NO_FILES)
def test_any_other_file_is_refused(tmp_path, case):
    path = tmp_path / "it.safetensors"
    path.write_bytes(NO_FILES[case])
    with pytest.raises(FileFormatError, match=r"it\.safetensors"):
        read_tensors(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000, "9" * 5000])
def test_an_invalid_description_is_refused_even_with_a_valid_fingerprint(tmp_path, text):
    tensors = {"a": np.zeros(1, np.float32)}
    (tmp_path / "it").write_bytes(stated(text, nnzoo_sha256=tensor_file._digest(text, tensors)))
    with pytest.raises(FileFormatError, match=r"a description that is not (a )?JSON"):
        read_tensors(tmp_path / "it")


def test_an_unreadable_file_is_a_storage_error(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "nowhere" / "it"):
        with pytest.raises(StorageError, match="can't read"):
            read_tensors(path)


def fail(number=errno.ENOSPC):
    raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("call", ["os.fsync", "os.replace", "io.open"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EACCES", "EMFILE"])
def test_a_failed_write_leaves_the_previous_file(tmp_path, monkeypatch, call, error):
    path = tmp_path / "it"
    path.write_bytes(b"before")
    number = getattr(errno, error)
    monkeypatch.setattr(call, lambda *_: fail(number))
    with pytest.raises(StorageError) as caught:
        write_whole(path, b"after")
    monkeypatch.undo()
    assert caught.value.message == f"can't write {path}: {os.strerror(number)}"
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["it"]


def test_ctrl_c_during_a_write_leaves_only_the_previous_file(tmp_path, monkeypatch):
    path = tmp_path / "it"
    path.write_bytes(b"before")

    def interrupted(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["it"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")
def test_only_regular_files_are_replaced(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)  # as little a file as /dev/null, and not missed
    with pytest.raises(StorageError) as caught:
        write_whole(path, b"contents")
    assert caught.value.message == f"can't write {path}: it exists and is not a regular file"
    assert path.is_fifo()
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="directories can't be opened here")
def test_file_and_directory_reach_the_disk_in_this_order(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", lambda handle: synced.append((os.fstat(handle).st_ino, (tmp_path / "it").exists())))
    write_whole(tmp_path / "it", b"contents")
    assert synced == [((tmp_path / "it").stat().st_ino, False), (tmp_path.stat().st_ino, True)]


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="directories can't be opened here")
@pytest.mark.parametrize(("error", "matters"), [("EINVAL", False), ("ENOTSUP", False), ("EIO", True)])
def test_a_system_that_can_not_sync_directories_is_supported(tmp_path, monkeypatch, error, matters):
    def sync(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}") or os.fstat(handle).st_ino == tmp_path.stat().st_ino:  # noqa: PTH112
            fail(getattr(errno, error))

    monkeypatch.setattr("os.fsync", sync)
    if matters:
        with pytest.raises(StorageError, match="can't write"):
            write_whole(tmp_path / "it", b"contents")
    else:
        write_whole(tmp_path / "it", b"contents")
    assert (tmp_path / "it").read_bytes() == b"contents"


@pytest.mark.parametrize(
    ("count", "seed"),
    [(40, 0), pytest.param(500, 0, marks=pytest.mark.thorough), pytest.param(10_000, 1, marks=pytest.mark.slow)],
)
def test_changed_files_are_read_or_refused_without_side_effects(toy_plugin, tmp_path, clean_variables, count, seed):
    pytest.importorskip("resource")
    outcome = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, toy_plugin, tmp_path, str(count), str(seed)],
        env=clean_variables(tmp_path) | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=900,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    told = json.loads(outcome.stdout)
    for counts in told["counts"].values():
        assert min(counts.values()) > count / 50
    assert told["grown"]["mutants"] < 64 << 20
    assert told["grown"]["gzip bombs"] < 64 << 20
    assert told["grown"]["bombs"] < 1


@pytest.mark.parametrize("read", [DeepNeuralNetwork.load, read_checkpoint])
def test_an_endless_file_is_refused(read):
    if not Path("/dev/zero").exists():
        pytest.skip("there is no /dev/zero here")
    with pytest.raises(NnzooError, match="/dev/zero"):
        read(Path("/dev/zero"))
