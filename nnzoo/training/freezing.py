"""Frozen arrays, and arrays with a separate learning rate."""

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
    """Keeps a network's frozen arrays unchanged, and scales the change of arrays with a separate learning rate.

    Equation, for an array whose learning rate is multiplied by f, where θ′ is the result of a step without that factor,
    including weight decay::

        θ ← θ + f (θ′ − θ)

    This means the same for every optimizer. The gradient of a frozen array is 0, so that a global norm ignores it. A
    layer with only frozen parameters works as in predictions: it draws no random numbers, and its running statistics
    stay unchanged.

    Parameters
    ----------
    network : Network
        The trained network.
    freeze : sequence of str
        Patterns of names of parameters, such as ``0.*`` or ``*.bias``.
    learning_rate_of : sequence of str
        ``PATTERN=FACTOR``. The last pattern that matches an array counts; a factor of 0 freezes it.

    Attributes
    ----------
    frozen : tuple of str
        The names of the frozen arrays.
    factors : dict of str to float
        The factors of the other arrays on the learning rate, by name.
    layers : frozenset of int
        The places of the layers with only frozen parameters.

    Raises
    ------
    UsageError
        When a pattern matches no array that can be trained, a factor is invalid, or all arrays are frozen.
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
        """Copy the frozen arrays, before training starts or continues."""
        self._network.learning = self._learning
        for array, copy in self._held:
            np.copyto(copy, array)

    def restore(self) -> None:
        """Restore the frozen arrays, to the bit."""
        for array, copy in self._held:
            np.copyto(array, copy)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within this context frozen arrays may be overwritten; they are restored afterwards."""
        self.keep()
        yield
        self.restore()

    def before_step(self) -> None:
        """Set the gradient of frozen arrays to 0, and copy the arrays with a separate learning rate."""
        for gradient in self._gradients:
            gradient.fill(0)
        for array, before, _ in self._scaled:
            np.copyto(before, array)

    def update_with(self, optimizer: Optimizer) -> Update:
        """The optimizer's step, followed by scaling the change of the latter, and restoring frozen arrays."""
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
    """Patterns for a recipe; UsageError if they are not texts."""
    given: tuple[object, ...] = (patterns,) if isinstance(patterns, str) else tuple(patterns or ())
    if not all(given) or not all(isinstance(pattern, str) for pattern in given):
        raise UsageError(f"freeze = {patterns!r} is not a list of patterns", hint="such as ['0.*', '*.bias']")
    return tuple(map(str, given))


def rate_texts(rates: str | Mapping[str, float] | Iterable[str] | None) -> tuple[str, ...]:
    """Factors on learning rates for a recipe, as ``PATTERN=FACTOR``; UsageError if one is invalid.

    >>> rate_texts({"0.*": 0.1, "*.bias": 2})
    ('0.*=0.1', '*.bias=2.0')
    """
    if isinstance(rates, Mapping):
        rates = [
            f"{pattern}={factor if isinstance(factor, str) else float(factor)}" for pattern, factor in rates.items()
        ]
    texts = (rates,) if isinstance(rates, str) else tuple(rates or ())
    parsed_rates(texts)
    return texts


def parsed_rates(rates: Sequence[str]) -> list[tuple[str, float]]:
    """Each pattern with its factor; UsageError if one is invalid."""
    parsed = []
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
        parsed.append((pattern, factor))
    return parsed


def _matching(pattern: str, names: Iterable[str], option: str) -> list[str]:
    names = list(names)
    matching = [name for name in names if fnmatchcase(name, pattern)]
    if not matching:
        near = did_you_mean(pattern.strip("*."), names)
        raise UsageError(
            f"{option}: no trained array matches {pattern}", hint=f"{near}trained arrays are {', '.join(names)}"
        )
    return matching


def _nothing_left(names: Iterable[str]) -> UsageError:
    return UsageError("every array is frozen: nothing is left to train", hint=f"leave one free of {', '.join(names)}")
