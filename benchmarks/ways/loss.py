"""Softmax, cross-entropy, and the count of what was right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.task import CLASSES, Task
from benchmarks.ways import Way, normal


def ways(n: int) -> Iterator[Way]:
    yield from softmax_ways(n)
    yield from target_ways(n)
    yield from count_ways(n)


def softmax_ways(n: int) -> Iterator[Way]:
    logits = normal(n, CLASSES)
    logits_t, z, row = np.ascontiguousarray(logits.T), logits.copy(), np.empty(n, np.float32)
    z_t, column, ones = logits_t.copy(), row[:, None], np.ones(CLASSES, np.float32)

    def of_rows() -> None:
        logits.max(axis=1, keepdims=True, out=column)
        np.subtract(logits, column, out=z)
        np.exp(z, out=z)
        z.sum(axis=1, keepdims=True, out=column)
        np.divide(z, column, out=z)

    def of_columns() -> None:
        np.maximum.reduce(logits_t, axis=0, out=row)
        np.subtract(logits_t, row, out=z_t)
        np.exp(z_t, out=z_t)
        np.add.reduce(z_t, axis=0, out=row)
        np.divide(z_t, row, out=z_t)

    def of_rows_by_columns() -> None:
        np.copyto(z_t, logits.T)
        of_columns()
        np.copyto(z, z_t.T)

    def of_rows_by_products() -> None:
        np.copyto(z_t, logits.T)
        np.maximum.reduce(z_t, axis=0, out=row)
        np.subtract(logits, column, out=z)
        np.exp(z, out=z)
        np.matmul(z, ones, out=row)
        np.divide(z, column, out=z)

    yield "softmax: (n, 10)", of_rows
    yield "softmax: (10, n)", of_columns
    yield "softmax: (n, 10), copied to (10, n) and back", of_rows_by_columns
    yield "softmax: (n, 10), maxima of a (10, n) copy, sums as z · ones", of_rows_by_products


def target_ways(n: int) -> Iterator[Way]:
    z, labels = normal(n, CLASSES), Task(samples=n).data()[1]
    places, flat, identity = np.arange(n), np.empty(n, np.intp), np.eye(CLASSES, dtype=np.float32)
    one_hot, t, all_one_hot = identity[labels], np.empty_like(z), identity[Task().data()[1]]
    chosen = np.random.default_rng(2).permutation(len(all_one_hot))[:n]

    def fancy_index() -> None:
        z[places, labels] -= 1

    def flat_index() -> None:
        np.multiply(places, CLASSES, out=flat)
        np.add(flat, labels, out=flat)
        z.reshape(-1)[flat] -= 1

    def gathered(source: np.ndarray, which: np.ndarray) -> None:
        source.take(which, axis=0, out=t, mode="clip")
        np.subtract(z, t, out=z)

    yield "target: z[places, labels] -= 1", fancy_index
    yield "target: one flat index", flat_index
    yield "target: gathered rows of the identity", lambda: gathered(identity, labels)
    yield "target: gathered rows of all one-hots", lambda: gathered(all_one_hot, chosen)
    yield "target: an existing one-hot", lambda: np.subtract(z, one_hot, out=z)


def count_ways(n: int) -> Iterator[Way]:
    logits, labels = normal(n, CLASSES), Task(samples=n).data()[1]
    logits_t, sums, one_hot = (
        np.ascontiguousarray(logits.T),
        np.ones(n, np.float32),
        np.eye(CLASSES, dtype=np.float32)[labels],
    )
    flat, z_t = labels * n + np.arange(n), logits_t - logits_t.max(axis=0)

    def right_by_target() -> int:
        return n - int(np.count_nonzero(z_t.reshape(-1).take(flat)))

    yield "loss: sum of log", lambda: float(np.add.reduce(np.log(sums)))
    yield "loss: logits of the targets, vdot with the one-hot", lambda: float(np.vdot(logits, one_hot))
    yield "right: argmax(axis=1) == labels", lambda: np.count_nonzero(logits.argmax(axis=1) == labels)
    yield "right: argmax(axis=0) == labels", lambda: np.count_nonzero(logits_t.argmax(axis=0) == labels)
    yield "right: target's logit less the maximum is 0", right_by_target
