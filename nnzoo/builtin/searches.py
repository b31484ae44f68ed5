"""Searches: a grid, random draws, and successive halving."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc

from nnzoo.api import Choice, Dimension, Proposal, Search, Space, Tried, hookimpl

DEFAULT_TRIALS = 20
PATIENCE = 1000
"""Consecutive draws without a new configuration after which a space is exhausted."""


@dataclass(frozen=True)
class Grid(Search):
    """Every combination, with ``points`` values of each range; the first option varies slowest.

    With fewer trials than combinations, it tries the first ones.
    """

    name: ClassVar[str] = "grid"

    points: Annotated[int, Ge(1), Le(1000), doc("values of a range, from its low end to its high end")] = 5

    def propose(self, space: Space, trials: int | None, seed: int, tried: Sequence[Tried]) -> Sequence[Proposal]:
        return [Proposal(each) for each in islice(_combinations(space, self.points), len(tried), trials)]


@dataclass(frozen=True)
class Random(Search):
    """Random configurations without repetition: options of a choice have equal odds, and ranges are drawn evenly.

    More trials start with the same ones. Default: 20.

    References
    ----------
    Bergstra & Bengio (2012), "Random search for hyper-parameter optimization", JMLR 13.
    """

    name: ClassVar[str] = "random"

    def propose(self, space: Space, trials: int | None, seed: int, tried: Sequence[Tried]) -> Sequence[Proposal]:
        if len(tried) >= (most := trials or DEFAULT_TRIALS):
            return []  # without drawing the earlier ones again, which is slow
        return [Proposal(each) for each in islice(_draws(space, seed), len(tried), most)]


@dataclass(frozen=True)
class Halving(Search):
    """Many configurations for few epochs, then the best ones for more: successive halving in synchronous rungs.

    Equation, with n trials, the factor η and rungs r = 0 … R − 1::

        tried in rung r           ⌈n / ηʳ⌉
        share of the epochs       η^(r − R + 1)

    Each rung trains from the start, with its complete schedule in its share of the epochs. Default: 20 trials.

    References
    ----------
    Jamieson & Talwalkar (2016), "Non-stochastic best arm identification and hyperparameter optimization", AISTATS,
    arXiv:1502.07943.
    """

    name: ClassVar[str] = "halving"

    factor: Annotated[int, Ge(2), Le(10), doc("one in this many is promoted to the next rung")] = 3
    rungs: Annotated[int, Ge(1), Le(10), doc("largest number of rungs")] = 3

    def propose(self, space: Space, trials: int | None, seed: int, tried: Sequence[Tried]) -> Sequence[Proposal]:
        first = [*islice(_draws(space, seed), trials or DEFAULT_TRIALS)]
        rungs = 1
        while rungs < self.rungs and self.factor**rungs <= len(first):
            rungs += 1
        candidates, done = first, 0
        for rung in range(rungs):
            if len(tried) == done:
                return [Proposal(each, float(self.factor) ** (rung - rungs + 1)) for each in candidates]
            results = tried[done : done + len(candidates)]
            best = sorted(range(len(results)), key=lambda place: (results[place].cost, place))
            promoted = sorted(best[: math.ceil(len(first) / self.factor ** (rung + 1))])
            done += len(candidates)
            candidates = [dict(results[place].proposal.configuration) for place in promoted]
        return []


def _combinations(space: Space, points: int) -> Iterator[dict[str, str]]:
    """All configurations, in the order of an odometer: the last dimension that was met advances first."""
    path: list[list[int]] = []  # the position and the number of positions of each dimension that was met
    while True:
        met = count()

        def pick(dimension: Dimension, met: Iterator[int] = met) -> float:
            depth = next(met)
            if depth == len(path):
                path.append([0, _places(dimension, points)])
            place, places = path[depth]
            return place if isinstance(dimension, Choice) else dimension.at(place / max(places - 1, 1))

        yield space.configuration(pick)
        while path and path[-1][0] + 1 == path[-1][1]:
            path.pop()
        if not path:
            return
        path[-1][0] += 1


def _places(dimension: Dimension, points: int) -> int:
    if isinstance(dimension, Choice):
        return len(dimension.options)
    return min(points, int(dimension.high - dimension.low) + 1) if dimension.scale == "integer" else points


def _draws(space: Space, seed: int) -> Iterator[dict[str, str]]:
    """Distinct random configurations, until the space is exhausted."""
    seen: set[tuple[str, ...]] = set()
    number = last = 0
    while number - last < PATIENCE:
        rng = np.random.default_rng([seed, number])

        def pick(dimension: Dimension, rng: np.random.Generator = rng) -> float:
            if isinstance(dimension, Choice):
                return int(rng.integers(len(dimension.options)))
            return dimension.at(rng.random())

        configuration = space.configuration(pick)
        number += 1
        if (values := (*configuration.values(),)) not in seen:
            seen.add(values)
            last = number
            yield configuration


@hookimpl
def nnzoo_searches() -> list[type[Search]]:
    return [Grid, Random, Halving]
