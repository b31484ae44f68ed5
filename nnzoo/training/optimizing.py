"""An optimizer on a network's arrays, in the form in which it takes them: one vector, or each by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from nnzoo.kinds import Floats, LayerwiseOptimizer, Optimizer
from nnzoo.kinds.arrays import require_arrays
from nnzoo.nn.parameters import FlatParameters

Update: TypeAlias = Callable[[dict[str, Floats], float, int], None]
"""Takes a step, from the optimizer's state, the learning rate and the number of steps before."""


def initial_memory(optimizer: Optimizer, parameters: FlatParameters) -> dict[str, Floats]:
    """What the optimizer remembers before the first step.

    Raises
    ------
    PluginError
        When it does not return that.
    """
    if isinstance(optimizer, LayerwiseOptimizer):
        memory, method = optimizer.init_arrays(parameters.views()), "init_arrays"
    else:
        memory, method = optimizer.init(parameters.vector), "init"
    require_arrays(optimizer, method, memory)
    return memory


def bound_update(optimizer: Optimizer, parameters: FlatParameters, gradients: FlatParameters) -> Update:
    """The optimizer's step on these arrays."""
    if isinstance(optimizer, LayerwiseOptimizer):
        return partial(optimizer.update_arrays, parameters.views(), gradients.views())
    return partial(optimizer.update, parameters.vector, gradients.vector)
