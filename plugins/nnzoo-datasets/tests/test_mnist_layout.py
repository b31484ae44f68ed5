"""Fashion-MNIST and KMNIST: found, downloaded, and never taken for each other or for MNIST."""

import gzip
import hashlib
import logging
import struct
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from nnzoo import load_dataset
from nnzoo.api import DataFile, DownloadError, FileFormatError
from nnzoo.builtin.datasets import Mnist
from nnzoo.testing import checks_for

from nnzoo_datasets import FashionMnist, Kmnist
from nnzoo_datasets.mnist_layout import MnistFiles

LOADERS = {"fashion-mnist": FashionMnist, "kmnist": Kmnist}
SAMPLES = {"train": 20, "t10k": 10}
both = pytest.mark.parametrize("name", LOADERS)


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def small_files(name, folders=()):
    """The packed files of a small data set with the layout of the real one, and how they are pinned."""
    rng = np.random.default_rng(len(name))
    contents, pinned = {}, []
    for part, samples in SAMPLES.items():
        images = rng.integers(0, 256, (samples, 28, 28), np.uint8)
        labels = rng.permutation(np.arange(samples, dtype=np.uint8) % 10)
        for what, array in (("images-idx3", images), ("labels-idx1", labels)):
            file, unpacked = f"{part}-{what}-ubyte.gz", idx(array)
            contents[file] = gzip.compress(unpacked)
            digest = hashlib.sha256(contents[file]).hexdigest()
            pinned.append(DataFile(file, digest, (), unpacked_size=len(unpacked), folders=folders))
    return contents, MnistFiles(*pinned)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Both data sets, small; each with a folder of the system in which it may be."""
    packed = {}
    for name, loader in LOADERS.items():
        packed[name], files = small_files(name, folders=(f"system/{name}",))
        monkeypatch.setattr(loader, "files", files)
    return packed


def put(contents, folder):
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (Path(folder) / name).write_bytes(data)


@both
@pytest.mark.parametrize("place", ["data/{}", "data", "cache/nnzoo/{}", "system/{}"])
def test_it_is_found(small, name, place, caplog):
    put(small[name], place.format(name))
    data = load_dataset(name)
    assert (len(data.train), len(data.test), data.input_shape) == (20, 10, (28, 28))
    assert data.train.inputs.dtype == np.uint8
    assert data.train.scale == 1 / 255
    assert data.test.targets.tobytes() == gzip.decompress(small[name]["t10k-labels-idx1-ubyte.gz"])[8:]
    assert data.train.inputs.tobytes() == gzip.decompress(small[name]["train-images-idx3-ubyte.gz"])[16:]
    assert len(set(data.class_names)) == 10
    assert caplog.messages == []


@both
def test_it_conforms(small, name):
    put(small[name], f"data/{name}")
    for check in checks_for(LOADERS[name]):
        check()


@both
def test_it_is_downloaded_once(small, name, monkeypatch):
    put(small[name], "mirror")
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory="mirror")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("NNZOO_MIRROR", f"http://127.0.0.1:{server.server_port}")
        first = load_dataset(name)
        server.shutdown()
    assert load_dataset(name).sha256() == first.sha256()


@both
def test_another_data_set_with_files_of_the_same_names_is_passed_over(small, name, monkeypatch, caplog):
    other = next(n for n in LOADERS if n != name)
    put(small[other], "elsewhere")
    put(small[name], f"system/{name}")
    monkeypatch.setenv("NNZOO_DATA_DIR", "elsewhere")
    assert len(load_dataset(name).train) == 20
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 4
    assert all(f"is not the {name} file of that name" in text for text in warnings)


@both
def test_another_data_set_alone_is_an_error_that_says_so(small, name, monkeypatch):
    put(small[next(n for n in LOADERS if n != name)], "elsewhere")
    monkeypatch.setenv("NNZOO_DATA_DIR", "elsewhere")
    with pytest.raises(FileFormatError, match="damaged or another file") as caught:
        load_dataset(name)
    assert f"if it belongs to another data set, put {name}'s files in" in caught.value.hint


@both
def test_where_it_is_nowhere_the_error_says_where_to_put_it(name):
    with pytest.raises(DownloadError, match=f"{name} is not on disk") as caught:
        load_dataset(name)
    assert str(Path("data") / name) in caught.value.hint
    assert f"system/{name}" in caught.value.hint


def test_the_real_files_are_pinned_and_have_mnists_names_and_sizes(monkeypatch):
    monkeypatch.undo()
    fashion, kmnist = FashionMnist.files, Kmnist.files
    parts = ("train_images", "train_labels", "test_images", "test_labels")
    for part in parts:
        mnist = getattr(Mnist, part)
        for file in (getattr(fashion, part), getattr(kmnist, part)):
            assert (file.name, file.unpacked_size) == (mnist.name, mnist.unpacked_size)
            assert len(bytes.fromhex(file.sha256)) == 32
            assert all(mirror.startswith("https://") for mirror in file.mirrors)
    assert len({getattr(files, part).sha256 for files in (Mnist, fashion, kmnist) for part in parts}) == 12


@pytest.mark.skipif(
    not Path("/usr/share/datasets/fashion-mnist").is_dir(), reason="dataset-fashion-mnist is not installed"
)
def test_the_real_files_of_the_system_package(monkeypatch, caplog):
    monkeypatch.undo()
    monkeypatch.delenv("NNZOO_DATA_DIR", raising=False)
    data = load_dataset("fashion-mnist")
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert np.bincount(data.test.targets).tolist() == [1000] * 10
    assert caplog.messages == []
