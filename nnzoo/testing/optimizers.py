"""Checks of optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.hyperparameters import values_of
from nnzoo.kinds import Floats, LayerwiseOptimizer, Optimizer, ProbingOptimizer
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.numerics import far_off, peak_memory, random
from nnzoo.testing.observation import same_objects, saved
from nnzoo.training.optimizing import require_inner_served

SIZE = 1000
CONSTANT_GRADIENT_STEPS = 1500
OVERSHOOT = 1.5
"""With a constant gradient, steps in between may be this many times as large as both the first and the last."""
RATES = tuple(10.0 ** (k / 2) for k in range(3, -11, -1))
"""Learning rates to try for convergence, largest first: 32 … 3e-6."""
PARABOLA_STEPS, ROSENBROCK_STEPS = 1000, 6000

_SHAPES = {"a weight": (6, 4), "a wide weight": (3, 8), "a bias": (4,), "a filter": (5, 2, 3, 3), "a scale": (1,)}
"""Shapes of the arrays that networks have, by a description."""
_NO_PIECES = "if the step of a parameter depends on others, remove in_pieces"
_IN_PLACE = "write params -= …, and state['velocity'][...] = … or an operation with out="


@dataclass(frozen=True)
class _Probe(Optimizer):
    """Gradient descent with a distinct default learning rate."""

    name: ClassVar[str] = "probe"
    default_learning_rate: ClassVar[float] = 0.01234

    def init(self, params: Floats) -> dict[str, Floats]:
        return {}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        grad *= learning_rate
        params -= grad


def exercise(optimizer: Optimizer) -> list[Any]:
    """Use the optimizer once."""
    return [*_run(optimizer, 5)]


def check_state(optimizer: Optimizer) -> None:
    """`init` returns arrays by name, in the parameters' dtype if floating-point, and the first step succeeds."""
    for dtype in (np.float32, np.float64):
        params = _start(dtype)
        before = params.copy()
        state = optimizer.init(params)
        require(isinstance(state, dict), f"init returns {with_article(state)}, not a dict of arrays")
        for name, array in state.items():
            require(isinstance(name, str), f"a key of the state is {name!r}, not a name")
            require(isinstance(array, np.ndarray), f"state[{name!r}] is {with_article(array)}, not an array")
            can_be_saved, what = array.dtype.kind in "fiub", f"state[{name!r}] has dtype {array.dtype}"
            require(can_be_saved, f"{what}, which a checkpoint can't store")
            fine = array.dtype.kind != "f" or array.dtype == params.dtype
            require(fine, f"{what} for parameters of {params.dtype}", hint="make it with np.zeros_like(params)")
            shared = np.shares_memory(array, params)
            require(not shared, f"state[{name!r}] shares memory with the parameters", hint="copy them")
        require(np.array_equal(params, before), "init changes the parameters")
    _take_first_step(optimizer)


def _take_first_step(optimizer: Optimizer) -> None:
    params = _start(np.float32)
    try:
        optimizer.update(params, _gradient(0, np.float32), optimizer.init(params), 0.01, 0)
    except (ArithmeticError, RuntimeWarning) as error:
        try:
            optimizer.update(params, _gradient(0, np.float32), optimizer.init(params), 0.01, 1)
        except (ArithmeticError, RuntimeWarning):
            raise error from None
        hint = "steps count from 0: write step + 1 where an equation counts from 1"
        raise CheckFailed(f"at step 0 update fails: {type(error).__name__}: {error}", hint=hint) from error


def check_in_place(optimizer: Optimizer) -> None:
    """`update` changes ``params`` and the arrays of ``state`` in place, and returns None."""
    params = _start(np.float32)
    before, state = params.copy(), optimizer.init(params)
    arrays = dict(state)
    for step in range(3):
        returned = optimizer.update(params, _gradient(step, np.float32), state, 0.01, step)
        dtype = f" of {returned.dtype}" if isinstance(returned, np.ndarray) else ""
        require(returned is None, f"update returns {with_article(returned)}{dtype}", hint=_IN_PLACE)
    require(not np.array_equal(params, before), "update leaves the parameters unchanged", hint=_IN_PLACE)
    same_names = state.keys() == arrays.keys()
    require(same_names, "update adds or removes arrays of the state", hint="make all of them in init")
    for name, array in arrays.items():
        require(state[name] is array, f"update replaces the array state[{name!r}]", hint=_IN_PLACE)


def check_float32(optimizer: Optimizer) -> None:
    """With float32 parameters, everything stays float32 and follows the path of float64 to the precision of float32."""
    single, state = _run(optimizer, 20, np.float32)
    double, _ = _run(optimizer, 20, np.float64)
    hint = "work in place, with Python floats"
    for name, array in state.items():
        require(array.dtype != np.float64, f"state[{name!r}] has become float64", hint=hint)
    far = np.abs(single - double) > 1e-3 * (1 + np.abs(double))
    # If a method uses only signs, a rounding error may reverse a step.
    require(np.mean(far) < 0.01, f"in float32 {np.mean(far):.0%} of the parameters end elsewhere than in float64")


