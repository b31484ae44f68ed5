"""A plain NumPy sketch, in place and in float32, for this one network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.task import CLASSES, LEARNING_RATE, MOMENTUM, PIXELS, Task, initial_weights


def prepare(task: Task, threads: int) -> Callable[[], object]:
    images, labels = task.data()
    one_hot = np.eye(CLASSES, dtype=np.float32)
    weights = initial_weights(task.sizes)
    parameters = [array for weight in weights for array in (weight, np.zeros(weight.shape[1], np.float32))]
    gradients, velocities = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    raw = np.empty((task.batch_size, PIXELS), np.uint8)
    activations = [np.empty((task.batch_size, size), np.float32) for size in task.sizes]
    deltas = [np.empty_like(activation) for activation in activations]
    rng = np.random.default_rng(2)

    def epoch() -> None:
        order = rng.permutation(task.samples)
        for start in task.starts:
            step(order[start : start + task.batch_size])

    def step(chosen: np.ndarray) -> None:
        n = len(chosen)
        a, d = [array[:n] for array in activations], [array[:n] for array in deltas]
        images.take(chosen, axis=0, out=raw[:n], mode="clip")
        np.multiply(raw[:n], np.float32(1 / 255), out=a[0])
        for i in range(len(weights)):
            np.matmul(a[i], parameters[2 * i], out=a[i + 1])
            a[i + 1] += parameters[2 * i + 1]
            if i + 1 < len(weights):
                np.maximum(a[i + 1], 0, out=a[i + 1])
        p = d[-1]
        np.subtract(a[-1], a[-1].max(axis=1, keepdims=True), out=p)
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
        p -= one_hot[labels[chosen]]
        p *= 1 / n
        for i in reversed(range(len(weights))):
            np.matmul(a[i].T, d[i + 1], out=gradients[2 * i])
            np.sum(d[i + 1], axis=0, out=gradients[2 * i + 1])
            if i:
                np.matmul(d[i + 1], parameters[2 * i].T, out=d[i])
                d[i] *= a[i] > 0
        for parameter, gradient, velocity in zip(parameters, gradients, velocities, strict=True):
            velocity *= MOMENTUM
            velocity += gradient
            np.multiply(velocity, LEARNING_RATE, out=gradient)
            parameter -= gradient

    return epoch
