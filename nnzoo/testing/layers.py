"""Checks of layers."""

from __future__ import annotations

import copy
import gc
import math
import weakref
from typing import Any

import numpy as np

from nnzoo.component import with_article
from nnzoo.errors import UsageError
from nnzoo.kinds import Layer, LayerPlan, Shape
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.explained import check_terms
from nnzoo.testing.gradients import require_gradient
from nnzoo.testing.numerics import far_off, peak_memory, some_entries
from nnzoo.testing.observation import same
from nnzoo.testing.workbench import Workbench

INPUT_SHAPES: tuple[Shape, ...] = ((6,), (8, 8), (9, 7, 2), (3, 4, 5, 2))
"""Of samples: a row, an image, an image in colour, and one axis more."""

LARGE_BATCH = 8192
"""Samples that allocations are looked for with; NumPy's own buffers hold as many values and grow no further."""


def exercise(layer: Layer) -> list[Any]:
    """Use it once."""
    results = []
    for shape in _shapes(layer):
        bench = Workbench(layer, shape, 4, np.float32)
        bench.forward()
        bench.backward()
        results += bench.arrays()
    return results


def check_plan(layer: Layer) -> None:
    """`plan` gives the same plan each time, and refuses samples it can't take with a UsageError."""
    for shape in _shapes(layer):
        plan = layer.plan(shape)
        require(isinstance(plan, LayerPlan), f"plan returns {with_article(plan)}")
        require(plan == layer.plan(shape), f"plan({shape}) is another plan the second time")
        require(
            all(isinstance(side, int) and side > 0 for side in plan.output_shape), f"output_shape = {plan.output_shape}"
        )
        for name, parameter in plan.parameters.items():
            require(math.prod(parameter.shape) > 0, f"parameter {name!r} has the shape {parameter.shape}")
        if plan.gradient_in_place:
            require(plan.output_shape == shape, "it plans for gradients in place, but input and output differ in shape")


def check_gradients(layer: Layer) -> None:
    """`backward` gives the gradient of the input and of each parameter (central differences, float64)."""
    for shape in _shapes(layer):
        bench = Workbench(layer, shape, 3, np.float64)
        bench.forward()
        bench.backward()
        pairs = [("the input", bench.x, bench.grad_in.copy())]
        pairs += [
            (f"parameter {name!r}", array, bench.memory.gradients[name].copy())
            for name, array in bench.memory.parameters.items()
        ]
        for what, array, gradient in pairs:
            of = f"gradient of {what}, for samples of shape {shape},"
            require_gradient(of, gradient, bench.loss, array, some_entries(array), 1e-5)


def check_in_place(layer: Layer) -> None:
    """It fills the arrays it is given, whatever was in them, returns None, and leaves its input alone."""
    for shape in _shapes(layer):
        bench = Workbench(layer, shape, 4, np.float32)
        before = bench.x.copy(), {name: array.copy() for name, array in bench.memory.parameters.items()}
        bench.memory.training, bench.memory.rng = True, np.random.default_rng(0) if bench.plan.random else None
        require(
            layer.forward(bench.x, bench.out, bench.memory) is None, "forward returns something", hint="write into out"
        )
        require(
            not np.isnan(bench.out).any(), "forward leaves (part of) out unwritten", hint="use out=…, or out[...] = …"
        )
        np.copyto(bench.grad_out, bench.weights)
        returned = layer.backward(bench.x, bench.out, bench.grad_out, bench.grad_in, bench.memory)
        require(returned is None, "backward returns something", hint="write into grad_in and memory.gradients")
        require(not np.isnan(bench.grad_in).any(), "backward leaves (part of) grad_in unwritten")
        for name, gradient in bench.memory.gradients.items():
            require(
                not np.isnan(gradient).any(),
                f"backward leaves the gradient of {name!r} unwritten, or adds to what was in it",
                hint=f"write np.matmul(…, out=memory.gradients[{name!r}]) or memory.gradients[{name!r}][...] = …",
            )
            require(
                np.array_equal(bench.memory.parameters[name], before[1][name]), f"it changes the parameter {name!r}"
            )
        require(np.array_equal(bench.x, before[0]), "it changes its input x", hint="it is another layer's output")
        for part, name, array in bench.handed_over:
            require(
                getattr(bench.memory, part).get(name) is array,
                f"it puts another array in place of memory.{part}[{name!r}]",
                hint=f"the network never sees that one: write memory.{part}[{name!r}][...] = …, or use out=",
            )


