"""What layers compute in a prediction, in functions that need NumPy alone: the exporter `numpy` copies their source.

So each stands for itself: beside its arguments it uses ``np``, ``math`` and ``Array``, and nothing else that is here.
Arrays are float32, of shape (n, …) with n samples.
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
    """Several inputs one behind the other along an axis."""
    return np.concatenate(inputs, axis)


def part(x: Array, start: int, shape: tuple[int, ...]) -> Array:
    """Some values of each sample, in a shape of their own."""
    return x.reshape(len(x), -1)[:, start : start + math.prod(shape)].reshape(len(x), *shape)


def conv2d(x: Array, weight: Array, bias: Array, stride: int, padding: tuple[tuple[int, int], ...]) -> Array:
    """Convolution: a window of k × k pixels slides over images x[n, c, row, column], with zeros put around them."""
    k, _, filters = weight.shape
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    seen = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
    weight = weight.reshape(k, -1, k, filters)  # for each row of the window, channel, column, filter
    y = np.tensordot(seen, weight, axes=((4, 1, 5), (0, 1, 2)))
    return y.transpose(0, 3, 1, 2) + bias[:, None, None]


def maxpool2d(x: Array, size: int, stride: int) -> Array:
    """Max pooling: the largest value in each window of size × size pixels."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(-2, -1))
    return windows[..., ::stride, ::stride, :, :].max(axis=(-2, -1))


def batchnorm(x: Array, scale: Array, shift: Array, mean: Array, variance: Array, epsilon: float) -> Array:
    """Batch normalization: each channel with the mean and variance that it had in training, then scaled and shifted."""
    channels = (-1, *(1 for _ in x.shape[2:]))
    scale, shift, mean, variance = (array.reshape(channels) for array in (scale, shift, mean, variance))
    return (x - mean) / np.sqrt(variance + epsilon) * scale + shift


def flatten(x: Array) -> Array:
    """Each sample as one row of values."""
    return x.reshape(len(x), -1)


def relu(z: Array) -> Array:
    """Rectified linear unit: max(0, z)."""
    return np.maximum(z, 0)


def sigmoid(z: Array) -> Array:
    """Logistic sigmoid: 1 / (1 + exp(-z)), in a form that can't overflow."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def tanh(z: Array) -> Array:
    """Hyperbolic tangent."""
    return np.tanh(z)


def leaky_relu(z: Array, negative_slope: float) -> Array:
    """Rectified linear unit that leaks: z above zero, and a small part of it below."""
    return np.where(z > 0, z, negative_slope * z)


def elu(z: Array, alpha: float) -> Array:
    """Exponential linear unit: z above zero, alpha (exp(z) - 1) below."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def gelu(z: Array) -> Array:
    """Gaussian error linear unit: z times the standard normal distribution of z."""
    erf = np.vectorize(math.erf, otypes=[np.float32])
    return z * (0.5 * (1 + erf(z / math.sqrt(2))))


def silu(z: Array) -> Array:
    """Sigmoid linear unit, or swish: z times the sigmoid of z."""
    return z * (0.5 * (1 + np.tanh(0.5 * z)))


def softplus(z: Array) -> Array:
    """Smooth rectified linear unit: log(1 + exp(z))."""
    return np.logaddexp(0, z)


def softmax(z: Array) -> Array:
    """Probabilities: exp(z) divided by their sum, for each sample its own."""
    z = np.exp(z - z.max(axis=-1, keepdims=True))
    return z / z.sum(axis=-1, keepdims=True)
