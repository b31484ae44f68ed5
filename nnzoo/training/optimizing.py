"""An optimizer on a network's arrays, in the form in which it takes them: one vector, or each by its name."""

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
"""Numbers of each vector at a time, for an optimizer that takes pieces: they stay in a processor's cache."""
Update: TypeAlias = Callable[[dict[str, Floats], float, int], None]
"""Takes a step, from the optimizer's state, the learning rate and the number of steps before."""


def initial_memory(optimizer: Optimizer, parameters: FlatParameters) -> dict[str, Floats]:
    """What the optimizer remembers before the first step.

    Raises
    ------
    PluginError
        When it does not return that.
    UsageError
        When an optimizer inside it would not be handed what it needs: each array, or the gradient where it wants it.
    """
    require_inner_served(optimizer)
    if isinstance(optimizer, LayerwiseOptimizer):
        memory, method = optimizer.init_arrays(parameters.views()), "init_arrays"
    else:
        memory, method = optimizer.init(parameters.vector), "init"
    require_arrays(optimizer, method, memory)
    return memory


def require_inner_served(optimizer: Optimizer) -> None:
    """Refuse optimizers inside one that would not be handed what they need.

    Raises
    ------
    UsageError
        Where one looks at each array, or wants a second gradient.
    """
    for inner in with_inner(optimizer):
        if isinstance(inner, ProbingOptimizer) and inner is not optimizer:
            raise UsageError(
                f"{optimizer.label} can't work through {inner.label}: that one takes its step from a second gradient, "
                "which only the outermost optimizer is asked for",
                hint=f"put {inner.name} on the outside, or take it alone",
            )
        if isinstance(inner, LayerwiseOptimizer) and not isinstance(optimizer, LayerwiseOptimizer):
            raise UsageError(
                f"{optimizer.label} can't work through {inner.label}: that one looks at each array of the network, "
                "and would be handed all of them as one",
                hint=f"choose an optimizer for it that takes them as one, or {inner.name} alone",
            )


def bound_update(
    optimizer: Optimizer, parameters: FlatParameters, gradients: FlatParameters, *, probes: bool = False
) -> Update:
    """The optimizer's step on these arrays.

    Parameters
    ----------
    optimizer : Optimizer
        One whose `initial_memory` is there.
    parameters, gradients : FlatParameters
        Of one layout.
    probes : bool
        Whether the caller computes the second gradient that a `ProbingOptimizer` wants.

    Raises
    ------
    UsageError
        When such a one would get the first gradient instead.
    """
    if isinstance(optimizer, ProbingOptimizer) and not probes:
        raise UsageError(
            f"{optimizer.label} takes its step from a second gradient, which this training does not compute",
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
    """Take the optimizer's step on one piece of the vectors after the other."""

    def take(some: slice) -> None:
        pieces = {name: array[some] for name, array in state.items()}
        own = dict(pieces)
        optimizer.update(parameters[some], gradients[some], own, learning_rate, step)
        for name, piece in pieces.items():
            if own[name] is not piece:  # put in its place, not written into it
                piece[...] = own[name]

    in_threads(take, [slice(start, start + PIECE) for start in range(0, len(parameters), PIECE)])
