"""`Task`: the network that all contenders train, on the same random data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

PIXELS, CLASSES = 784, 10
LEARNING_RATE, MOMENTUM = 0.1, 0.9
"""The momentum of other libraries, in the form v ← βv + g; the time does not depend on it."""


@dataclass(frozen=True)
class Task:
    """An epoch of a fully connected network on random images of MNIST's size; their content does not change its time.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    batch_size, samples : int
        The last batch of an epoch may be short; it is trained on like the others.
    """

    hidden: tuple[int, ...] = (64,)
    batch_size: int = 128
    samples: int = 60_000

    def __str__(self) -> str:
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch_size}"

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths from the input to the logits."""
        return (PIXELS, *self.hidden, CLASSES)

    @property
    def starts(self) -> range:
        """Where each batch begins."""
        return range(0, self.samples, self.batch_size)

    @property
    def parameters(self) -> int:
        """Weights and biases of the network."""
        return sum((inputs + 1) * units for inputs, units in pairwise(self.sizes))

    def data(self) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
        """Images of shape (samples, 784) and labels of shape (samples,)."""
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (self.samples, PIXELS), np.uint8)
        return images, rng.integers(0, CLASSES, self.samples)

    def scaled_data(self) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """The same with images as float32 in [0, 1]."""
        images, labels = self.data()
        return images * np.float32(1 / 255), labels

    def to_dict(self) -> dict[str, Any]:
        """By name, as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The task from `to_dict`."""
        return cls(tuple(values["hidden"]), values["batch_size"], values["samples"])


def initial_weights(sizes: tuple[int, ...]) -> list[NDArray[np.float32]]:
    """Normal weights of variance 2 / inputs for each layer (He et al. 2015)."""
    rng = np.random.default_rng(1)
    normal = [rng.standard_normal(shape, np.float32) for shape in pairwise(sizes)]
    return [weight * np.float32((2 / len(weight)) ** 0.5) for weight in normal]
