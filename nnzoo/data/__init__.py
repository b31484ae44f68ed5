"""Load a data set by name or file, read tables and arrays, and summarize them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnzoo.data.frames import columns_of
    from nnzoo.data.specs import find_dataset, load_dataset
    from nnzoo.data.tables import read_table

__all__ = ["columns_of", "find_dataset", "load_dataset", "read_table"]

_HOMES = {"columns_of": "frames", "find_dataset": "specs", "load_dataset": "specs", "read_table": "tables"}


def __getattr__(name: str) -> Any:  # late, as loading a data set imports `nnzoo.api`, which imports this package
    if name in _HOMES:
        return getattr(importlib.import_module(f"nnzoo.data.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'nnzoo.data' has no attribute {name!r}")
