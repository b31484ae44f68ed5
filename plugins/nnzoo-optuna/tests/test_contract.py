"""It keeps the contract of searches, and nnzoo knows it."""

from nnzoo import registry
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.testing import parametrize_with_checks

from nnzoo_optuna import Optuna, nnzoo_searches


@parametrize_with_checks([Optuna, Optuna(batch=1, startup=3)])
def test_it_passes(check):
    check()


def test_names():
    names = tuple(search.name for search in nnzoo_searches())
    assert KNOWN_PACKAGES["nnzoo-optuna"] == {"search": names}  # what nnzoo says where it is not installed
    assert registry.provider(registry.build("search", "optuna")).distribution == "nnzoo-optuna"
