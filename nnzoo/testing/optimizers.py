"""Checks of optimizers."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.hyperparameters import values_of
from nnzoo.kinds import Floats, LayerwiseOptimizer, Optimizer, ProbingOptimizer
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.descent import check_parabola, check_rosenbrock
from nnzoo.testing.numerics import far_off, peak_memory, random
from nnzoo.training.optimizing import require_inner_served

SIZE = 1000
CONSTANT_GRADIENT_STEPS = 1500
OVERSHOOT = 1.5
"""How much larger than the first and than the last a step may be in between, when the gradient stays the same."""

_ARRAYS = tuple(
    enumerate(
        {"a weight": (6, 4), "a wide weight": (3, 8), "a bias": (4,), "a filter": (5, 2, 3, 3), "a scale": (1,)}.items()
    )
)
"""Arrays that networks have, in words, with their shapes."""
_NO_PIECES = "if a parameter's step depends on others, leave in_pieces out"
_IN_PLACE = "write params -= …, and state['velocity'][...] = … or an operation with out="


@dataclass(frozen=True)
class _Probe(Optimizer):
    """Gradient descent with a default learning rate of its own."""

    name: ClassVar[str] = "probe"
    default_learning_rate: ClassVar[float] = 0.01234

    def init(self, params: Floats) -> dict[str, Floats]:
        return {}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        grad *= learning_rate
        params -= grad


def exercise(optimizer: Optimizer) -> list[Any]:
    """Use it once."""
    params, state = _run(optimizer, 5)
    return [params, state]


def check_state(optimizer: Optimizer) -> None:
    """`init` returns arrays by name, of the parameters' dtype if floating; with it, a first step can be taken."""
    for dtype in (np.float32, np.float64):
        params = _start(dtype)
        before = params.copy()
        state = optimizer.init(params)
        require(isinstance(state, dict), f"init returns {with_article(state)}, not a dict of arrays")
        for name, array in state.items():
            require(isinstance(name, str), f"a key of the state is {name!r}, not a name")
            require(isinstance(array, np.ndarray), f"state[{name!r}] is {with_article(array)}, not an array")
            require(
                array.dtype.kind in "fiub", f"state[{name!r}] has dtype {array.dtype}, which no checkpoint can hold"
            )
            require(
                array.dtype.kind != "f" or array.dtype == params.dtype,
                f"state[{name!r}] has dtype {array.dtype} for parameters of {params.dtype}",
                hint="make it with np.zeros_like(params)",
            )
            require(
                not np.shares_memory(array, params), f"state[{name!r}] is the parameters' own memory", hint="copy them"
            )
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
        hint = "steps are counted from 0: write step + 1 where an equation counts them from 1"
        raise CheckFailed(f"at step 0 update fails: {type(error).__name__}: {error}", hint=hint) from error


def check_in_place(optimizer: Optimizer) -> None:
    """`update` changes ``params`` and the arrays of ``state`` where they are, and returns None."""
    params = _start(np.float32)
    before, state = params.copy(), optimizer.init(params)
    arrays = dict(state)
    for step in range(3):
        returned = optimizer.update(params, _gradient(step, np.float32), state, 0.01, step)
        dtype = f" of {returned.dtype}" if isinstance(returned, np.ndarray) else ""
        require(returned is None, f"update returns {with_article(returned)}{dtype}", hint=_IN_PLACE)
    require(not np.array_equal(params, before), "update leaves the parameters as they were", hint=_IN_PLACE)
    require(
        state.keys() == arrays.keys(), "update adds or removes arrays of the state", hint="make all of them in init"
    )
    for name, array in arrays.items():
        require(state[name] is array, f"update puts another array in place of state[{name!r}]", hint=_IN_PLACE)


def check_float32(optimizer: Optimizer) -> None:
    """With float32 parameters everything stays float32, and the path is that of float64 to its precision."""
    single, state = _run(optimizer, 20, np.float32)
    double, _ = _run(optimizer, 20, np.float64)
    for name, array in state.items():
        require(
            array.dtype != np.float64, f"state[{name!r}] has become float64", hint="work in place, with Python floats"
        )
    far = np.abs(single - double) > 1e-3 * (1 + np.abs(double))
    # Where a method looks at signs alone, a rounding error may turn a step round.
    require(np.mean(far) < 0.01, f"in float32 {np.mean(far):.0%} of the parameters end elsewhere than in float64")


