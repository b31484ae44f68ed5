"""Tables as they are carried: the same rows as their packages give, told properly, and errors with a cure."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, load_dataset, registry
from nnzoo.api import FileFormatError, UsageError
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.testing import parametrize_with_checks

from nnzoo_tables import BreastCancer, Diabetes, Iris, Penguins, Wine, carried, nnzoo_datasets

LOADERS = [Iris(), Wine(), BreastCancer(), Diabetes(), Penguins()]
OF_SCIKIT = {"iris": "load_iris", "wine": "load_wine", "breast-cancer": "load_breast_cancer"}


@parametrize_with_checks(LOADERS)
def test_conformance(check):
    check()


def test_names():
    names = tuple(loader.name for loader in nnzoo_datasets())
    assert KNOWN_PACKAGES["nnzoo-tables"] == {"dataset": names}  # what nnzoo says where it is not installed
    assert {registry.provider(loader).distribution for loader in LOADERS} == {"nnzoo-tables"}


def all_rows(data):
    """Columns, and targets, of both parts, row by row, sorted."""
    parts = [data.train, data.test]
    columns = [np.concatenate([part.inputs[name].astype(float) for part in parts]) for name in data.train.inputs]
    targets = np.concatenate([part.targets.reshape(len(part), -1)[:, 0] for part in parts])
    rows = np.stack([*columns, targets], axis=1)
    return rows[np.lexsort(rows.T)]


@pytest.mark.parametrize("name", [*OF_SCIKIT, "diabetes"])
def test_rows_are_those_that_scikit_learn_loads(name):
    datasets = pytest.importorskip("sklearn.datasets")
    if name == "diabetes":
        inputs, targets = datasets.load_diabetes(return_X_y=True, scaled=False)
    else:
        inputs, targets = getattr(datasets, OF_SCIKIT[name])(return_X_y=True)
    rows = np.column_stack([inputs, targets])
    np.testing.assert_array_equal(all_rows(load_dataset(name)), rows[np.lexsort(rows.T)])


def test_penguins_have_texts_and_missing_cells():
    data = load_dataset("penguins")
    assert (len(data.train), len(data.test)) == (275, 69)
    assert data.class_names == ("Adelie", "Chinstrap", "Gentoo")
    found = {finding.name: finding for finding in data.findings}
    assert {name: finding.missing for name, finding in found.items() if finding.missing} == {
        **dict.fromkeys(["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"], 2),
        "sex": 11,
    }
    assert found["year"].use == "left out"
    assert data.train.inputs.type("island") == "category"


@pytest.mark.parametrize("loader", LOADERS, ids=str)
def test_each_class_has_its_share_of_the_test_part_and_the_seed_draws_it(loader):
    data, other = loader.load(None), type(loader)(seed=1).load(None)
    assert data.sha256() == loader.load(None).sha256() != other.sha256()
    if data.class_names:
        train, test = (np.bincount(split.targets) for split in (data.train, data.test))
        np.testing.assert_allclose(test, (train + test) / 5, atol=0.5)
    assert loader.license


def test_units_are_reported():
    assert {finding.note for finding in load_dataset("iris").findings[:4]} == {"in cm"}
    assert "cholesterol" in load_dataset("diabetes").findings[4].note


@pytest.mark.parametrize(("loader", "package"), [(Iris(), "scikit-learn"), (Penguins(), "palmerpenguins")])
def test_a_package_that_is_not_installed_is_named_with_the_cure(loader, package, monkeypatch):
    monkeypatch.setattr(carried, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=f"comes with the package {package}, which is not installed") as refused:
        loader.load(None)
    assert refused.value.hint == f"pip install {package}"


@pytest.mark.parametrize("text", [None, "", "150,4\n1,2\n", "150,4\n1,2,3,4,x\n", "150,4\n1,2,3,4,nan\n"])
def test_another_file_than_the_known_one_is_refused(text, tmp_path, monkeypatch):
    package = tmp_path / "sklearn"
    (package / "datasets/data").mkdir(parents=True)
    (package / "__init__.py").touch()
    if text is not None:
        (package / "datasets/data/iris.csv").write_text(text)
    spec = type("Spec", (), {"submodule_search_locations": [str(package)]})()
    monkeypatch.setattr(carried, "find_spec", lambda name: spec)
    with pytest.raises(FileFormatError, match=r"iris.csv") as refused:
        Iris().load(None)
    assert refused.value.hint


@pytest.mark.skipif(find_spec("palmerpenguins") is None, reason="palmerpenguins is not installed")
def test_the_packages_are_not_imported():
    code = (
        "import sys\nfrom nnzoo import load_dataset\n"
        "for name in ('iris', 'diabetes', 'penguins'):\n    load_dataset(name)\n"
        "found = {'sklearn', 'palmerpenguins', 'pandas', 'scipy'} & {*sys.modules}\nassert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


def test_a_network_answers_raw_rows():
    data = load_dataset("iris")
    dnn = DeepNeuralNetwork.for_dataset(data)
    dnn.train(data, epochs=30, batch_size=16, learning_rate=0.1, verbose=False)
    row = {"sepal_length": [5.0], "sepal_width": [3.4], "petal_length": [1.5], "petal_width": [0.2]}
    assert data.class_names[dnn.predict({name: np.array(value) for name, value in row.items()})[0]] == "setosa"
