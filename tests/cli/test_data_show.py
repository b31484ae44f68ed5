"""``nnzoo data``: what there is, and what is in it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnzoo import load_dataset
from nnzoo.cli.main import cli
from nnzoo.errors import StorageError, UnknownComponentError, UsageError

ROOT = Path(__file__).parents[2]

DATA = '''\
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import MinLen

from nnzoo.api import DataFile, Dataset, DatasetLoader, FileFormatError, Split, hookimpl


@dataclass(frozen=True)
class Plane(DatasetLoader):
    """A plane, with a hole."""

    name: ClassVar[str] = "plane"
    license: ClassVar[str] = "CC0"

    def load(self, cache):
        print("noise")
        rng = np.random.default_rng(0)
        x = rng.normal(1e6, 2, (1200, 40)).astype(np.float32)
        x[:, 1] = 0
        x[3, 2] = np.nan
        y = x[:, :2] * 3
        return Dataset(Split(x[:1000], y[:1000]), Split(x[1000:], y[1000:]))


@dataclass(frozen=True)
class Remote(DatasetLoader):
    """Far away."""

    name: ClassVar[str] = "remote"

    def load(self, cache):
        cache.read("remote", DataFile("x.gz", "0" * 64, ("https://example.invalid",)))


@dataclass(frozen=True)
class Broken(DatasetLoader):
    """Damaged."""

    name: ClassVar[str] = "broken"

    def load(self, cache):
        raise FileFormatError("it is damaged\\nvery much")


@dataclass(frozen=True)
class Own(DatasetLoader):
    """Your own."""

    name: ClassVar[str] = "own"
    path: Annotated[str, MinLen(1)]

    def load(self, cache):
        raise NotImplementedError


@hookimpl
def nnzoo_datasets():
    return [Plane, Remote, Broken, Own]
'''


@pytest.fixture
def told(clean_environment, tmp_path, capsys):
    """Run a command of ``nnzoo data`` in this process; what it prints."""
    (tmp_path / "sets.py").write_text(DATA)

    def tell(*arguments):
        cli.main(["data", *map(str, arguments)], standalone_mode=False)
        return capsys.readouterr().out

    return tell


def cells(text):
    return [line.split() for line in text.splitlines()]


def test_classes_and_pixels_are_those_of_the_data(told):
    data = load_dataset("digits")
    found = json.loads(told("show", "digits", "--json"))
    assert (found["dataset"], found["input_shape"], found["dtype"]) == ("digits", [8, 8], "uint8")
    assert (found["scale"], found["outputs"], found["license"]) == (data.train.scale, 10, "CC BY 4.0")
    assert found["sha256"] == data.sha256()
    for name, part in found["parts"].items():
        split = getattr(data, name)
        assert part["samples"] == len(split)
        assert part["classes"] == [int((split.targets == label).sum()) for label in range(10)]
        assert part["inputs"] == {
            "minimum": 0,
            "maximum": 16,
            "mean": pytest.approx(split.inputs.mean(), rel=1e-12),
            "deviation": pytest.approx(split.inputs.std(), rel=1e-12),
            "zeros": pytest.approx((split.inputs == 0).mean(), rel=1e-12),
            "not_finite": 0,
        }
        assert part["features"] == part["targets"] == []


def test_the_text_says_the_same(told):
    data = load_dataset("digits")
    text = told("show", "digits")
    lines = cells(text)
    assert text.startswith("digits, from nnzoo")
    assert "1,438 to train, 359 to test, each 8×8, uint8" in text
    for label in range(10):
        counts = [(split.targets == label).sum() for split in (data.train, data.test)]
        shares = [f"{count / of:.1%}" for count, of in zip(counts, (1438, 359), strict=True)]
        assert [str(label), str(counts[0]), shares[0], str(counts[1]), shares[1]] in lines
    x = data.train.inputs
    zeros = f"{(x == 0).mean():.1%}"
    assert ["train", "0", f"{x.mean():.4g}", "16", f"{x.std():.4g}", zeros] in lines
    scaled = x / 10
    assert ["train", "÷", "10", "0", f"{scaled.mean():.4g}", "1.6", f"{scaled.std():.4g}", zeros] in lines


def test_other_data_than_images_have_features_and_values_to_predict(told):
    found = json.loads(told("show", "plane", "--plugin", "sets.py", "--json"))
    rng = np.random.default_rng(0)
    x = rng.normal(1e6, 2, (1200, 40)).astype(np.float32)[:1000].astype(np.float64)
    train = found["parts"]["train"]
    assert len(train["features"]) == 40
    assert train["features"][0] == {
        "minimum": x[:, 0].min(),
        "maximum": x[:, 0].max(),
        "mean": pytest.approx(x[:, 0].mean(), rel=1e-12),
        "deviation": pytest.approx(x[:, 0].std(), rel=1e-9),  # nothing is lost though the mean is a million
        "zeros": 0,
        "not_finite": 0,
    }
    assert (train["features"][1]["deviation"], train["features"][1]["zeros"]) == (0, 1)
    assert train["features"][2]["not_finite"] == train["inputs"]["not_finite"] == 1
    assert train["features"][2]["mean"] == pytest.approx(np.delete(x[:, 2], 3).mean(), rel=1e-12)
    assert [target["mean"] for target in train["targets"]] == [pytest.approx(3 * x[:, 0].mean(), rel=1e-6), 0]
    assert (found["class_names"], train["classes"]) == ([], [])

    text = told("show", "plane", "--plugin", "sets.py")
    assert "noise" not in text
    assert "each 40 features, float32" in text
    assert "and 10 more, which --json lists" in text
    lines = cells(text)
    assert [
        "train",
        "1",
        *(f"{train['targets'][0][name]:.4g}" for name in ("minimum", "mean", "maximum", "deviation")),
    ] in [line[:6] for line in lines]
    assert ["30"] in [line[:1] for line in lines]
    assert ["31"] not in [line[:1] for line in lines]
    assert "not finite" in text


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_sheet_is_written_as_its_suffix_says(told, tmp_path, suffix):
    out = tmp_path / f"sheet.{suffix}"
    assert told("show", "digits", "--out", out).endswith(f"wrote {out}\n")
    beginning = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert out.read_bytes().startswith(beginning)
    if suffix == "png":
        with Image.open(out) as picture:
            assert min(picture.size) > 1000
            assert np.asarray(picture.convert("L")).std() > 40  # something is on it


@pytest.mark.usefixtures("unpainted")
def test_json_names_the_sheet(told, tmp_path):
    found = json.loads(told("show", "plane", "--plugin", "sets.py", "--out", "plane.png", "--json"))
    assert found["sheet"] == "plane.png"
    assert (tmp_path / "plane.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "error", "fragment"),
    [
        (("digts",), UnknownComponentError, "did you mean digits"),
        (("digits", "--out", "sheet.gif"), UsageError, "gif"),
        (("digits", "--out", "none/sheet.png"), StorageError, "none/sheet.png"),
    ],
)
def test_errors_say_what_is_wrong(told, tmp_path, arguments, error, fragment):
    with pytest.raises(error, match=fragment):
        told("show", *arguments)
    assert not list(tmp_path.glob("sheet*"))


def test_the_list_loads_available_data_and_downloads_nothing(told, monkeypatch):
    monkeypatch.setattr("nnzoo.datafiles.cache.download", lambda *_: pytest.fail("it downloads"))
    rows = {row["name"]: row for row in json.loads(told("list", "--plugin", "sets.py", "--json"))}
    assert rows["digits"]["samples"] == {"train": 1438, "test": 359}
    assert (rows["digits"]["input_shape"], rows["digits"]["classes"]) == ([8, 8], 10)
    states = {name: row["state"] for name, row in rows.items() if name in ("digits", "mnist", "plane", "own")}
    assert states == {"digits": "at hand", "mnist": "to download", "plane": "at hand", "own": "needs path"}
    assert rows["broken"]["state"] == "not usable: it is damaged"
    assert rows["mnist"]["samples"] is None
    lines = cells(told("list", "pl*", "--plugin", "sets.py"))
    assert ["plane", "1,200", "40", "0", "at", "hand", "A", "plane,", "with", "a", "hole."] in lines
    assert not any(line[:1] == ["digits"] for line in lines)


def test_several_targets_are_reported_each_by_its_name(nnzoo_here, tmp_path):
    plugin = ROOT / "examples" / "two_outputs.py"
    found = nnzoo_here(tmp_path, "data", "show", "digits-and-ink", "--plugin", plugin, "--out", "sheet.png", "--json")
    test = json.loads(found.stdout)["parts"]["test"]
    assert test["fields"]["digit"]["8"] == 47
    assert [0 < spread["minimum"] < spread["maximum"] < 7 for spread in test["fields"]["middle"]] == [True, True]
    table = nnzoo_here(tmp_path, "data", "show", "digits-and-ink", "--plugin", plugin).stdout
    assert re.search(r"^ 8 +127 +8\.8% +47 +13\.1%", table, re.MULTILINE)
    assert "test 2" in table
