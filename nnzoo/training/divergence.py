"""Detect that a training run diverges, and suggest a remedy."""

from __future__ import annotations

import math

import numpy as np

from nnzoo.errors import DivergedError
from nnzoo.kinds import Floats
from nnzoo.nn import Network
from nnzoo.training.recipe import Recipe, default_rates


def not_finite(loss: float, gradient: Floats) -> str | None:
    """The name of what is not finite, the loss or the gradient; a finite gradient costs only one product to check."""
    if not math.isfinite(loss):
        return f"loss ({loss})"
    return None if math.isfinite(gradient.dot(gradient)) or np.isfinite(gradient).all() else "gradient"


def diverged(
    cause: str, recipe: Recipe, network: Network, step: int, total_steps: int, learning_rate: float, *, stepped: bool
) -> DivergedError:
    """The error for a loss, gradient or parameter (``cause``) that is not finite, with a lower learning rate to try.

    Before the first step (``stepped`` is False), the learning rate can't be the reason.
    """
    remedy = "standardize inputs that are far from 0 ± 1"
    where = f"training diverged: the {cause} is not finite at step {step + 1} of {total_steps}"
    if not stepped:
        return DivergedError(
            where,
            hint=f"no step has changed a weight yet, so the learning rate is not the cause: {remedy}, "
            "and check your own components with `nnzoo check`",
        )
    components = (recipe.optimizer, recipe.model, recipe.activation, recipe.loss, recipe.schedule)
    default, _ = default_rates(*components, math.prod(network.output_shape))
    return DivergedError(
        f"{where}, learning rate {learning_rate:.6g}",
        hint=f"try a learning rate below {recipe.learning_rate:g}, such as "
        f"{min(default, recipe.learning_rate / 10):g} (the default here is {default:g}); {remedy} first",
    )
