"""Hold a trained network of a package against its card, as a test."""

from __future__ import annotations

from nnzoo.datafiles.cache import FileCache
from nnzoo.plugins.registry import default_registry
from nnzoo.plugins.zoo_index import find_zoo_entry
from nnzoo.testing.check import CheckFailed, CheckSkipped
from nnzoo.zoo.verifying import verify


def check_zoo_model(name: str, *, retrain_under: float = 0.0) -> None:
    """A network's file and its figures are what its card says.

    >>> check_zoo_model("digits-mlp.relu")

    Parameters
    ----------
    name : str
        As `nnzoo.load_model` takes it.
    retrain_under : float
        It is trained again, and the weights compared, if its training took less than so many seconds.

    Raises
    ------
    CheckFailed
        When something differs.
    CheckSkipped
        When its data are not at hand, and its file is what the card says; pytest counts the test as skipped.
    """
    registry = default_registry()
    found = verify(registry, find_zoo_entry(registry, name), FileCache(offline=True), retrain_under=retrain_under)
    if found.status == "differs":
        raise CheckFailed(f"{name}: {'; '.join(found.faults)}")
    if found.status == "no data":
        raise CheckSkipped(f"{name}: {'; '.join(found.faults)}")