def check_remembers(optimizer: Optimizer) -> None:
    """Every array of the state changes as steps are taken: what is remembered is written down."""
    start = optimizer.init(_start(np.float64))
    if not start:
        raise CheckSkipped("it keeps no state")
    _, state = _run(optimizer, 5, np.float64)
    for name, array in state.items():
        require(
            not np.array_equal(array, start[name]),
            f"after five steps state[{name!r}] still is as init made it",
            hint="update must write what it computes into the state's arrays; a new variable is forgotten",
        )


def check_zero_rate(optimizer: Optimizer) -> None:
    """With a learning rate of 0 no parameter moves by a bit."""
    params = _start(np.float32)
    before, state = params.copy(), optimizer.init(params)
    for step in range(3):
        optimizer.update(params, _gradient(step, np.float32), state, 0.0, step)
    require(np.array_equal(params, before), "parameters move though the learning rate is 0")


def check_resumes(optimizer: Optimizer) -> None:
    """From saved arrays, with a fresh optimizer, training goes on to the same bits."""
    whole, _ = _run(optimizer, 12)
    params, state = _run(optimizer, 7)
    fresh = type(optimizer).from_options({f: getattr(optimizer, f) for f in optimizer.declarations()})
    params, state = _saved(params), {name: _saved(array) for name, array in state.items()}
    for step in range(7, 12):
        fresh.update(params, _gradient(step, np.float32), state, 0.01, step)
    require(
        np.array_equal(params, whole),
        "stopped after 7 of 12 steps and resumed, it ends elsewhere than without a stop",
        hint="all that it remembers must be in the state, none on the object; what depends on time depends on step",
    )


def check_arrays(optimizer: Optimizer) -> None:
    """One that sees each array moves arrays of any number of axes, in place, and its state is one of arrays by name."""
    if not isinstance(optimizer, LayerwiseOptimizer):
        raise CheckSkipped("it sees one vector")
    for dtype in (np.float32, np.float64):
        arrays: dict[str, Floats] = {
            name: random(5, place).standard_normal(shape).astype(dtype) for place, (name, shape) in _ARRAYS
        }
        before, handed = {name: array.copy() for name, array in arrays.items()}, dict(arrays)
        state = optimizer.init_arrays(arrays)
        kept = dict(state)
        for step in range(3):
            gradients = {name: 0.1 * array for name, array in before.items()}
            returned: Any = optimizer.update_arrays(arrays, gradients, state, 0.01, step)
            require(returned is None, f"update_arrays returns {with_article(returned)}", hint=_IN_PLACE)
        for name, array in arrays.items():
            require(array is handed[name], f"it puts another array in the place of {name}", hint=_IN_PLACE)
            require(np.isfinite(array).all(), f"{name}, of shape {array.shape}, is not finite after three steps")
            require(not np.array_equal(array, before[name]), f"{name}, of shape {array.shape}, does not move")
        require(
            state.keys() == kept.keys() and all(state[name] is kept[name] for name in kept),
            "update_arrays puts an array of its own into the state",
            hint=_IN_PLACE,
        )


