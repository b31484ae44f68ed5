"""MNIST that is not available: an error where it was named, digits in plain words where it was not."""

import json
import socket

import pytest

from nnzoo.datafiles import download

FILES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
MIRRORS = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"]


@pytest.fixture
def silent_proxy():
    """All the network there is: a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield {"HTTPS_PROXY": address, "HTTP_PROXY": address}


def check_every_mirror_has_a_reason(text):
    for mirror in MIRRORS:
        (line,) = [line for line in text.splitlines() if mirror in line]
        assert line.partition(".gz: ")[2].strip(), line
    for place in ("data/mnist", "--data-dir", "NNZOO_DATA_DIR"):
        assert place in text


def test_requested_mnist_that_is_missing_is_an_error(run_nnzoo, tmp_path):
    outcome = run_nnzoo("train", "--dataset", "mnist")
    assert (outcome.code, outcome.stdout) == (4, "")
    assert "mnist is not on disk, and no mirror has it" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    check_every_mirror_has_a_reason(outcome.stderr)
    assert not (tmp_path / "runs").exists()


def test_digits_replace_default_mnist_with_a_message(run_nnzoo, tmp_path):
    outcome = run_nnzoo("train", "--run-dir", "run")
    assert outcome.code == 0, outcome.stderr
    check_every_mirror_has_a_reason(outcome.stderr)
    assert "training on digits instead" in outcome.stderr
    assert outcome.stdout.startswith("data      digits")
    assert "accuracy" in outcome.stdout
    assert any("on digits" in line for line in outcome.stdout.splitlines()[-3:])
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["components"]["dataset"]["name"] == "nnzoo/digits"
    assert record["fallback"]["wanted"] == "mnist"
    assert all(mirror in record["fallback"]["reason"] for mirror in MIRRORS)
    assert record["results"]["fallback"] == record["fallback"]
    assert record["results"]["test_accuracy"] >= 0.96


def test_quiet_does_not_hide_the_fallback_to_other_data(run_nnzoo):
    outcome = run_nnzoo("train", "--epochs", "0", "--quiet")
    assert (outcome.code, outcome.stdout) == (0, "")
    assert "training on digits instead" in outcome.stderr


def test_requested_digits_are_not_a_fallback(run_nnzoo, tmp_path):
    assert run_nnzoo("train", "--dataset", "digits", "--epochs", "0", "--run-dir", "run").stderr == ""
    assert json.loads((tmp_path / "run" / "run.json").read_text())["fallback"] is None


def test_no_other_data_set_has_a_fallback(run_nnzoo, tmp_path):
    (tmp_path / "far.py").write_text(
        """\
from dataclasses import dataclass
from typing import ClassVar
from nnzoo.api import DatasetLoader, DownloadError, hookimpl

@dataclass(frozen=True)
class Far(DatasetLoader):
    name: ClassVar[str] = "far"
    def load(self, cache):
        raise DownloadError("far is away")

@hookimpl
def nnzoo_datasets():
    return [Far]
"""
    )
    outcome = run_nnzoo("train", "--dataset", "far", "--plugin", "far.py")
    assert outcome.code == 4
    assert "far is away" in outcome.stderr
    assert "digits" not in outcome.stderr


def test_a_silent_network_connection_costs_less_than_15_seconds(nnzoo_here, silent_proxy, tmp_path, monkeypatch):
    asked, answer, seconds = [], download._answer, download._FIRST_ANSWER
    monkeypatch.setattr(download, "_FIRST_ANSWER", 0.3)
    monkeypatch.setattr(download, "_answer", lambda url: (asked.append(url), answer(url))[1])
    outcome = nnzoo_here(tmp_path, "train", "--epochs", "1", environment=silent_proxy)
    assert len(asked) == len(MIRRORS)
    assert len(asked) * seconds < 15
    assert outcome.code == 0, outcome.stderr
    check_every_mirror_has_a_reason(outcome.stderr)
    assert "training on digits instead" in outcome.stderr


@pytest.mark.parametrize("name", ["t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte"])
def test_a_wrong_file_is_named_in_a_warning_and_in_the_error(run_nnzoo, tmp_path, name):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_bytes(b"something else")
    outcome = run_nnzoo("train", "--dataset", "mnist", "--data-dir", "mine")
    assert (outcome.code, outcome.stdout) == (3, "")
    warning, error, *_ = outcome.stderr.splitlines()
    assert f"{name} is not the mnist file of that name" in warning
    assert error.startswith("nnzoo: error: ")
    assert f"{name} is damaged or another file" in error
    check_every_mirror_has_a_reason(outcome.stderr)
    assert not (tmp_path / "runs").exists()


@pytest.mark.mnist
@pytest.mark.parametrize(
    "place",
    ["data/mnist", *(pytest.param(it, marks=pytest.mark.thorough) for it in ("NNZOO_DATA_DIR", "--data-dir", "data"))],
)
def test_mnist_on_disk_is_found(run_nnzoo, tmp_path, mnist_dir, place):
    environment, arguments = {}, ()
    if place == "NNZOO_DATA_DIR":
        environment[place] = mnist_dir
    elif place == "--data-dir":
        arguments = (place, mnist_dir)
    else:
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).symlink_to(mnist_dir)
    outcome = run_nnzoo("train", "--epochs", "0", "--json", *arguments, environment=environment)
    assert outcome.code == 0, outcome.stderr
    results = json.loads(outcome.stdout)
    assert (results["dataset"], results["fallback"], results["parameters"]) == ("mnist", None, 785 * 64 + 65 * 10)
    record = json.loads((tmp_path / results["run_dir"] / "run.json").read_text())
    assert record["data"]["samples"] == {"train": 60_000, "validation": 0, "test": 10_000}
    assert sorted(path.name for path in (tmp_path / "cache" / "nnzoo" / "mnist").iterdir()) == sorted(FILES)


@pytest.mark.mnist
@pytest.mark.thorough
def test_one_epoch_of_mnist_is_learnt(run_nnzoo, mnist_dir):
    outcome = run_nnzoo("train", "--epochs", "1", "--json", environment={"NNZOO_DATA_DIR": mnist_dir})
    assert outcome.code == 0, outcome.stderr
    assert json.loads(outcome.stdout)["test_accuracy"] > 0.94


@pytest.mark.mnist
def test_a_damaged_copy_of_mnist_is_not_trained_on(run_nnzoo, tmp_path, mnist_dir):
    (tmp_path / "data").mkdir()
    for name in FILES:
        contents = bytearray((mnist_dir / f"{name}.gz").read_bytes())
        if name == "train-labels-idx1-ubyte":
            contents[len(contents) // 2] ^= 1
        (tmp_path / "data" / f"{name}.gz").write_bytes(contents)
    outcome = run_nnzoo("train", "--dataset", "mnist")
    assert outcome.code == 3
    assert "train-labels-idx1-ubyte.gz is damaged" in outcome.stderr
