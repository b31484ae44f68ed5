"""The memory of a layer in an exported script."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]


def memory(arrays: dict[str, Array], workspace: dict[str, Any]) -> Any:
    """The arrays and settings of a layer of nnzoo in a prediction."""
    settings = {"training": False, "rng": None, "penalty": 0.0}
    return SimpleNamespace(parameters=arrays, state=arrays, workspace=workspace, **settings)
