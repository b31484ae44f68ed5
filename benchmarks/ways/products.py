"""The two large products with arrays laid out in several ways, and the bias."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.task import PIXELS
from benchmarks.ways import HIDDEN, SCALE, Way, normal


def ways(n: int) -> Iterator[Way]:
    x, weight, bias, z, grad = (
        normal(n, PIXELS),
        normal(PIXELS, HIDDEN),
        normal(HIDDEN),
        normal(n, HIDDEN),
        normal(n, HIDDEN),
    )
    weight_t, z_t, grad_t = (np.ascontiguousarray(array.T) for array in (weight, z, grad))
    out, out_t, out_bias = np.empty_like(weight), np.empty_like(weight_t), np.empty_like(bias)
    x_one, weight_one, ones = normal(n, PIXELS + 1), normal(PIXELS + 1, HIDDEN), np.ones(n, np.float32)
    out_one, scale = np.empty_like(weight_one), np.array(SCALE, np.float32)

    yield "x·W: W as (784, 64), out as (n, 64)", lambda: np.matmul(x, weight, out=z)
    yield "x·W: W as (64, 784), out as (n, 64)", lambda: np.matmul(x, weight_t.T, out=z)
    yield "x·W: W as (64, 784), out as (64, n)", lambda: np.matmul(weight_t, x.T, out=z_t)
    yield "x·W: with the bias as row 785", lambda: np.matmul(x_one, weight_one, out=z)
    yield "bias: z += b", lambda: np.add(z, bias, out=z)
    yield "scale folded: z *= 1/255", lambda: np.multiply(grad, scale, out=z)
    yield "xᵀ·g: out as (784, 64)", lambda: np.matmul(x.T, grad, out=out)
    yield "xᵀ·g: out as (64, 784)", lambda: np.matmul(grad.T, x, out=out_t)
    yield "xᵀ·g: g as (64, n), out as (64, 784)", lambda: np.matmul(grad_t, x, out=out_t)
    yield "xᵀ·g: with the bias as row 785", lambda: np.matmul(x_one.T, grad, out=out_one)
    yield "∂b: ones · g", lambda: np.matmul(ones, grad, out=out_bias)
    yield "∂b: g.sum(axis=0)", lambda: grad.sum(axis=0, out=out_bias)
    yield "∂b: add.reduce(g)", lambda: np.add.reduce(grad, axis=0, out=out_bias)
    yield "∂b: einsum", lambda: np.einsum("ij->j", grad, out=out_bias)
