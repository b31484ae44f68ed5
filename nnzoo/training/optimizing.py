"""Apply an optimizer to a network's arrays: as one vector, in pieces, or each by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from nnzoo.component import with_inner
from nnzoo.errors import UsageError
from nnzoo.kinds import Floats, LayerwiseOptimizer, Optimizer, ProbingOptimizer
from nnzoo.kinds.arrays import require_arrays
from nnzoo.nn.parameters import FlatParameters
from nnzoo.nn.threads import in_threads

PIECE = 2**16
"""Numbers of each vector to update at a time, so that they stay in the processor's cache."""
Update: TypeAlias = Callable[[dict[str, Floats], float, int], None]
"""Takes a step, from the optimizer's state, the learning rate and the number of steps before."""


def initial_memory(optimizer: Optimizer, parameters: FlatParameters) -> dict[str, Floats]:
    """The optimizer's state before the first step.

    Raises PluginError if it does not return arrays by name, and UsageError as `require_inner_served`.
    """
    require_inner_served(optimizer)
    if isinstance(optimizer, LayerwiseOptimizer):
        memory, method = optimizer.init_arrays(parameters.views()), "init_arrays"
    else:
        memory, method = optimizer.init(parameters.vector), "init"
    require_arrays(optimizer, method, memory)
    return memory


def require_inner_served(optimizer: Optimizer) -> None:
    """Refuse (UsageError) an inner optimizer that needs each array or a second gradient, as no outer one has these."""
    for inner in with_inner(optimizer):
        if isinstance(inner, ProbingOptimizer) and inner is not optimizer:
            raise UsageError(
                f"{optimizer.label} can't work through {inner.label}, which needs a second gradient: only the "
                "outermost optimizer gets one",
                hint=f"put {inner.name} on the outside, or use it alone",
            )
        if isinstance(inner, LayerwiseOptimizer) and not isinstance(optimizer, LayerwiseOptimizer):
            raise UsageError(
                f"{optimizer.label} can't work through {inner.label}, which needs each array of the network "
                "separately, but would get one vector",
                hint=f"choose an inner optimizer that takes one vector, or {inner.name} alone",
            )


def bound_update(
    optimizer: Optimizer, parameters: FlatParameters, gradients: FlatParameters, *, probes: bool = False
) -> Update:
    """The function that takes the optimizer's step on these arrays, which have one layout.

    ``probes`` says whether the caller computes the second gradient of a `ProbingOptimizer`; if not, such an optimizer
    is refused (UsageError).
    """
    if isinstance(optimizer, ProbingOptimizer) and not probes:
        raise UsageError(
            f"{optimizer.label} needs a second gradient, which this training loop does not compute",
            hint="choose another optimizer",
        )
    if isinstance(optimizer, LayerwiseOptimizer):
        return partial(optimizer.update_arrays, parameters.views(), gradients.views())
    if optimizer.in_pieces and len(parameters) >= 2 * PIECE:
        return partial(_in_pieces, optimizer, parameters.vector, gradients.vector)
    return partial(optimizer.update, parameters.vector, gradients.vector)


def _in_pieces(
    optimizer: Optimizer,
    parameters: Floats,
    gradients: Floats,
    state: dict[str, Floats],
    learning_rate: float,
    step: int,
) -> None:
    """Take the optimizer's step piece by piece."""

    def update(some: slice) -> None:
        pieces = {name: array[some] for name, array in state.items()}
        updated = dict(pieces)
        optimizer.update(parameters[some], gradients[some], updated, learning_rate, step)
        for name, piece in pieces.items():
            if updated[name] is not piece:  # replaced instead of changed in place
                piece[...] = updated[name]

    in_threads(update, [slice(start, start + PIECE) for start in range(0, len(parameters), PIECE)])
