"""Mini-batches of samples in a seeded order, gathered and scaled into preallocated arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnzoo.component import plugin_bug
from nnzoo.errors import UsageError
from nnzoo.kinds import Buffer, Cursor, Floats, Problem, Rows, Samples, Split, Stream, Transform, TransformBatch
from nnzoo.kinds.rows import EXAMPLES
from nnzoo.nn.randomness import generator


@dataclass(slots=True)
class Batch:
    """The samples of one step, in arrays that the next batch overwrites.

    Losses and metrics see one row per position: m = n · problem.positions rows for n samples.

    Attributes
    ----------
    inputs : ndarray of shape (n, *input_shape)
        The network's inputs.
    targets : ndarray of shape (m,), intp, or (m, k)
        Class numbers, shares of classes, or values.
    weights : ndarray of shape (m,) or None
        Weights of rows in the loss; over all samples their mean is 1.
    counts : ndarray of shape (m,), float64, or None
        Weights of rows in metrics: those of the data, without class weights.
    labels : ndarray of shape (m,), intp, or None
        Class numbers for metrics if the targets are shares of classes.
    """

    inputs: Floats
    targets: NDArray[Any]
    weights: Floats | None = None
    counts: Floats | None = None
    labels: NDArray[np.intp] | None = None

    def average(self, losses: Floats, grad: Floats) -> float:
        """The batch's loss, 1/m Σ wᵢ ℓᵢ; ``grad`` is changed in place from the gradients of rows to that of this loss.

        The divisor is m, not the batch's Σ wᵢ, with which a sample would count less the heavier the others in its batch
        are. Over a whole pass both sums are equal.

        Parameters
        ----------
        losses : ndarray of shape (m,)
            The loss of each row.
        grad : ndarray of shape (m, k)
            The gradient of each row's loss.
        """
        share = 1 / len(losses)
        grad *= share
        if self.weights is None:
            return float(losses.dot(_ones(len(losses), losses.dtype))) * share  # a sum, but twice as fast
        grad *= self.weights[:, None]
        return float(losses.dot(self.weights)) * share


@final
class Batches:
    """The batches of one split, whose inputs are preprocessed and whose targets are encoded.

    The last batch of a pass may be short; no sample is left out.

    Parameters
    ----------
    split : Split
        Integer or floating-point inputs, read batch by batch if they are not in memory; targets of shape
        (n, *problem.target_shape), of any kind if ``target_is_input``; weights of the shape of the positions.
    batch_size : int
        More than the number of samples means one batch of all samples.
    problem : Problem
        Shapes.
    dtype : dtype
        float32, or float64 for gradient checks.
    class_weights : ndarray of shape (k,), optional
        For each class, a factor on the weights of its samples.
    target_is_input : bool
        Whether the network's inputs are the targets.
    transforms : sequence of Transform
        Applied to shuffled batches, in this order.
    """

    def __init__(
        self,
        split: Split,
        batch_size: int,
        problem: Problem,
        dtype: DTypeLike = np.float32,
        *,
        class_weights: NDArray[np.float64] | None = None,
        target_is_input: bool = False,
        transforms: Sequence[Transform] = (),
    ) -> None:
        self.samples, self.positions = len(split), problem.positions
        self.batch_size = size = min(batch_size, self.samples)
        self._shape = problem.input_shape
        self._scale = split.scale
        self._inputs: Samples | Stream = split.inputs if isinstance(split.inputs, Stream) else split.samples
        if isinstance(self._inputs, np.ndarray):
            self._inputs = np.ascontiguousarray(self._inputs).reshape(self.samples, -1)
        self._raw = np.empty((size, *self._inputs.shape[1:]), self._inputs.dtype)
        self._x: Floats = np.empty((size, math.prod(self._raw.shape[1:])), dtype)
        rows = (size * self.positions,) if problem.has_classes else (size * self.positions, problem.width)
        self._rows = rows[1:]
        self._targets: NDArray[Any] | None = None
        if not target_is_input:
            kind = np.intp if problem.has_classes else dtype
            self._targets = split.targets.reshape(len(split.targets), -1).astype(kind)
            self._t = np.empty((size, self._targets.shape[1]), kind)
        counts = None if split.weights is None else _by_position(split.weights, self.samples, self.positions)
        weights = _weights(counts, self._targets, class_weights)
        self._counts, self._weights = counts, None if weights is None else weights.astype(dtype)
        self._c = None if counts is None else np.empty((size, counts.shape[1]))
        self._w: Floats | None = None if self._weights is None else np.empty((size, self._weights.shape[1]), dtype)
        self._transforms, self._width = tuple(transforms), problem.width
        self._workspaces = [_workspace(transform.plan(problem), size, dtype) for transform in self._transforms]
        self._soft: Floats | None = None  # copies of targets, which transforms may change
        if self._transforms and target_is_input:
            self._soft = np.empty((size * self.positions, *self._rows), dtype)
        elif problem.has_classes and any(transform.soft_targets for transform in self._transforms):
            self._soft = np.empty((size * self.positions, problem.width), dtype)

    def __len__(self) -> int:
        """Batches in one pass, a short last one included."""
        return -(-self.samples // self.batch_size)

    @property
    def targets(self) -> NDArray[Any]:
        """All targets, one row per position: (m,), intp, or (m, k); of a stream, those of the first samples."""
        if self._targets is not None:
            return self._targets.reshape(len(self._targets) * self.positions, *self._rows)
        inputs = self._inputs
        if isinstance(inputs, Stream):
            inputs = inputs.next(inputs.cursor(), EXAMPLES)[0]
        return (inputs[:] * self._scale).reshape(len(inputs) * self.positions, *self._rows)

    @property
    def counts(self) -> Floats | None:
        """The weight of each position in metrics, of shape (m,); None if all count the same."""
        return None if self._counts is None else self._counts.reshape(-1)

    def cursor(self, epochs: int = 0) -> Cursor:
        """The cursor of a stream after a number of epochs; empty for other samples."""
        return self._inputs.cursor(epochs * self.samples) if isinstance(self._inputs, Stream) else {}

    def shuffled(self, seed: int, epoch: int, first: int = 0, cursor: Cursor | None = None) -> Iterator[Batch]:
        """One pass from the batch ``first`` on, in an order that depends only on the seed and the epoch.

        A stream has its own order: it continues at ``cursor``, which each batch advances.
        """
        if isinstance(self._inputs, Stream):
            batches = self._streamed(self._inputs, self.cursor() if cursor is None else cursor, first)
        else:
            batches = self._at(generator(seed, "order", epoch).permutation(self.samples), first)
        for number, batch in enumerate(batches, first):
            if self._transforms:
                self._transform(batch, seed, epoch, number)
            yield batch

    def in_order(self) -> Iterator[Batch]:
        """One pass in the order of the data."""
        if isinstance(self._inputs, Stream):
            yield from self._streamed(self._inputs, self.cursor(), 0)
        elif isinstance(self._inputs, Rows):
            yield from self._at(np.arange(self.samples), 0)
        else:
            places = np.arange(self.samples)
            for start in range(0, self.samples, self.batch_size):
                chosen = places[start : start + self.batch_size]
                yield self._finish(self._inputs[start : start + self.batch_size], chosen)

    def _at(self, order: NDArray[np.intp], first: int) -> Iterator[Batch]:
        """The batches of samples in a given order, from the batch ``first`` on."""
        for start in range(first * self.batch_size, self.samples, self.batch_size):
            chosen = order[start : start + self.batch_size]
            raw = self._raw[: len(chosen)]
            if isinstance(self._inputs, np.ndarray):
                self._inputs.take(chosen, axis=0, out=raw, mode="clip")  # any other mode would buffer
            elif isinstance(self._inputs, Rows):
                self._inputs.read(chosen, raw)
            yield self._finish(raw, chosen)

    def _streamed(self, stream: Stream, cursor: Cursor, first: int) -> Iterator[Batch]:
        """The next batches of a stream, to the end of the epoch, ``first`` batches of which are done."""
        for start in range(first * self.batch_size, self.samples, self.batch_size):
            n = min(self.batch_size, self.samples - start)
            targets = np.empty(n) if self._targets is None else self._t[:n].reshape(n, *stream.target_shape)
            stream.read(cursor, self._raw[:n], targets)
            yield self._finish(self._raw[:n], None)

    def _finish(self, raw: NDArray[Any], chosen: NDArray[np.intp] | None) -> Batch:
        """A batch from the raw inputs of the ``chosen`` samples; None for a stream, whose targets are read already."""
        n = len(raw)
        x = self._x[:n]
        x[...] = raw.reshape(x.shape)
        if self._scale != 1:
            x *= self._scale
        targets: NDArray[Any] = x
        if self._targets is not None:
            targets = self._t[:n]
            if chosen is not None:
                self._targets.take(chosen, axis=0, out=targets, mode="clip")
        return Batch(
            x.reshape(n, *self._shape),
            targets.reshape(n * self.positions, *self._rows),
            None if self._weights is None else _taken(self._weights, chosen, self._w),
            None if self._counts is None else _taken(self._counts, chosen, self._c),
        )

    def _transform(self, batch: Batch, seed: int, epoch: int, number: int) -> None:
        """Apply all transforms to a batch; if one has ``soft_targets``, classes become shares first."""
        if self._soft is not None:
            soft = self._soft[: len(batch.targets)]
            if batch.targets.ndim == 1:
                soft.fill(0)
                np.put_along_axis(soft, batch.targets[:, None], 1, axis=1)
                batch.labels = batch.targets
            else:
                np.copyto(soft, batch.targets)
            batch.targets = soft
        changed = TransformBatch(batch.inputs, batch.targets, batch.weights)
        for place, (transform, arrays) in enumerate(zip(self._transforms, self._workspaces, strict=True)):
            workspace = {name: array[: len(batch.inputs)] for name, array in arrays.items()}
            transform.apply(changed, generator(seed, "transform", place, epoch, number), workspace)
            if batch.targets.dtype.kind == "i" and batch.targets.view(np.uintp).max() >= self._width:  # -1 is huge
                raise plugin_bug(transform, f"apply leaves a target that is not a class, 0 … {self._width - 1}")


def _workspace(plan: Mapping[str, Buffer], samples: int, dtype: DTypeLike) -> dict[str, NDArray[Any]]:
    return {name: np.full((samples, *b.shape), b.fill, b.dtype or dtype) for name, b in plan.items()}


def balanced_weights(targets: NDArray[Any], classes: int, weights: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """Weights with which all classes count the same: n / (k · count), or 0 for a class without samples.

    Parameters
    ----------
    targets : ndarray of intp
        Class numbers of the training part.
    classes : int
        k.
    weights : ndarray of the shape of the targets, optional
        Weights of the positions; or of samples, of shape (n,).
    """
    shares = None
    if weights is not None:
        shares = _by_position(weights, len(targets), targets.size // len(targets)).reshape(-1)
        shares = shares / float(shares.max() or 1)
    counts = np.bincount(targets.reshape(-1), shares, minlength=classes).astype(np.float64)
    balanced: NDArray[np.float64] = np.zeros(classes)
    np.divide(counts.sum() / max(np.count_nonzero(counts), 1), counts, out=balanced, where=counts > 0)
    return balanced


@lru_cache(maxsize=8)
def _ones(m: int, dtype: np.dtype[Any]) -> Floats:
    ones: Floats = np.ones(m, dtype)
    ones.flags.writeable = False
    return ones


def _by_position(weights: NDArray[Any], samples: int, positions: int) -> Floats:
    """Weights of samples, or of their positions, as float64 of shape (n, positions)."""
    rows = np.asarray(weights, np.float64).reshape(samples, -1)
    return rows if rows.shape[1] == positions else np.repeat(rows, positions, axis=1)


def _weights(
    counts: Floats | None, targets: NDArray[Any] | None, class_weights: NDArray[np.float64] | None
) -> Floats | None:
    """Weights in the loss, with mean 1; they are divided by the largest first, so that no sum overflows."""
    weights = counts
    if class_weights is not None and targets is not None:
        weights = class_weights[targets] if weights is None else weights * class_weights[targets]
    if weights is None:
        return None
    largest = float(np.max(weights))
    if not largest:
        raise UsageError("the weights of all samples are 0")
    shares: Floats = np.asarray(weights) / largest
    shares /= shares.mean()
    return shares


def _taken(array: NDArray[Any], chosen: NDArray[np.intp] | None, out: NDArray[Any] | None) -> NDArray[Any] | None:
    if out is None or chosen is None:
        return None
    return array.take(chosen, axis=0, out=out[: len(chosen)], mode="clip").reshape(-1)
