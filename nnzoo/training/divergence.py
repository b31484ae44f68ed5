"""Whether a training diverges, and what to say then."""

from __future__ import annotations

import math

import numpy as np

from nnzoo.errors import DivergedError
from nnzoo.kinds import Floats
from nnzoo.nn import Network
from nnzoo.training.recipe import Recipe, default_rates


def not_finite(loss: float, gradient: Floats) -> str | None:
    """What is not finite, the loss or the gradient; for a finite gradient one product is enough to tell."""
    if not math.isfinite(loss):
        return f"loss ({loss})"
    return None if math.isfinite(gradient.dot(gradient)) or np.isfinite(gradient).all() else "gradient"


def diverged(
    what: str, recipe: Recipe, network: Network, step: int, total_steps: int, learning_rate: float, *, stepped: bool
) -> DivergedError:
    """The error for a loss, gradient or parameter that is not finite, with a learning rate that may do better.

    Where the training has not ``stepped`` yet, no rate would.
    """
    cure = "standardize inputs that are far from 0 ± 1"
    where = f"training diverged: the {what} is not finite at step {step + 1} of {total_steps}"
    if not stepped:
        return DivergedError(
            where,
            hint=f"no step has changed a weight yet, so the learning rate is not the cause: {cure}, "
            "and have `nnzoo check` look at components of your own",
        )
    components = (recipe.optimizer, recipe.model, recipe.activation, recipe.loss, recipe.schedule)
    usual, _ = default_rates(*components, math.prod(network.output_shape))
    return DivergedError(
        f"{where}, learning rate {learning_rate:.6g}",
        hint=f"try a learning rate below {recipe.learning_rate:g}, such as "
        f"{min(usual, recipe.learning_rate / 10):g} (the default here is {usual:g}); {cure} first",
    )
