"""Momentum, weight decay, and the check for finite values, over the flat vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from benchmarks.task import Task
from benchmarks.ways import Array, Way, normal

BETA, RATE, DECAY = 0.9, 1e-9, 1 - 1e-9
Update = Callable[[Array, Array, Array], None]


def five_passes(params: Array, velocity: Array, grad: Array) -> None:
    """Momentum: v ← βv + (1 − β) g,  θ ← θ − ηv."""
    np.multiply(velocity, BETA, out=velocity)
    np.multiply(grad, 1 - BETA, out=grad)
    np.add(velocity, grad, out=velocity)
    np.multiply(velocity, RATE, out=grad)
    np.subtract(params, grad, out=params)


def four_passes(params: Array, velocity: Array, grad: Array) -> None:
    """The heavy ball: v ← βv + g,  θ ← θ − ηv."""
    np.multiply(velocity, BETA, out=velocity)
    np.add(velocity, grad, out=velocity)
    np.multiply(velocity, RATE, out=grad)
    np.subtract(params, grad, out=params)


def zero_dimensional(params: Array, velocity: Array, grad: Array, numbers: tuple[Array, Array, Array]) -> None:
    """The five passes with numbers as arrays."""
    beta, rest, rate = numbers
    np.multiply(velocity, beta, out=velocity)
    np.multiply(grad, rest, out=grad)
    np.add(velocity, grad, out=velocity)
    np.multiply(velocity, rate, out=grad)
    np.subtract(params, grad, out=params)


def ways(n: int) -> Iterator[Way]:
    size = Task().parameters
    params, velocity, grad, source = normal(size), normal(size), normal(size), normal(size)
    numbers = (np.array(BETA, np.float32), np.array(1 - BETA, np.float32), np.array(RATE, np.float32))
    rows, mixed, factors = normal(3, size), np.empty((2, size), np.float32), normal(2, 3)

    def whole(update: Update) -> None:
        np.copyto(grad, source)  # or the numbers vanish after many calls; see "one pass"
        update(params, velocity, grad)

    def in_pieces(update: Update, length: int) -> None:
        np.copyto(grad, source)
        for start in range(0, size, length):
            piece = slice(start, start + length)
            update(params[piece], velocity[piece], grad[piece])

    yield "one pass: copy g (also part of every momentum below)", lambda: np.copyto(grad, source)
    yield "weight decay: θ *= c", lambda: np.multiply(params, DECAY, out=params)
    yield "momentum: five passes", partial(whole, five_passes)
    yield "momentum: five passes, numbers as arrays", partial(whole, partial(zero_dimensional, numbers=numbers))
    yield "momentum: heavy ball, four passes", partial(whole, four_passes)
    for length in (2048, 4096, 8192, 16_384):
        yield f"momentum: five passes, pieces of {length}", partial(in_pieces, five_passes, length)
    yield "momentum: (θ, v) ← A (θ, v, g) as one product", lambda: np.matmul(factors, rows, out=mixed)
    yield "finite: isfinite(vdot(g, g))", lambda: math.isfinite(np.vdot(grad, grad))
    yield "finite: isfinite(g.max())", lambda: math.isfinite(grad.max())
    yield "finite: isfinite(g).all()", lambda: np.isfinite(grad).all()
