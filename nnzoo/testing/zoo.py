"""Compare a trained network of a package with its card, as a test."""

from __future__ import annotations

from nnzoo.datafiles.cache import FileCache
from nnzoo.plugins.registry import default_registry
from nnzoo.plugins.zoo_index import find_zoo_entry
from nnzoo.testing.check import CheckFailed, CheckSkipped
from nnzoo.zoo.verifying import verify


def check_zoo_model(name: str, *, retrain_under: float = 0.0) -> None:
    """Fail unless a network's file and its figures match its card.

    >>> check_zoo_model("digits-mlp.relu")

    Parameters
    ----------
    name : str
        A name for `nnzoo.load_model`.
    retrain_under : float
        The network is trained again, and the weights compared, if its training took less than so many seconds.

    Raises
    ------
    CheckFailed
        When something differs.
    CheckSkipped
        When its file matches the card but its data are not available; pytest counts the test as skipped.
    """
    registry = default_registry()
    result = verify(registry, find_zoo_entry(registry, name), FileCache(offline=True), retrain_under=retrain_under)
    if result.status == "differs":
        raise CheckFailed(f"{name}: {'; '.join(result.faults)}")
    if result.status == "no data":
        raise CheckSkipped(f"{name}: {'; '.join(result.faults)}")
