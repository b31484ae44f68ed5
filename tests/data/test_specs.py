"""A data set by its name or by its file: what is understood, and what is suggested."""

from pathlib import Path

import numpy as np
import pytest

from nnzoo import load_dataset
from nnzoo.builtin.arrays import Npz
from nnzoo.builtin.datasets import Digits
from nnzoo.builtin.image_folder import ImageFolder
from nnzoo.builtin.tables import Csv
from nnzoo.data import find_dataset
from nnzoo.errors import HyperparameterError, UnknownComponentError, UsageError
from nnzoo.plugins.registry import Registry

LINES = ["a,b,kind", *[f"{i},{i % 3},{'xy'[i % 2]}" for i in range(12)]]

PICTURES = '''\
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import DatasetLoader, hookimpl


@dataclass(frozen=True)
class Pictures(DatasetLoader):
    """A folder."""

    name: ClassVar[str] = "{name}"
    takes_folders: ClassVar[bool] = True
    suffixes: ClassVar[tuple[str, ...]] = (".tar", ".csv")
    path: str
    size: int = 28

    def load(self, cache):
        raise NotImplementedError


@hookimpl
def nnzoo_datasets():
    return [Pictures]
'''


@pytest.fixture(scope="module")
def registry():
    """One that nothing on this machine can change."""
    return Registry(disabled=["all"])


@pytest.fixture
def plugged():
    """A registry with plugins that read folders, archives and (a built-in one comes first) tables."""

    def plugged(*names):
        paths = [Path(f"{name}.py") for name in names]
        for path in paths:
            path.write_text(PICTURES.format(name=path.stem))
        return Registry(paths, disabled=["all"])

    return plugged


def test_names_and_loaders_are_accepted(registry):
    assert find_dataset(registry, "digits") == find_dataset(registry, Digits()) == Digits()
    assert find_dataset(registry, "nnzoo/digits") == Digits()
    assert find_dataset(registry, "csv:path=a.csv,target=b") == Csv(path="a.csv", target="b")
    with pytest.raises(UnknownComponentError, match="did you mean digits"):
        find_dataset(registry, "digts")
    with pytest.raises(UnknownComponentError, match="no plugin 'nothing' is installed"):
        find_dataset(registry, "nothing/digits")
    with pytest.raises(UnknownComponentError, match="did you mean mnist"):
        find_dataset(registry, "MNIST")


@pytest.mark.parametrize(
    "path", ["iris.csv", "iris.CSV", "t.tsv", "t.csv.gz", "a, b: c.csv", "odd:target=1.csv", "./x.csv", "data/x.csv"]
)
def test_a_file_selects_the_only_loader_that_reads_it(registry, write, path):
    Path(path).parent.mkdir(exist_ok=True)
    write(*LINES, name=path)
    assert find_dataset(registry, path) == Csv(path=path)
    assert find_dataset(registry, f"{path}:target=b,ignore=a,test-share=0.5") == Csv(
        path=path, target="b", ignore=("a",), test_share=0.5
    )
    absolute = str(Path(path).absolute())
    assert find_dataset(registry, absolute) == Csv(path=absolute)


def test_other_files_and_folders_have_their_loaders(registry, plugged):
    np.savez("arrays.npz", x=np.zeros((4, 2)), y=[0, 1, 0, 1])
    assert find_dataset(registry, "arrays.npz:seed=3") == Npz(path="arrays.npz", seed=3)
    Path("pets/cats").mkdir(parents=True)
    Path("pets.tar").touch()
    pictures = plugged("pictures")
    assert str(find_dataset(pictures, "pets.tar")) == "pictures:path=pets.tar,size=28"
    for path in ("pets/", "./pets", "pets/cats"):  # the loader that comes along reads folders, too
        assert find_dataset(pictures, path) == ImageFolder(path=path)
    assert find_dataset(pictures, "pets/:size=32") == ImageFolder(path="pets/", size=32)


def test_home_is_understood(write, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(*LINES, name="iris.csv")
    assert len(load_dataset("~/iris.csv:target=a").train) == 10


def test_a_built_in_loader_comes_first_and_two_of_others_are_an_error(write, plugged):
    write(*LINES, name="iris.csv")
    Path("pets.tar").touch()
    both = plugged("pictures", "photos")
    assert find_dataset(both, "iris.csv") == Csv(path="iris.csv")
    with pytest.raises(UsageError, match=r"pets\.tar can be read by .*/pictures and .*/photos\n  name one of them: "):
        find_dataset(both, "pets.tar")


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("irsi.csv", UsageError, r"there is no file irsi\.csv\n  did you mean iris\.csv\? looked for /"),
        ("iris.cvs", UsageError, r"there is no file iris\.cvs\n  did you mean iris\.csv"),
        ("irsi.csv:target=kind", UsageError, r"there is no file irsi\.csv\n  did you mean iris\.csv"),
        ("data/iris.csv", UsageError, r"there is no file data/iris\.csv\n  there is no folder data either"),
        ("none/", UsageError, r"there is no folder none"),
        (
            "iris",
            UnknownComponentError,
            r"no dataset 'iris'\n  did you mean the file iris\.csv\? iris comes with nnzoo-tables",
        ),
        ("pets", UnknownComponentError, r"no dataset 'pets'\n  did you mean the folder pets/\?"),
        ("csv:iris.csv", UsageError, r"write csv:path=iris\.csv, or iris\.csv alone"),
        ("csv:path=a,b.csv", UsageError, r"gives several values for path\n  .*'a,b\.csv"),
        ("iris.csv:target", UsageError, r"there is no file iris\.csv:target\n  hyperparameters follow a colon"),
        ("iris.csv,target=kind", UsageError, r"hyperparameters follow a colon, as key=value: iris\.csv:target=NAME"),
        ("iris.csv:path=b.csv", UsageError, r"path is given twice: iris\.csv and b\.csv"),
        (
            "iris.csv:taget=kind",
            HyperparameterError,
            "dataset csv has no hyperparameter 'taget'\n  did you mean target",
        ),
        ("iris.xlsx", UsageError, r"reads files such as iris\.xlsx\n  known file endings are \.csv, .*\.npz"),
        ("csv", HyperparameterError, "needs a value for path"),
        ("x" * 5000 + ".csv", Exception, "can't read x"),
    ],
)
def test_the_error_for_an_invalid_spec_has_a_remedy(registry, write, spec, error, message):
    write(*LINES, name="iris.csv")
    Path("iris.xlsx").touch()
    Path("pets").mkdir()
    with pytest.raises(error, match=message):
        find_dataset(registry, spec)


def test_each_remedy_works(write):
    write(*LINES, name="iris.csv")
    for spec in ("iris.csv", "csv:path=iris.csv", "iris.csv:target=kind"):
        assert len(load_dataset(spec).test) == 2
