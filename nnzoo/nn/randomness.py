"""A separate stream of random numbers for each purpose.

A stream depends on the seed, its purpose and its counters (epoch, step, layer) and on nothing else, so that the
order of the seventh epoch is the same whether or not the first six were run in this process.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

Purpose: TypeAlias = Literal[
    "initialization", "order", "validation", "layer", "importance", "transform", "head", "plugin"
]
_STREAMS: dict[Purpose, int] = {
    "initialization": 0,
    "order": 1,
    "validation": 2,
    "layer": 3,
    "importance": 4,
    "transform": 5,
    "head": 6,
    "plugin": 100,  # custom training loops in plugins, which use the first counter for their purposes
}


def generator(seed: int, purpose: Purpose, *counters: int) -> np.random.Generator:
    """A fresh generator for one purpose.

    >>> generator(0, "order", 1).permutation(5).tolist() == generator(0, "order", 1).permutation(5).tolist()
    True
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(_STREAMS[purpose], *counters))
    return np.random.Generator(np.random.PCG64(sequence))


def other_seed(seed: int) -> int:
    """The seed of a new head in a training run with this seed: always different from it, but a function of it.

    >>> other_seed(0) == other_seed(0) != 0
    True
    """
    return int(generator(seed, "head").integers(1 << 63))
