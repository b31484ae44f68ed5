"""What nnzoo's layers, activations and losses compute in a prediction: each names its function as ``in_numpy``.

Exported scripts have their source, so each stands for itself. Arrays are float32, of shape (n, …) with n samples.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]


def dense(x: Array, weight: Array, bias: Array) -> Array:
    """Fully connected layer: y = x W + b, with each sample as one row of values."""
    return x.reshape(len(x), -1) @ weight + bias


def add(*inputs: Array) -> Array:
    """The sum of several inputs; one with fewer axes has a value for each of the first ones."""
    axes = max(x.ndim for x in inputs)
    y, *others = (x.reshape(*x.shape, *(axes - x.ndim) * (1,)) for x in inputs)
    for x in others:
        y = y + x
    return y


def multiply(*inputs: Array) -> Array:
    """The product of several inputs; one with fewer axes has a factor for each of the first ones."""
    axes = max(x.ndim for x in inputs)
    y, *others = (x.reshape(*x.shape, *(axes - x.ndim) * (1,)) for x in inputs)
    for x in others:
        y = y * x
    return y


def concatenate(*inputs: Array, axis: int) -> Array:
    """Several inputs one behind the other along an axis of a sample."""
    return np.concatenate(inputs, axis + 1)


def part(x: Array, start: int, shape: tuple[int, ...]) -> Array:
    """Some values of each sample, in a shape of their own."""
    return x.reshape(len(x), -1)[:, start : start + math.prod(shape)].reshape(len(x), *shape)


def identity(x: Array) -> Array:
    """Nothing is done."""
    return x


def relu(z: Array) -> Array:
    """Rectified linear unit: max(0, z)."""
    return np.maximum(z, 0)


def sigmoid(z: Array) -> Array:
    """Logistic sigmoid: 1 / (1 + exp(-z)), in a form that can't overflow."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def softmax(z: Array) -> Array:
    """Probabilities: exp(z) divided by their sum, for each sample its own."""
    z = np.exp(z - z.max(axis=-1, keepdims=True))
    return z / z.sum(axis=-1, keepdims=True)
