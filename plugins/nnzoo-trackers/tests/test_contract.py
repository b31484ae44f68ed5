"""What every observer owes to the trainer, and that nnzoo finds them without importing what they need."""

import subprocess
import sys

import pytest
from nnzoo import registry
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.testing import parametrize_with_checks

from nnzoo_trackers import Mlflow, TensorBoard, nnzoo_observers


@parametrize_with_checks([Mlflow(), TensorBoard(), TensorBoard(histograms=1), TensorBoard(folder="elsewhere")])
def test_conformance(check, monkeypatch, store):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    check()


def test_names():
    names = tuple(observer.name for observer in nnzoo_observers())
    assert KNOWN_PACKAGES["nnzoo-trackers"] == {"observer": names}  # what nnzoo says where it is not installed
    assert {registry.provider(registry.build("observer", name)).distribution for name in names} == {"nnzoo-trackers"}


@pytest.mark.parametrize(
    "command", [["list-plugins"], ["train", "--help"], ["train", "--dataset", "digits", "--epochs", "1", "--quiet"]]
)
def test_trackers_are_imported_when_they_are_used(command):
    code = (
        "import sys\nfrom nnzoo.cli.main import main\n"
        f"try:\n    main({command!r})\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "found = {'mlflow', 'tensorboard', 'tensorboardX', 'sqlalchemy'} & {*sys.modules}\nassert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