def check_first_layer(layer: Layer) -> None:
    """Without ``grad_in``, as in a network's first layer, the parameters' gradients are the same."""
    for shape in _shapes(layer):
        with_input, without = (Workbench(layer, shape, 4, np.float32) for _ in range(2))
        for bench, input_gradient in ((with_input, True), (without, False)):
            bench.forward()
            bench.backward(input_gradient=input_gradient)
        require(
            same(with_input.memory.gradients, without.memory.gradients), "with grad_in = None the gradients are others"
        )


def check_dtype(layer: Layer) -> None:
    """float32 gives the output of float64, to the precision of float32."""
    for shape in _shapes(layer):
        single, double = (Workbench(layer, shape, 3, dtype) for dtype in (np.float32, np.float64))
        np.copyto(single.x, double.x)
        for name, array in single.memory.parameters.items():
            np.copyto(array, double.memory.parameters[name])
        place = far_off(single.forward().astype(np.float64), double.forward(), 1e-3)
        require(place is None, f"for samples of shape {shape} its output is another in float32 than in float64")


def check_prediction(layer: Layer) -> None:
    """In a prediction each sample's output depends on that sample alone, and no state changes."""
    for shape in _shapes(layer):
        whole = Workbench(layer, shape, 5, np.float64)
        whole.forward()  # a training step first, so that running statistics are not what they were at the start
        state = {name: array.copy() for name, array in whole.memory.state.items()}
        expected = whole.forward(training=False).copy()
        require(same(whole.memory.state, state), "a prediction changes its state")
        part = Workbench(layer, shape, 2, np.float64)
        part.memory.parameters, part.memory.state = whole.memory.parameters, whole.memory.state
        np.copyto(part.x, whole.x[3:])
        found = part.forward(training=False)
        require(
            far_off(found, expected[3:]) is None,
            "a sample's prediction depends on what else is in its batch",
            hint="where memory.training is False, use what was learnt (memory.state), not the batch",
        )


def check_randomness(layer: Layer) -> None:
    """If it draws random numbers it plans for it, and the same generator gives the same output."""
    for shape in _shapes(layer):
        if not layer.plan(shape).random:
            continue
        one, again = (Workbench(layer, shape, 8, np.float32) for _ in range(2))
        require(same(one.forward(seed=1), again.forward(seed=1)), "the same memory.rng gives another output")
        return
    raise CheckSkipped("it plans for no random numbers")


def check_keeps_nothing(layer: Layer) -> None:
    """It keeps neither its input nor a view of any array it was given, and puts no array of its own into memory."""
    for shape in _shapes(layer):
        bench = Workbench(layer, shape, 4, np.float32)
        own, planned = copy.copy(vars(layer)), dict(bench.memory.workspace)
        bench.forward()
        bench.backward()
        require(
            own == vars(layer),
            "it sets an attribute on itself",
            hint="what lives until backward goes into memory.workspace",
        )
        for name in bench.memory.workspace:
            require(
                bench.memory.workspace[name] is planned.get(name),
                f"it puts an array of its own into memory.workspace[{name!r}]",
                hint="plan for a Buffer and write into it; x and out come to backward again",
            )
        inputs = {"x": weakref.ref(bench.x), "out": weakref.ref(bench.out), "grad_out": weakref.ref(bench.grad_out)}
        del bench
        if any(reference() is not None for reference in inputs.values()):
            gc.collect()
        for name, reference in inputs.items():
            require(
                reference() is None,
                f"it keeps a view of {name}, which the network overwrites and others read",
                hint="x and out come to backward again; whatever else is needed goes into memory.workspace",
            )


def check_no_allocation(layer: Layer) -> None:
    """After the first step neither forward nor backward makes an array that grows with the batch."""
    for shape in _shapes(layer):
        single, double = (Workbench(layer, shape, samples, np.float32) for samples in (LARGE_BATCH, 2 * LARGE_BATCH))
        growth = peak_memory(double.step) - peak_memory(single.step)
        require(
            growth <= min(single.x.size, single.out.size) // 2,  # a mask would have a byte for each value
            f"a step on {LARGE_BATCH:,} more samples of shape {shape} allocates {growth:,} bytes more",
            hint="plan for a Buffer, and use out=…",
        )


def _shapes(layer: Layer) -> list[Shape]:
    """The shapes of samples that it takes, of those that are tried."""
    taken, refused = [], ""
    for shape in INPUT_SHAPES:
        try:
            layer.plan(shape)
        except UsageError as error:
            refused = error.message
        else:
            taken.append(shape)
    if not taken:
        raise CheckFailed(f"it takes samples of none of the shapes {', '.join(map(str, INPUT_SHAPES))}: {refused}")
    return taken


CHECKS = (
    check_plan,
    check_gradients,
    check_in_place,
    check_first_layer,
    check_dtype,
    check_prediction,
    check_randomness,
    check_keeps_nothing,
    check_no_allocation,
    check_terms,
)
