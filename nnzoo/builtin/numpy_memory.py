"""What stands for a layer's memory in an exported script."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]


def memory(arrays: dict[str, Array], workspace: dict[str, Any]) -> Any:
    """What a layer of nnzoo works with in a prediction."""
    kept = {"parameters": arrays, "state": arrays, "workspace": workspace}
    return SimpleNamespace(**kept, training=False, rng=None, penalty=0.0)