def check_probe(optimizer: Optimizer) -> None:
    """One that wants the gradient elsewhere moves the parameters there in place, not far, and makes no array for it."""
    if not isinstance(optimizer, ProbingOptimizer):
        require(
            not hasattr(optimizer, "probe"), "its method probe is never called", hint="inherit from ProbingOptimizer"
        )
        raise CheckSkipped("it takes the gradient where the parameters are")
    for dtype in (np.float32, np.float64):
        params = _start(dtype)
        before, state = params.copy(), optimizer.init(params)
        arrays = dict(state)
        returned: Any = optimizer.probe(params, _gradient(0, dtype), state, 0.01, 0)
        require(returned is None, f"probe returns {with_article(returned)}", hint=_IN_PLACE)
        require(not np.array_equal(params, before), "probe leaves the parameters as they were", hint=_IN_PLACE)
        require(np.isfinite(params).all(), "probe makes parameters that are not finite")
        require(
            state.keys() == arrays.keys() and all(state[name] is arrays[name] for name in arrays),
            "probe puts an array of its own into the state",
            hint=_IN_PLACE,
        )
        still, zeros = before.copy(), np.zeros_like(before)
        optimizer.probe(still, zeros, optimizer.init(still), 0.01, 0)
        require(np.isfinite(still).all(), "where the gradient is 0, probe makes parameters that are not finite")
    params = random(3).standard_normal(2**17).astype(np.float32)
    gradient, state = np.full_like(params, 0.25), optimizer.init(params)
    peak = peak_memory(lambda: optimizer.probe(params, gradient, state, 0.001, 1))
    require(peak <= params.nbytes // 10, f"probe allocates {peak:,} bytes at every step", hint="work in place (out=…)")


def check_elementwise(optimizer: Optimizer) -> None:
    """If it declares to be elementwise, halves of the vector by themselves move as they do in the whole."""
    if not optimizer.elementwise:
        raise CheckSkipped("it declares elementwise = False")
    runs = [_run] + [_probed] * isinstance(optimizer, ProbingOptimizer)
    for run in runs:
        whole, _ = run(optimizer, 6)
        parts = [run(optimizer, 6, part=part)[0] for part in (slice(0, SIZE // 3), slice(SIZE // 3, SIZE))]
        require(
            far_off(np.concatenate(parts).astype(float), whole.astype(float), 1e-6) is None,
            "two parts of the vector, each by itself, move otherwise than in the whole",
            hint="if each parameter's step depends on others, write elementwise: ClassVar[bool] = False",
        )


def check_in_pieces(optimizer: Optimizer) -> None:
    """If it declares to take pieces, parts of the vector by themselves move, and are remembered, as in the whole."""
    if not optimizer.in_pieces:
        raise CheckSkipped("it declares in_pieces = False")
    require(
        optimizer.elementwise and not isinstance(optimizer, LayerwiseOptimizer | ProbingOptimizer),
        "it declares in_pieces = True, but is not elementwise",
        hint=_NO_PIECES,
    )
    whole, state = _run(optimizer, 6)
    for name, array in state.items():
        require(
            array.shape == whole.shape,
            f"it declares in_pieces = True, but its state {name!r} has the shape {array.shape}, not that of the vector",
            hint=_NO_PIECES,
        )
    parts = [_run(optimizer, 6, part=part) for part in (slice(0, SIZE // 3), slice(SIZE // 3, SIZE))]
    for what, own, pieces in [("parameters", whole, [params for params, _ in parts])] + [
        (f"state {name!r}", array, [own[name] for _, own in parts]) for name, array in state.items()
    ]:
        require(
            far_off(np.concatenate(pieces).astype(float), own.astype(float), 1e-6) is None,
            f"after parts of the vector have been taken by themselves, the {what} are not those of the whole",
            hint=_NO_PIECES,
        )


def check_no_allocation(optimizer: Optimizer) -> None:
    """After the first step it makes no array as long as the parameters, nor a tenth of that."""
    params = random(3).standard_normal(2**17).astype(np.float32)
    gradient, state = np.empty_like(params), optimizer.init(params)

    def step() -> None:
        gradient.fill(0.25)
        optimizer.update(params, gradient, state, 0.001, 1)

    peak = peak_memory(step)
    require(
        peak <= params.nbytes // 10,
        f"update allocates {peak:,} bytes at every step",
        hint="work in place (out=…), with grad as scratch space; further scratch arrays can lie in the state",
    )


def check_first_steps(optimizer: Optimizer) -> None:
    """While the gradient stays the same, step sizes rise or fall one way; they don't first rise and then fall back."""
    params = np.zeros(3)
    state, sizes = optimizer.init(params), []
    for step in range(CONSTANT_GRADIENT_STEPS):
        before = params.copy()
        optimizer.update(params, np.array([0.5, -2.0, 1.0]), state, 1e-6, step)
        sizes.append(float(np.abs(params - before).max()))
    peak = max(sizes)
    require(sizes[0] and sizes[-1], "a gradient that stays the same moves no parameter", hint=_IN_PLACE)
    require(
        peak <= OVERSHOOT * max(sizes[0], sizes[-1]),
        f"its steps grow to {peak / sizes[0]:.1f} times the first and shrink again to {sizes[-1] / sizes[0]:.1f} times",
        hint="averages that start at zero are biased: divide by 1 − βᵗ (Kingma & Ba 2015, section 3)",
    )


def check_rates_declared(optimizer: Optimizer) -> None:
    """Default learning rate and weight decay are finite and sane, and `gradient_scaled` is true."""
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
        require(small, "the first step moves no parameter", hint=_IN_PLACE)
        growths.append(large / small)
    grows = {growth > 3 for growth in growths}  # where clipping makes both true of it, it may say either
    require(
        optimizer.gradient_scaled in grows,
        f"a ten times larger gradient makes its step {growths[0]:.1f} times larger, "
        f"and it declares gradient_scaled = {optimizer.gradient_scaled}",
        hint=f"write gradient_scaled: ClassVar[bool] = {growths[0] > 3}",
    )


def check_inner_rates(optimizer: Optimizer) -> None:
    """One that works through another optimizer serves it, and has its default rates, or makes its own of them."""
    require_inner_served(optimizer)
    inside = {name: inner for name, inner in values_of(optimizer).items() if isinstance(inner, Optimizer)}
    if not inside:
        raise CheckSkipped("it works through no other optimizer")
    for name, inner in inside.items():
        probe = _Probe()
        other = type(optimizer)(**{**values_of(optimizer), name: probe})
        same = other.default_learning_rate == optimizer.default_learning_rate
        require(
            not same or inner.default_learning_rate == probe.default_learning_rate,
            f"default_learning_rate is {optimizer.default_learning_rate!r} whatever {name} is",
            hint="what suits one optimizer makes another diverge: inherit from OptimizerWrapper, or write a property",
        )


def _start(dtype: type[np.floating[Any]]) -> NDArray[Any]:
    return random(4).standard_normal(SIZE).astype(dtype)


def _gradient(step: int, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    return random(5, step).standard_normal(SIZE).astype(dtype)


def _run(
    optimizer: Optimizer, steps: int, dtype: type[np.floating[Any]] = np.float32, part: slice = slice(None)
) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    """Parameters and state after some steps along gradients that are the same for every optimizer."""
    params = _start(dtype)[part].copy()
    state = optimizer.init(params)
    for step in range(steps):
        optimizer.update(params, _gradient(step, dtype)[part].copy(), state, 0.01, step)
    return params, state


def _probed(
    optimizer: Optimizer, steps: int, part: slice = slice(None)
) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    """Where `probe` moves parameters to, again and again."""
    assert isinstance(optimizer, ProbingOptimizer)
    params = _start(np.float32)[part].copy()
    state = optimizer.init(params)
    for step in range(steps):
        optimizer.probe(params, _gradient(step, np.float32)[part].copy(), state, 0.01, step)
    return params, state


def _first_step(optimizer: Optimizer, scale: float) -> NDArray[Any]:
    params, gradient = np.zeros(SIZE), _gradient(0, np.float64) * scale
    if not isinstance(optimizer, LayerwiseOptimizer):
        optimizer.update(params, gradient, optimizer.init(params), 0.01, 0)
        return params
    weights = np.ones((SIZE // 20, 20))  # what counts is how it moves weights, which are matrices and not 0
    arrays = {"weight": weights}
    optimizer.update_arrays(arrays, {"weight": gradient.reshape(weights.shape)}, optimizer.init_arrays(arrays), 0.01, 0)
    return weights - 1


def _saved(array: NDArray[Any]) -> NDArray[Any]:
    """The array as a file gives it back."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    file.seek(0)
    restored: NDArray[Any] = np.load(file, allow_pickle=False)
    return restored


CHECKS = (
    check_state,
    check_in_place,
    check_float32,
    check_remembers,
    check_zero_rate,
    check_resumes,
    check_arrays,
    check_probe,
    check_elementwise,
    check_in_pieces,
    check_no_allocation,
    check_first_steps,
    check_rates_declared,
    check_inner_rates,
    check_parabola,
    check_rosenbrock,
)
