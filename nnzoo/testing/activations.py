"""Checks of activations."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Activation, Initialization
from nnzoo.testing.check import CheckFailed, require
from nnzoo.testing.numerics import far_off, floating_point_errors, random, slopes
from nnzoo.testing.plain import plain, require_same

EXTREMES = (-1e4, -1e3, -100.0, -88.8, -50.0, -1.0, -1e-38, -0.0, 0.0, 1e-38, 1.0, 50.0, 88.8, 100.0, 1e3, 1e4)
"""exp(88.8) is more than a float32 can hold."""

SHAPES = ((1,), (7,), (1, 1), (3, 4), (0, 3), (2, 3, 4), (2, 3, 4, 5))
STEEPEST = 3.0
"""Factor by which a function may be steeper or flatter than declared."""


def exercise(activation: Activation) -> list[Any]:
    """Use the activation once."""
    z = _points(np.float32)
    return [_value(activation, z), _slope(activation, z)]


def check_in_place(activation: Activation) -> None:
    """`forward` fills ``out`` and `backward` changes ``grad``; both return None and leave ``z`` unchanged."""
    z = _points(np.float32)
    before, whole = z.copy(), np.full((3, z.size), np.nan, np.float32)
    out, grad = whole[0], whole[1]
    require(activation.forward(z, out) is None, "forward returns something", hint="write the result into out")
    hint = "write np.tanh(z, out=out), or out[...] = …"
    require(not np.isnan(out).any(), "forward leaves (part of) out unwritten", hint=hint)
    grad[...] = 3
    expected, _ = slopes(lambda x: _value(activation, x), z.astype(np.float64))
    returned = activation.backward(z, out, grad)
    unchanged = bool(np.all(grad == 3)) and float(np.abs(expected - 1).max()) > 1e-3
    hint = "write `grad *= …`, which changes the array, not `grad = grad * …`, which makes another"
    require(returned is None, "backward returns something", hint=hint)
    require(not unchanged, "backward leaves grad unchanged", hint=hint)
    hint = "write only to out in forward, and to a and grad in backward"
    require(np.array_equal(z, before), "z is changed", hint=hint)
    require(np.isnan(whole[2]).all(), "it writes outside the arrays that it receives")


def check_derivative(activation: Activation) -> None:
    """`backward` multiplies ``grad`` by the derivative of what `forward` computes (central differences, float64)."""
    z = _points(np.float64)
    expected, smooth = slopes(lambda x: _value(activation, x), z)
    require(smooth.mean() > 0.9, "forward computes a function that jumps in many places")
    upstream = random(1).uniform(0.5, 2, z.shape)
    grad = upstream.copy()
    activation.backward(z, _value(activation, z), grad)
    found = grad / upstream
    place = far_off(found[smooth], expected[smooth])
    if place is not None:
        at, is_, should = z[smooth][place], found[smooth][place], expected[smooth][place]
        raise CheckFailed(f"at z = {at:.4g} backward multiplies grad by {is_:.6g}, but f′ is {should:.6g} there")


def check_dtype(activation: Activation) -> None:
    """float32 gives the values of float64, to the precision of float32."""
    z = _points(np.float32)
    for what, function in METHODS:
        single, double = function(activation, z), function(activation, z.astype(np.float64))
        place = far_off(single.astype(np.float64), double, 1e-4)
        if place is not None:
            raise CheckFailed(
                f"at z = {z[place]:.4g} {what} gives {single[place]:.6g} in float32, {double[place]:.6g} in float64"
            )


def check_extremes(activation: Activation) -> None:
    """Inputs of ±10,000 in float32 give finite values and slopes, without overflow or warning."""
    z = np.array(EXTREMES, np.float32)
    for what, function in METHODS:
        try:
            with floating_point_errors():
                result = function(activation, z)
        except FloatingPointError as error:
            raise CheckFailed(f"{what}: {error} for inputs within ±10,000") from None
        if not np.isfinite(result).all():
            at = z[~np.isfinite(result)][0]
            raise CheckFailed(f"at z = {at:.4g} {what} gives {result[~np.isfinite(result)][0]}")


def check_shapes(activation: Activation) -> None:
    """It works elementwise on arrays of any shape, with up to four axes and with no samples."""
    for shape in SHAPES:
        z = random(2).standard_normal(shape).astype(np.float32)
        flat = z.reshape(-1)
        for what, function in METHODS:
            result = function(activation, z).reshape(-1)
            alone = np.concatenate([function(activation, flat[i : i + 1]) for i in range(flat.size)] or [flat])
            require(
                far_off(result.astype(np.float64), alone.astype(np.float64), 1e-5) is None,
                f"{what} on an array of shape {shape} differs from {what} on each value alone",
                hint="an activation works elementwise; a function of several values is a layer",
            )


def check_slope_declared(activation: Activation) -> None:
    """The class variable `slope` is close to the function's steepest slope, as default learning rates assume."""
    steepest = float(np.abs(_slope(activation, _points(np.float64))).max())
    require(
        activation.slope / STEEPEST <= steepest <= activation.slope * STEEPEST,
        f"its steepest slope is {steepest:.3g}, but it declares {activation.slope:g}",
        hint=f"write slope: ClassVar[float] = {steepest:.2g}",
    )


def check_initialization(activation: Activation) -> None:
    """The class variable `initialization` is a known initialization."""
    declared, known = activation.initialization, get_args(Initialization)
    require(declared in known, f"initialization = {declared!r}", hint=f"one of {known}")


def check_export(activation: Activation) -> None:
    """Its function in exported scripts computes the same values."""
    z = _points(np.float32)[:2000].reshape(50, 40)
    require_same(plain(activation), _value(activation, z), [z])


def _points(dtype: type[np.floating[Any]]) -> NDArray[Any]:
    """Points from −10 to 10; none is a round number, where kinks tend to be."""
    return (np.linspace(-10, 10, 2001) + 1 / 299.7).astype(dtype)


def _value(activation: Activation, z: NDArray[Any]) -> NDArray[Any]:
    out = np.full_like(z, np.nan)
    activation.forward(z, out)
    return out


def _slope(activation: Activation, z: NDArray[Any]) -> NDArray[Any]:
    """A gradient of ones after `backward`."""
    grad = np.ones_like(z)
    activation.backward(z, _value(activation, z), grad)
    return grad


METHODS = (("forward", _value), ("backward", _slope))
