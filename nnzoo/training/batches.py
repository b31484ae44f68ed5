"""Mini-batches: samples in a seeded order, gathered and scaled into preallocated arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nnzoo.kinds import Floats, Shape, Split
from nnzoo.nn.randomness import generator


@final
class Batches:
    """The batches of one split.

    Each batch is ``(x, targets, labels)``: inputs of shape (n, *sample_shape), scaled; targets of shape (n, k),
    one-hot in classification; and the labels of shape (n,), or None in regression. The arrays are overwritten by the
    next batch. The last batch of a pass may be short; no sample is left out.

    Parameters
    ----------
    split : Split
        uint8 or floating-point inputs, and labels or values.
    batch_size : int
        Beyond the number of samples it means one full batch.
    classes : int
        Number of classes; 0 in regression.
    weights : array-like of shape (n,), optional
        How much each sample counts: finite, none below 0, not all 0.

    Attributes
    ----------
    weights : ndarray of shape (n, 1) or None
        Those of the samples in the batch at hand, scaled so that their mean over all samples is 1.
    """

    def __init__(
        self,
        split: Split,
        batch_size: int,
        classes: int,
        dtype: DTypeLike = np.float32,
        weights: ArrayLike | None = None,
    ) -> None:
        self.samples = len(split)
        self.batch_size = min(batch_size, self.samples)
        self._inputs = np.ascontiguousarray(split.inputs).reshape(self.samples, -1)
        self._sample_shape: Shape = split.inputs.shape[1:]
        self._scale = split.scale
        self._labels = split.targets.astype(np.intp) if classes else None
        self._targets: Floats = np.eye(classes, dtype=dtype) if classes else split.targets.astype(dtype)
        self._raw = np.empty((self.batch_size, self._inputs.shape[1]), self._inputs.dtype)
        self._x: Floats = np.empty(self._raw.shape, dtype)
        self._t: Floats = np.empty((self.batch_size, self._targets.shape[1]), dtype)
        self._l = np.empty(self.batch_size, np.intp)
        self.weights: Floats | None = None
        self._weights = None if weights is None else _scaled(np.asarray(weights, np.float64)).astype(dtype)

    def __len__(self) -> int:
        """Batches in one pass, a short last one included."""
        return -(-self.samples // self.batch_size)

    def shuffled(
        self, seed: int, epoch: int, first: int = 0
    ) -> Iterator[tuple[Floats, Floats, NDArray[np.intp] | None]]:
        """One pass in an order that depends on the seed and the epoch alone, from its batch ``first`` on."""
        order = generator(seed, "order", epoch).permutation(self.samples)
        for start in range(first * self.batch_size, self.samples, self.batch_size):
            chosen = order[start : start + self.batch_size]
            raw = self._raw[: len(chosen)]
            self._inputs.take(chosen, axis=0, out=raw, mode="clip")  # any other mode would buffer
            yield self._finish(raw, chosen)

    def in_order(self) -> Iterator[tuple[Floats, Floats, NDArray[np.intp] | None]]:
        """One pass in the order of the data."""
        places = np.arange(self.samples)
        for start in range(0, self.samples, self.batch_size):
            chosen = places[start : start + self.batch_size]
            yield self._finish(self._inputs[start : start + self.batch_size], chosen)

    def _finish(self, raw: NDArray[Any], chosen: NDArray[np.intp]) -> tuple[Floats, Floats, NDArray[np.intp] | None]:
        n = len(chosen)
        x, targets = self._x[:n], self._t[:n]
        np.copyto(x, raw, casting="same_kind" if raw.dtype.kind == "f" else "unsafe")
        if self._scale != 1:
            x *= self._scale
        if self._weights is not None:
            self.weights = self._weights[chosen, None]
        labels = None
        if self._labels is not None:
            labels = self._labels.take(chosen, out=self._l[:n], mode="clip")
            chosen = labels  # the targets are then rows of the identity matrix
        self._targets.take(chosen, axis=0, out=targets, mode="clip")
        return x.reshape(n, *self._sample_shape), targets, labels


def _scaled(weights: Floats) -> Floats:
    """Weights with mean 1; the largest is made 1 first, so that no sum overflows."""
    shares: Floats = weights / weights.max()
    shares /= shares.mean()
    return shares
