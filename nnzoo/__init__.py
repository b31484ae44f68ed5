"""nnzoo: a NumPy-only neural-network trainer and plugin-based model zoo.

    from nnzoo import DeepNeuralNetwork, load_dataset

Names are imported on first use, so that ``nnzoo --help`` does not wait for NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnzoo.data import load_dataset
    from nnzoo.errors import NnzooError
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.plugins.registry import Registry
    from nnzoo.sweeps.sweep import sweep
    from nnzoo.zoo.loading import load_model
    from nnzoo.zoo.search import list_models

    registry: Registry
    __version__: str

__all__ = [
    "DeepNeuralNetwork",
    "NnzooError",
    "__version__",
    "list_models",
    "load_dataset",
    "load_model",
    "registry",
    "sweep",
]

_HOMES = {
    "DeepNeuralNetwork": "nnzoo.model",
    "NnzooError": "nnzoo.errors",
    "list_models": "nnzoo.zoo.search",
    "load_dataset": "nnzoo.data",
    "load_model": "nnzoo.zoo.loading",
    "sweep": "nnzoo.sweeps.sweep",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name == "registry":
        return importlib.import_module("nnzoo.plugins.registry").default_registry()
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("nnzoo")
    raise AttributeError(f"module 'nnzoo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
