"""The predictions of nnzoo's layers, activations and losses in plain NumPy: each names its function as ``in_numpy``.

Exported scripts contain their source, so each function stands alone. Arrays are float32 of shape (n, …), for n samples.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]


def dense(x: Array, weight: Array, bias: Array) -> Array:
    """Fully connected layer: y = x W + b, with each sample flattened to one row."""
    return x.reshape(len(x), -1) @ weight + bias


def add(*inputs: Array) -> Array:
    """The sum of several inputs; one with fewer axes is broadcast along the missing last ones."""
    axes = max(x.ndim for x in inputs)
    y, *others = (x.reshape(*x.shape, *(axes - x.ndim) * (1,)) for x in inputs)
    for x in others:
        y = y + x
    return y


def multiply(*inputs: Array) -> Array:
    """The product of several inputs; one with fewer axes is broadcast along the missing last ones."""
    axes = max(x.ndim for x in inputs)
    y, *others = (x.reshape(*x.shape, *(axes - x.ndim) * (1,)) for x in inputs)
    for x in others:
        y = y * x
    return y


def concatenate(*inputs: Array, axis: int) -> Array:
    """The concatenation of several inputs along an axis of a sample."""
    return np.concatenate(inputs, axis + 1)


def part(x: Array, start: int, shape: tuple[int, ...]) -> Array:
    """Some values of each sample, reshaped."""
    return x.reshape(len(x), -1)[:, start : start + math.prod(shape)].reshape(len(x), *shape)


def identity(x: Array) -> Array:
    """The input itself."""
    return x


def relu(z: Array) -> Array:
    """Rectified linear unit: max(0, z)."""
    return np.maximum(z, 0)


def sigmoid(z: Array) -> Array:
    """Logistic sigmoid: 1 / (1 + exp(-z)), in a form that can't overflow."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def softmax(z: Array) -> Array:
    """Probabilities: exp(z) divided by its sum, for each sample."""
    z = np.exp(z - z.max(axis=-1, keepdims=True))
    return z / z.sum(axis=-1, keepdims=True)


def joint(z: Array, losses_of: tuple[Any, ...], widths: tuple[int, ...]) -> Array:
    """The predictions of several losses, each for its share of the outputs."""
    if not losses_of:
        return z
    parts = np.split(z, np.cumsum(widths)[:-1], axis=-1)
    return np.concatenate([predict(part) for predict, part in zip(losses_of, parts, strict=True)], axis=-1)
