"""The algorithm of the project that nnzoo grew out of, rewritten for comparison.

float64; data copied into shuffled order each epoch; a dict of arrays updated out of place; the full training and test
sets evaluated after each epoch, which counts as a part of it; sigmoid, momentum β = 0.9, learning rate 4. With these
values it reaches about 97.4 % on MNIST in ten epochs (``python -m benchmarks.original_run``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.task import CLASSES, Task

BETA, LEARNING_RATE = 0.9, 4.0
Array = NDArray[Any]
Arrays = dict[str, Array]


class Original:
    """A network with one hidden layer.

    Parameters
    ----------
    sizes : tuple of int
        Widths of input, hidden layer and output.
    """

    def __init__(self, sizes: tuple[int, int, int], seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        inputs, hidden, outputs = sizes
        self.params: Arrays = {
            "W1": self.rng.standard_normal((hidden, inputs)) * np.sqrt(1 / inputs),
            "b1": np.zeros((hidden, 1)),
            "W2": self.rng.standard_normal((outputs, hidden)) * np.sqrt(1 / hidden),
            "b2": np.zeros((outputs, 1)),
        }
        self.velocity: Arrays = {name: np.zeros_like(array) for name, array in self.params.items()}

    def forward(self, x: Array) -> Arrays:
        """All intermediate values of a batch, samples in columns; x of shape (n, inputs)."""
        params = self.params
        z1 = params["W1"] @ x.T + params["b1"]
        a1 = 1 / (1 + np.exp(-z1))
        z2 = params["W2"] @ a1 + params["b2"]
        exps = np.exp(z2 - z2.max())
        return {"x": x, "z1": z1, "a1": a1, "output": exps / exps.sum(axis=0)}

    def gradients(self, seen: Arrays, one_hot: Array) -> Arrays:
        """Of the mean loss, by the names of the parameters."""
        n = len(one_hot)
        dz2 = seen["output"] - one_hot.T
        exps = np.exp(-seen["z1"])
        dz1 = (self.params["W2"].T @ dz2) * exps / (exps + 1) ** 2
        return {
            "W1": dz1 @ seen["x"] / n,
            "b1": dz1.sum(axis=1, keepdims=True) / n,
            "W2": dz2 @ seen["a1"].T / n,
            "b2": dz2.sum(axis=1, keepdims=True) / n,
        }

    def update(self, gradients: Arrays) -> None:
        """A step along the running average of the gradients."""
        for name, gradient in gradients.items():
            self.velocity[name] = BETA * self.velocity[name] + (1 - BETA) * gradient
            self.params[name] = self.params[name] - LEARNING_RATE * self.velocity[name]

    def evaluate(self, x: Array, one_hot: Array) -> tuple[float, float]:
        """Mean loss and accuracy."""
        output = self.forward(x)["output"]
        loss = -np.sum(one_hot.T * np.log(output)) / len(x)
        return float(loss), float(np.mean(one_hot.argmax(axis=1) == output.argmax(axis=0)))

    def train_epoch(self, train: tuple[Array, Array], test: tuple[Array, Array], batch_size: int) -> float:
        """One epoch and its evaluation; the test accuracy."""
        order = self.rng.permutation(len(train[0]))
        x, one_hot = train[0][order], train[1][order]
        for start in range(0, len(x), batch_size):
            batch = slice(start, start + batch_size)
            self.update(self.gradients(self.forward(x[batch]), one_hot[batch]))
        self.evaluate(*train)
        return self.evaluate(*test)[1]


def prepare(task: Task, threads: int) -> Callable[[], object]:
    images, labels = task.data()
    x, one_hot = images / 255, np.eye(CLASSES)[labels]
    part = task.samples // 6  # as large, beside the training data, as MNIST's test data are
    inputs, hidden, outputs = task.sizes
    network = Original((inputs, hidden, outputs))
    return lambda: network.train_epoch((x, one_hot), (x[:part], one_hot[:part]), task.batch_size)