def check_remembers(optimizer: Optimizer) -> None:
    """Every array of the state changes during training: nothing is forgotten."""
    start = optimizer.init(_start(np.float64))
    if not start:
        raise CheckSkipped("it keeps no state")
    _, state = _run(optimizer, 5, np.float64)
    for name, array in state.items():
        require(
            not np.array_equal(array, start[name]),
            f"after five steps state[{name!r}] still has its initial values",
            hint="update must write its results into the state's arrays; a local variable is lost",
        )


def check_zero_rate(optimizer: Optimizer) -> None:
    """With a learning rate of 0, no parameter changes at all."""
    params = _start(np.float32)
    before, state = params.copy(), optimizer.init(params)
    for step in range(3):
        optimizer.update(params, _gradient(step, np.float32), state, 0.0, step)
    require(np.array_equal(params, before), "parameters change although the learning rate is 0")


def check_resumes(optimizer: Optimizer) -> None:
    """A new optimizer continues from saved arrays to bit-identical parameters."""
    whole, _ = _run(optimizer, 12)
    params, state = _run(optimizer, 7)
    resumed = replace(optimizer)
    params, state = saved(params), {name: saved(array) for name, array in state.items()}
    for step in range(7, 12):
        resumed.update(params, _gradient(step, np.float32), state, 0.01, step)
    require(
        np.array_equal(params, whole),
        "resumed after 7 of 12 steps, it ends with other parameters than without a stop",
        hint="keep everything that it remembers in the state, not on the object; use step for what depends on time",
    )


def check_arrays(optimizer: Optimizer) -> None:
    """A LayerwiseOptimizer updates arrays of any number of axes in place, with a state of arrays by name."""
    if not isinstance(optimizer, LayerwiseOptimizer):
        raise CheckSkipped("it updates one vector")
    for dtype in (np.float32, np.float64):
        arrays: dict[str, Floats] = {
            name: random(5, place).standard_normal(shape).astype(dtype)
            for place, (name, shape) in enumerate(_SHAPES.items())
        }
        before, received = {name: array.copy() for name, array in arrays.items()}, dict(arrays)
        state = optimizer.init_arrays(arrays)
        initial = dict(state)
        for step in range(3):
            gradients = {name: 0.1 * array for name, array in before.items()}
            returned: Any = optimizer.update_arrays(arrays, gradients, state, 0.01, step)
            require(returned is None, f"update_arrays returns {with_article(returned)}", hint=_IN_PLACE)
        for name, array in arrays.items():
            require(array is received[name], f"it replaces the array of {name}", hint=_IN_PLACE)
            require(np.isfinite(array).all(), f"{name}, of shape {array.shape}, is not finite after three steps")
            require(not np.array_equal(array, before[name]), f"{name}, of shape {array.shape}, does not change")
        require(same_objects(state, initial), "update_arrays puts a new array into the state", hint=_IN_PLACE)


