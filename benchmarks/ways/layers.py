"""ReLU, and the small last layer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.task import CLASSES
from benchmarks.ways import HIDDEN, Way, normal


def ways(n: int) -> Iterator[Way]:
    z, a, grad, mask = normal(n, HIDDEN), normal(n, HIDDEN), normal(n, HIDDEN), np.empty((n, HIDDEN), np.bool_)
    weight, delta = normal(HIDDEN, CLASSES), normal(n, CLASSES)
    delta_t, y, y_t = (
        np.ascontiguousarray(delta.T),
        np.empty((n, CLASSES), np.float32),
        np.empty((CLASSES, n), np.float32),
    )
    out, back = np.empty_like(weight), np.empty_like(a)

    def maximum_of_arrays() -> None:
        a.fill(0)
        np.maximum(z, a, out=a)

    def greater_as_float() -> None:
        np.greater(z, 0, out=a)
        np.multiply(grad, a, out=grad)

    def greater_as_bool() -> None:
        np.greater(z, 0, out=mask)
        np.multiply(grad, mask, out=grad)

    def sign() -> None:
        np.sign(a, out=a)
        np.multiply(grad, a, out=grad)

    def copy_where() -> None:
        np.less_equal(z, 0, out=mask)
        np.copyto(grad, 0, where=mask)

    yield "relu: maximum(z, 0)", lambda: np.maximum(z, 0, out=a)
    yield "relu: fill with 0, maximum of two arrays", maximum_of_arrays
    yield "relu′: z > 0 as float32, multiply", greater_as_float
    yield "relu′: z > 0 as bool, multiply", greater_as_bool
    yield "relu′: sign(a), multiply", sign
    yield "relu′: copyto(grad, 0, where=)", copy_where
    yield "logits: h·W₂, out as (n, 10)", lambda: np.matmul(z, weight, out=y)
    yield "logits: W₂ᵀ·hᵀ, out as (10, n)", lambda: np.matmul(weight.T, z.T, out=y_t)
    yield "∂W₂: δ as (n, 10)", lambda: np.matmul(z.T, delta, out=out)
    yield "∂W₂: δ as (10, n)", lambda: np.matmul(z.T, delta_t.T, out=out)
    yield "∂h: δ as (n, 10)", lambda: np.matmul(delta, weight.T, out=back)
    yield "∂h: δ as (10, n)", lambda: np.matmul(delta_t.T, weight.T, out=back)
