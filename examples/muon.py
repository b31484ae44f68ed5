"""An optimizer that updates each weight matrix separately: its steps are orthogonal matrices.

    nnzoo train --dataset digits --plugin examples/muon.py --optimizer orthogonal

After Jordan et al. (2024), "Muon: An optimizer for hidden layers in neural networks"; the package nnzoo-optimizers has
Muon itself, which finds the orthogonal matrix much sooner. `nnzoo check` needs `--skip no-allocation` for this one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc

from nnzoo.api import Floats, LayerwiseOptimizer, hookimpl


@dataclass(frozen=True)
class Orthogonal(LayerwiseOptimizer):
    """Orthogonalized momentum: a step has the same length in all singular directions.

    Equation, for a matrix θ and its gradient g::

        v ← β v + g,  U S Vᵀ = v,  θ ← θ − η √(outputs / inputs) U Vᵀ

    Other arrays take a step along the sign of v, of length η / 5.
    """

    name: ClassVar[str] = "orthogonal"
    default_learning_rate: ClassVar[float] = 0.05
    default_weight_decay: ClassVar[float] = 0.1
    gradient_scaled: ClassVar[bool] = False

    beta: Annotated[float, Ge(0), Lt(1), doc("share of the old velocity that is kept at each step")] = 0.95

    def init_arrays(self, arrays: Mapping[str, Floats]) -> dict[str, Floats]:
        return {f"velocity.{name}": np.zeros_like(array) for name, array in arrays.items()}

    def update_arrays(
        self,
        arrays: Mapping[str, Floats],
        gradients: Mapping[str, Floats],
        state: dict[str, Floats],
        learning_rate: float,
        step: int,
    ) -> None:
        for name, array in arrays.items():
            velocity = state[f"velocity.{name}"]
            velocity *= self.beta
            velocity += gradients[name]
            if array.ndim < 2:
                array -= learning_rate / 5 * np.sign(velocity)
                continue
            u, _, v = np.linalg.svd(velocity.reshape(-1, array.shape[-1]), full_matrices=False)
            longer = math.sqrt(max(1.0, v.shape[1] / len(u)))
            array -= learning_rate * longer * (u @ v).reshape(array.shape)


@hookimpl
def nnzoo_optimizers() -> list[type[LayerwiseOptimizer]]:
    return [Orthogonal]