def check_probe(optimizer: Optimizer) -> None:
    """The `probe` of a ProbingOptimizer moves the parameters in place to a finite point, without allocating arrays."""
    if not isinstance(optimizer, ProbingOptimizer):
        unused = hasattr(optimizer, "probe")
        require(not unused, "its method probe is never called", hint="inherit from ProbingOptimizer")
        raise CheckSkipped("it takes the gradient at the parameters themselves")
    for dtype in (np.float32, np.float64):
        params = _start(dtype)
        before, state = params.copy(), optimizer.init(params)
        arrays = dict(state)
        returned: Any = optimizer.probe(params, _gradient(0, dtype), state, 0.01, 0)
        require(returned is None, f"probe returns {with_article(returned)}", hint=_IN_PLACE)
        require(not np.array_equal(params, before), "probe leaves the parameters unchanged", hint=_IN_PLACE)
        require(np.isfinite(params).all(), "after probe the parameters are not finite")
        require(same_objects(state, arrays), "probe puts a new array into the state", hint=_IN_PLACE)
        still, zeros = before.copy(), np.zeros_like(before)
        optimizer.probe(still, zeros, optimizer.init(still), 0.01, 0)
        require(np.isfinite(still).all(), "after probe with a gradient of 0 the parameters are not finite")
    params = random(3).standard_normal(2**17).astype(np.float32)
    gradient, state = np.full_like(params, 0.25), optimizer.init(params)
    peak = peak_memory(lambda: optimizer.probe(params, gradient, state, 0.001, 1))
    require(peak <= params.nbytes // 10, f"probe allocates {peak:,} bytes at each step", hint="work in place (out=…)")


def check_elementwise(optimizer: Optimizer) -> None:
    """With `elementwise = True`, separate parts of the vector get the same steps as in the whole."""
    if not optimizer.elementwise:
        raise CheckSkipped("it declares elementwise = False")
    for probing in (False, True) if isinstance(optimizer, ProbingOptimizer) else (False,):
        whole, _ = _run(optimizer, 6, probing=probing)
        parts = [_run(optimizer, 6, part=part, probing=probing)[0] for part in _PARTS]
        require(
            far_off(np.concatenate(parts).astype(float), whole.astype(float), 1e-6) is None,
            "two separate parts of the vector get other steps than in the whole",
            hint="if the step of a parameter depends on others, write elementwise: ClassVar[bool] = False",
        )


def check_in_pieces(optimizer: Optimizer) -> None:
    """With `in_pieces = True`, separate parts of the vector get the same steps and the same state as in the whole."""
    if not optimizer.in_pieces:
        raise CheckSkipped("it declares in_pieces = False")
    fine = optimizer.elementwise and not isinstance(optimizer, LayerwiseOptimizer | ProbingOptimizer)
    require(fine, "it declares in_pieces = True, but is not elementwise", hint=_NO_PIECES)
    whole, state = _run(optimizer, 6)
    for name, array in state.items():
        require(
            array.shape == whole.shape,
            f"it declares in_pieces = True, but its state {name!r} has the shape {array.shape}, not that of the vector",
            hint=_NO_PIECES,
        )
    parts = [{"parameters": params, **state} for params, state in (_run(optimizer, 6, part=part) for part in _PARTS)]
    for name, array in {"parameters": whole, **state}.items():
        together = np.concatenate([part[name] for part in parts]).astype(float)
        same = far_off(together, array.astype(float), 1e-6) is None
        require(same, f"from separate parts of the vector, {name} differs from that of the whole", hint=_NO_PIECES)


def check_no_allocation(optimizer: Optimizer) -> None:
    """After the first step, it allocates no more than a tenth of the size of the parameters."""
    params = random(3).standard_normal(2**17).astype(np.float32)
    gradient, state = np.empty_like(params), optimizer.init(params)

    def step() -> None:
        gradient.fill(0.25)
        optimizer.update(params, gradient, state, 0.001, 1)

    peak = peak_memory(step)
    require(
        peak <= params.nbytes // 10,
        f"update allocates {peak:,} bytes at each step",
        hint="work in place (out=…), with grad as scratch space; put further scratch arrays into the state",
    )


def check_first_steps(optimizer: Optimizer) -> None:
    """With a constant gradient, step sizes do not first rise and then fall back."""
    params = np.zeros(3)
    state, sizes = optimizer.init(params), []
    for step in range(CONSTANT_GRADIENT_STEPS):
        before = params.copy()
        optimizer.update(params, np.array([0.5, -2.0, 1.0]), state, 1e-6, step)
        sizes.append(float(np.abs(params - before).max()))
    peak = max(sizes)
    require(sizes[0] and sizes[-1], "a constant gradient changes no parameter", hint=_IN_PLACE)
    require(
        peak <= OVERSHOOT * max(sizes[0], sizes[-1]),
        f"its steps grow to {peak / sizes[0]:.1f} times the first and shrink to {sizes[-1] / sizes[0]:.1f} times again",
        hint="averages that start at zero are biased: divide by 1 − βᵗ (Kingma & Ba 2015, section 3)",
    )


def check_rates_declared(optimizer: Optimizer) -> None:
    """The default learning rate is positive, the default weight decay at least 0, and `gradient_scaled` correct."""
    rate, decay = getattr(optimizer, "default_learning_rate", None), optimizer.default_weight_decay
    require(
        isinstance(rate, float | int) and 0 < rate < math.inf,
        f"default_learning_rate = {rate!r}",
        hint="write default_learning_rate: ClassVar[float] = 0.01",
    )
    require(0 <= decay < math.inf, f"default_weight_decay = {decay!r}")
    growths = []
    for scale in (1.0, 1e-4):
        small, large = (float(np.abs(_first_step(optimizer, scale * times)).mean()) for times in (1, 10))
        require(small, "the first step changes no parameter", hint=_IN_PLACE)
        growths.append(large / small)
    grows = {growth > 3 for growth in growths}  # if clipping makes both true, it may declare either
    require(
        optimizer.gradient_scaled in grows,
        f"a gradient ten times as large makes its step {growths[0]:.1f} times as large, "
        f"but it declares gradient_scaled = {optimizer.gradient_scaled}",
        hint=f"write gradient_scaled: ClassVar[bool] = {growths[0] > 3}",
    )


def check_inner_rates(optimizer: Optimizer) -> None:
    """A wrapper of another optimizer calls it as it requires, and derives its default rates from those inside."""
    require_inner_served(optimizer)
    inside = {name: inner for name, inner in values_of(optimizer).items() if isinstance(inner, Optimizer)}
    if not inside:
        raise CheckSkipped("it wraps no other optimizer")
    for name, inner in inside.items():
        probe = _Probe()
        other = replace(optimizer, **{name: probe})
        same = other.default_learning_rate == optimizer.default_learning_rate
        require(
            not same or inner.default_learning_rate == probe.default_learning_rate,
            f"default_learning_rate is {optimizer.default_learning_rate!r} whatever {name} is",
            hint="a rate that suits one optimizer makes another diverge: inherit from OptimizerWrapper, or write a "
            "property",
        )


def check_parabola(optimizer: Optimizer) -> None:
    """With some learning rate, it comes close to the minimum of a parabola in ten dimensions."""
    curvature = np.linspace(0.3, 3, 10)
    start = np.linspace(-1.5, 1.7, 10)

    def gradient(x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(curvature * x)

    def value(x: NDArray[Any]) -> float:
        return float(0.5 * np.vdot(x, curvature * x))

    _require_descent(optimizer, "the parabola", value, gradient, start, PARABOLA_STEPS, value(start) / 1000)


def check_rosenbrock(optimizer: Optimizer) -> None:
    """With some learning rate, it follows Rosenbrock's curved valley."""

    def gradient(p: NDArray[Any]) -> NDArray[Any]:
        x, y = float(p[0]), float(p[1])
        return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    def value(p: NDArray[Any]) -> float:
        x, y = float(p[0]), float(p[1])
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2

    _require_descent(optimizer, "Rosenbrock's valley", value, gradient, np.array([-1.2, 1.0]), ROSENBROCK_STEPS, 0.5)


def _require_descent(
    optimizer: Optimizer,
    where: str,
    value: Callable[[NDArray[Any]], float],
    gradient: Callable[[NDArray[Any]], NDArray[Any]],
    start: NDArray[Any],
    steps: int,
    goal: float,
) -> None:
    """Try learning rates, each falling to zero along a straight line, until one reaches the goal."""
    lowest = math.inf
    for rate in RATES:
        x, state = start.copy(), optimizer.init(start)
        with np.errstate(all="ignore"):  # too large a rate diverges, and the next is tried
            for step in range(steps):
                rate_now, at = rate * (1 - step / steps), x
                if isinstance(optimizer, ProbingOptimizer):
                    optimizer.probe(at := x.copy(), gradient(x), state, rate_now, step)
                optimizer.update(x, gradient(at), state, rate_now, step)
                if not (np.abs(x) < 1e3).all():
                    break
            else:
                lowest = min(lowest, value(x))
        if lowest <= goal:
            return
    if lowest == math.inf:  # an error rather than a failed check, so that it is skipped while check_state fails
        raise FloatingPointError(f"on {where} the parameters diverge or are not finite at every learning rate")
    raise CheckFailed(
        f"on {where} no learning rate brings it below {lowest:.3g} in {steps} steps; {goal:.3g} is expected"
    )


def _start(dtype: type[np.floating[Any]]) -> NDArray[Any]:
    return random(4).standard_normal(SIZE).astype(dtype)


def _gradient(step: int, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    return random(5, step).standard_normal(SIZE).astype(dtype)


_PARTS = (slice(0, SIZE // 3), slice(SIZE // 3, SIZE))


def _run(
    optimizer: Optimizer,
    steps: int,
    dtype: type[np.floating[Any]] = np.float32,
    part: slice = slice(None),
    *,
    probing: bool = False,
) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    """Parameters and state after some steps, or probes, along gradients that are the same for every optimizer."""
    params = _start(dtype)[part].copy()
    state = optimizer.init(params)
    method = optimizer.probe if probing and isinstance(optimizer, ProbingOptimizer) else optimizer.update
    for step in range(steps):
        method(params, _gradient(step, dtype)[part].copy(), state, 0.01, step)
    return params, state


def _first_step(optimizer: Optimizer, scale: float) -> NDArray[Any]:
    params, gradient = np.zeros(SIZE), _gradient(0, np.float64) * scale
    if not isinstance(optimizer, LayerwiseOptimizer):
        optimizer.update(params, gradient, optimizer.init(params), 0.01, 0)
        return params
    weights = np.ones((SIZE // 20, 20))  # its steps of weights matter, which are matrices and not 0
    arrays = {"weight": weights}
    optimizer.update_arrays(arrays, {"weight": gradient.reshape(weights.shape)}, optimizer.init_arrays(arrays), 0.01, 0)
    return weights - 1
