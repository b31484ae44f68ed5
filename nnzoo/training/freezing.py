"""Arrays that a training leaves as they are, and arrays that it changes less than the others, or more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import final

import numpy as np

from nnzoo.errors import UsageError, did_you_mean
from nnzoo.kinds import Floats, Optimizer
from nnzoo.nn import Network
from nnzoo.training.optimizing import Update, bound_update


@final
class Freezing:
    """Holds a network's frozen arrays, and scales the change of those with a learning rate of their own.

    Equation, for an array whose learning rate is multiplied by f, with what a step without it would have made of θ,
    weight decay included, as θ′::

        θ ← θ + f (θ′ − θ)

    So it means the same for every optimizer. A frozen array has no gradient either, so that a global norm does not see
    it. A layer all of whose parameters are frozen works as it does in predictions: it draws no random numbers, and its
    running statistics stay as they are.

    Parameters
    ----------
    network : Network
        What is trained.
    freeze : sequence of str
        Patterns of names of parameters, such as ``0.*`` or ``*.bias``.
    learning_rate_of : sequence of str
        ``PATTERN=FACTOR``. Of several that match an array the last one counts; a factor of 0 freezes.

    Attributes
    ----------
    frozen : tuple of str
        The names of the arrays that are frozen.
    factors : dict of str to float
        Those of the others whose learning rate is multiplied, and by what.
    layers : frozenset of int
        The places of the layers that are frozen as a whole.

    Raises
    ------
    UsageError
        When a pattern matches nothing that could be trained, a factor is not one, or nothing is left to train.
    """

    def __init__(self, network: Network, freeze: Sequence[str] = (), learning_rate_of: Sequence[str] = ()) -> None:
        self._network, arrays = network, network.parameters.views()
        rates = parsed_rates(learning_rate_of)
        held = {name for pattern in freeze for name in _matching(pattern, arrays, "freeze")}
        free = [name for name in arrays if name not in held]
        if arrays and not free:
            raise _nothing_left(arrays)
        factors: dict[str, float] = {}
        for pattern, factor in rates:
            factors |= dict.fromkeys(_matching(pattern, free, "learning_rate_of"), factor)
        held |= {name for name, factor in factors.items() if factor == 0}
        if arrays and len(held) == len(arrays):
            raise _nothing_left(arrays)
        self.frozen = tuple(name for name in arrays if name in held)
        self.factors = {name: factor for name, factor in factors.items() if factor not in (0, 1)}
        places = {int(name.partition(".")[0]) for name in arrays}
        frozen = places - {int(name.partition(".")[0]) for name in arrays if name not in held}
        sharing = {place for place, node in enumerate(network.graph.nodes) if node.shared_with in frozen}
        self.layers = frozenset(frozen | sharing)
        self._learning = frozenset(range(len(network.layers))) - self.layers
        self._gradients = [network.gradients[name] for name in self.frozen]
        self._held = [(arrays[name], arrays[name].copy()) for name in self.frozen]
        self._scaled: list[tuple[Floats, Floats, float]] = [
            (arrays[name], np.empty_like(arrays[name]), factor) for name, factor in self.factors.items()
        ]

    def keep(self) -> None:
        """Note what the frozen arrays are, before the training goes on."""
        self._network.learning = self._learning
        for array, kept in self._held:
            np.copyto(kept, array)

    def restore(self) -> None:
        """Make the frozen arrays what they were, to the bit, whatever has been done to them."""
        for array, kept in self._held:
            np.copyto(array, kept)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within this context frozen arrays may be overwritten, which is undone."""
        self.keep()
        yield
        self.restore()

    def before_step(self) -> None:
        """Take the gradient from frozen arrays, and note what those with a learning rate of their own are."""
        for gradient in self._gradients:
            gradient.fill(0)
        for array, before, _ in self._scaled:
            np.copyto(before, array)

    def update_with(self, optimizer: Optimizer) -> Update:
        """The optimizer's step, which then scales the change of the latter, and undoes that of frozen arrays."""
        update = bound_update(optimizer, self._network.parameters, self._network.gradients, probes=True)
        if not (self.frozen or self.factors):
            return update

        def partly(state: dict[str, Floats], learning_rate: float, step: int) -> None:
            update(state, learning_rate, step)
            for array, before, factor in self._scaled:
                array -= before
                array *= factor
                array += before
            self.restore()

        return partly


def pattern_texts(patterns: str | Iterable[str] | None) -> tuple[str, ...]:
    """Patterns as a recipe has them.

    Raises
    ------
    UsageError
        When they are not texts.
    """
    found: tuple[object, ...] = (patterns,) if isinstance(patterns, str) else tuple(patterns or ())
    if not all(found) or not all(isinstance(pattern, str) for pattern in found):
        raise UsageError(f"freeze = {patterns!r} is not a list of patterns", hint="such as ['0.*', '*.bias']")
    return tuple(map(str, found))


def rate_texts(rates: str | Mapping[str, float] | Iterable[str] | None) -> tuple[str, ...]:
    """Learning rates of some arrays as a recipe has them: ``PATTERN=FACTOR``.

    >>> rate_texts({"0.*": 0.1, "*.bias": 2})
    ('0.*=0.1', '*.bias=2.0')

    Raises
    ------
    UsageError
        When they are not patterns with a factor each.
    """
    if isinstance(rates, Mapping):
        rates = [
            f"{pattern}={factor if isinstance(factor, str) else float(factor)}" for pattern, factor in rates.items()
        ]
    found = (rates,) if isinstance(rates, str) else tuple(rates or ())
    parsed_rates(found)
    return found


def parsed_rates(rates: Sequence[str]) -> list[tuple[str, float]]:
    """Each pattern with its factor.

    Raises
    ------
    UsageError
    """
    found = []
    for text in rates:
        pattern, equals, value = str(text).rpartition("=")
        try:
            factor = float(value)
        except ValueError:
            factor = math.nan
        if not (pattern and equals and 0 <= factor < math.inf):
            raise UsageError(
                f"learning_rate_of = {text} is not PATTERN=FACTOR with a factor of 0 or more", hint="such as 0.*=0.1"
            )
        found.append((pattern, factor))
    return found


def _matching(pattern: str, names: Iterable[str], option: str) -> list[str]:
    names = list(names)
    found = [name for name in names if fnmatchcase(name, pattern)]
    if not found:
        near = did_you_mean(pattern.strip("*."), names)
        raise UsageError(
            f"{option}: no trained array matches {pattern}", hint=f"{near}trained arrays are {', '.join(names)}"
        )
    return found


def _nothing_left(names: Iterable[str]) -> UsageError:
    return UsageError("every array is frozen: nothing is left to train", hint=f"leave one free of {', '.join(names)}")
