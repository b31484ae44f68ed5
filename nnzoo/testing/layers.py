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
from nnzoo.kinds import Activation, AnyLayer, ExplainedLayer, Floats, LayerPlan, LayerSample, MergeLayer, Shape, Terms
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.numerics import far_off, peak_memory, require_gradient, some_entries
from nnzoo.testing.observation import same
from nnzoo.testing.plain import plain, require_same
from nnzoo.testing.workbench import Shapes, Workbench, plan_for

INPUT_SHAPES: tuple[Shape, ...] = ((6,), (8, 8), (9, 7, 2), (3, 4, 5, 2))
"""Of samples: a row, an image, an image in colour, and one axis more."""

SEVERAL_INPUTS: tuple[Shapes, ...] = (
    *((shape, shape) for shape in INPUT_SHAPES),
    ((6,), (6,), (6,)),
    ((8, 8), (8, 8), (8, 8)),
    ((6,), (4,)),
    ((6,), (4,), (5,)),
    ((9, 7, 2), (9,)),
    ((9,), (9, 7, 2)),
)
"""Of samples with several inputs: equal ones, rows of different lengths, and an image with a value a channel."""

LARGE_BATCH = 8192
"""Samples that allocations are looked for with; NumPy's own buffers hold as many values and grow no further."""


def exercise(layer: AnyLayer) -> list[Any]:
    """Use it once."""
    results = []
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 4, np.float32)
        bench.step()
        results += bench.arrays()
    return results


def check_plan(layer: AnyLayer) -> None:
    """`plan` gives the same plan each time, and refuses samples it can't take with a UsageError."""
    for shapes in _taken(layer):
        plan = plan_for(layer, shapes)
        require(isinstance(plan, LayerPlan), f"plan returns {with_article(plan)}")
        require(plan == plan_for(layer, shapes), f"for {_samples(shapes)} plan gives another plan the second time")
        require(
            all(isinstance(side, int) and side > 0 for side in plan.output_shape), f"output_shape = {plan.output_shape}"
        )
        for name, parameter in plan.parameters.items():
            require(math.prod(parameter.shape) > 0, f"parameter {name!r} has the shape {parameter.shape}")
        if plan.gradient_in_place:
            require(len(shapes) == 1, "it plans for gradients in place, which only a layer with one input can")
            require(
                (plan.output_shape,) == shapes, "it plans for gradients in place, but input and output differ in shape"
            )


def check_gradients(layer: AnyLayer) -> None:
    """`backward` gives the gradient of each input and of each parameter (central differences, float64)."""
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 3, np.float64)
        bench.step()
        inputs = zip(_named(shapes), bench.inputs, bench.grads_in, strict=True)
        if layer.class_inputs:  # between two class numbers there is nothing to take a difference of
            require(not any(grad.any() for grad in bench.grads_in), "the gradient of class numbers is not 0")
            inputs = zip((), (), (), strict=True)
        pairs = [(f"the {name}", x, grad.copy()) for name, x, grad in inputs]
        pairs += [
            (f"parameter {name!r}", array, bench.memory.gradients[name].copy())
            for name, array in bench.memory.parameters.items()
        ]
        for what, array, gradient in pairs:
            of = f"gradient of {what}, for {_samples(shapes)},"
            require_gradient(of, gradient, bench.loss, array, some_entries(array), 1e-5)


def check_in_place(layer: AnyLayer) -> None:
    """It fills the arrays it is given, whatever was in them, returns None, and leaves its inputs alone."""
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 4, np.float32)
        inputs = [x.copy() for x in bench.inputs]
        parameters = {name: array.copy() for name, array in bench.memory.parameters.items()}
        require(bench.call_forward() is None, "forward returns something", hint="write into out")
        require(
            not np.isnan(bench.out).any(), "forward leaves (part of) out unwritten", hint="use out=…, or out[...] = …"
        )
        gradients = "grads_in" if len(shapes) > 1 else "grad_in"
        hint = f"write into {gradients} and memory.gradients"
        require(bench.backward() is None, "backward returns something", hint=hint)
        for number, grad in enumerate(bench.grads_in):
            which = f"{gradients}[{number}]" if len(shapes) > 1 else gradients
            require(not np.isnan(grad).any(), f"backward leaves (part of) {which} unwritten, or adds to what was in it")
        for name, gradient in bench.memory.gradients.items():
            require(
                not np.isnan(gradient).any(),
                f"backward leaves the gradient of {name!r} unwritten, or adds to what was in it",
                hint=f"write np.matmul(…, out=memory.gradients[{name!r}]) or memory.gradients[{name!r}][...] = …",
            )
            require(
                np.array_equal(bench.memory.parameters[name], parameters[name]), f"it changes the parameter {name!r}"
            )
        for name, x, before in zip(_named(shapes), bench.inputs, inputs, strict=True):
            require(np.array_equal(x, before), f"it changes its {name}", hint="it is another layer's output")
        for part, name, array in bench.handed_over:
            require(
                getattr(bench.memory, part).get(name) is array,
                f"it puts another array in place of memory.{part}[{name!r}]",
                hint=f"the network never sees that one: write memory.{part}[{name!r}][...] = …, or use out=",
            )


def check_first_layer(layer: AnyLayer) -> None:
    """Where an input's gradient is not needed, as in a network's first layer, all others are the same."""
    for shapes in _taken(layer):
        whole = Workbench(layer, shapes, 4, np.float32)
        whole.step()
        one_only = [[number == other for other in range(len(shapes))] for number in range(len(shapes))]
        for wanted in ([False] * len(shapes), *(one_only if len(shapes) > 1 else ())):
            bench = Workbench(layer, shapes, 4, np.float32)
            bench.forward()
            bench.backward(wanted=wanted)
            without = "grad_in = None" if len(shapes) == 1 else f"None for some of grads_in ({wanted})"
            grads = zip(bench.grads_in, whole.grads_in, wanted, strict=True)
            require(
                same(bench.memory.gradients, whole.memory.gradients)
                and all(same(grad, expected) for grad, expected, one in grads if one),
                f"with {without} the gradients are others",
            )


def check_dtype(layer: AnyLayer) -> None:
    """float32 gives the output of float64, to the precision of float32."""
    for shapes in _taken(layer):
        single, double = (Workbench(layer, shapes, 3, dtype) for dtype in (np.float32, np.float64))
        for x, exact in zip(single.inputs, double.inputs, strict=True):
            np.copyto(x, exact)
        for name, array in single.memory.parameters.items():
            np.copyto(array, double.memory.parameters[name])
        place = far_off(single.forward().astype(np.float64), double.forward(), 1e-3)
        require(place is None, f"for {_samples(shapes)} its output is another in float32 than in float64")


def check_prediction(layer: AnyLayer) -> None:
    """In a prediction each sample's output depends on that sample alone, and no state changes."""
    for shapes in _taken(layer):
        whole = Workbench(layer, shapes, 5, np.float64)
        whole.forward()  # a training step first, so that running statistics are not what they were at the start
        state = {name: array.copy() for name, array in whole.memory.state.items()}
        expected = whole.forward(training=False).copy()
        require(same(whole.memory.state, state), "a prediction changes its state")
        part = Workbench(layer, shapes, 2, np.float64)
        part.memory.parameters, part.memory.state = whole.memory.parameters, whole.memory.state
        for x, of_all in zip(part.inputs, whole.inputs, strict=True):
            np.copyto(x, of_all[3:])
        found = part.forward(training=False)
        require(
            far_off(found, expected[3:]) is None,
            "a sample's prediction depends on what else is in its batch",
            hint="where memory.training is False, use what was learnt (memory.state), not the batch",
        )


def check_randomness(layer: AnyLayer) -> None:
    """If it draws random numbers it plans for it, and the same generator gives the same output."""
    for shapes in _taken(layer):
        if not plan_for(layer, shapes).random:
            continue
        one, again = (Workbench(layer, shapes, 8, np.float32) for _ in range(2))
        require(same(one.forward(seed=1), again.forward(seed=1)), "the same memory.rng gives another output")
        return
    raise CheckSkipped("it plans for no random numbers")


def check_keeps_nothing(layer: AnyLayer) -> None:
    """It keeps neither its input nor a view of any array it was given, and puts no array of its own into memory."""
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 4, np.float32)
        own, planned = copy.copy(vars(layer)), dict(bench.memory.workspace)
        bench.step()
        require(
            own == vars(layer),
            "it sets an attribute on itself",
            hint="what lives until backward goes into memory.workspace",
        )
        for name in bench.memory.workspace:
            require(
                bench.memory.workspace[name] is planned.get(name),
                f"it puts an array of its own into memory.workspace[{name!r}]",
                hint="plan for a Buffer and write into it; inputs and out come to backward again",
            )
        kept = {"out": weakref.ref(bench.out), "grad_out": weakref.ref(bench.grad_out)}
        kept |= {f"its {name}": weakref.ref(x) for name, x in zip(_named(shapes), bench.inputs, strict=True)}
        del bench
        if any(reference() is not None for reference in kept.values()):
            gc.collect()
        for name, reference in kept.items():
            require(
                reference() is None,
                f"it keeps a view of {name}, which the network overwrites and others read",
                hint="inputs and out come to backward again; whatever else is needed goes into memory.workspace",
            )


def check_export(layer: AnyLayer) -> None:
    """What stands for it in exported scripts computes what it computes in a prediction."""
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 5, np.float32)
        bench.forward()  # a training step first, so that running statistics are not what they were at the start
        plan, arrays = bench.plan, {**bench.memory.parameters, **bench.memory.state}
        function = plain(layer, plan, {"input_shape": shapes[0], "output_shape": plan.output_shape})
        require_same(function, bench.forward(training=False), bench.inputs, arrays)


def check_no_allocation(layer: AnyLayer) -> None:
    """After the first step neither forward nor backward makes an array that grows with the batch."""
    for shapes in _taken(layer):
        single, double = (Workbench(layer, shapes, samples, np.float32) for samples in (LARGE_BATCH, 2 * LARGE_BATCH))
        growth = peak_memory(double.step) - peak_memory(single.step)
        require(
            growth <= min(single.out.size, *(x.size for x in single.inputs)) // 2,  # a mask has a byte for each value
            f"a step on {LARGE_BATCH:,} more {_samples(shapes)} allocates {growth:,} bytes more",
            hint="plan for a Buffer, and use out=…",
        )


def check_explained(layer: AnyLayer) -> None:
    """``nnzoo explain`` gets the truth: its terms come to outputs and gradients, what it applies to outputs."""
    if not (isinstance(layer, ExplainedLayer) or layer.applies):
        raise CheckSkipped("it explains nothing")
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 1, np.float64)
        sample = LayerSample(tuple(x[0] for x in bench.inputs), bench.forward()[0].copy(), bench.memory.parameters)
        bench.backward()
        if layer.applies:
            applied, out = getattr(layer, layer.applies, None), np.empty_like(bench.inputs[0])
            require(isinstance(applied, Activation), f"applies = {layer.applies!r} does not name an activation of it")
            assert isinstance(applied, Activation)
            applied.forward(bench.inputs[0], out)
            require(same(out[0], sample.out), f"its output is not what {applied} makes of its input")
        if isinstance(layer, ExplainedLayer):
            for entry in map(int, some_entries(sample.out, 8)):
                _require_value(layer.output_terms(entry, sample), sample.out, entry, "output_terms")
            gradients: list[tuple[str | int, Floats]] = list(bench.memory.gradients.items())
            gradients += [(number, grad[0]) for number, grad in enumerate(bench.grads_in)]
            for of, gradient in gradients:
                for entry in map(int, some_entries(gradient, 8)):
                    terms = layer.gradient_terms(of, entry, sample, bench.weights[0])
                    _require_value(terms, gradient, entry, f"gradient_terms of {of!r}")


def _require_value(terms: object, array: Floats, entry: int, told: str) -> None:
    """Refuse terms that come to another number than the entry of an array."""
    require(isinstance(terms, Terms), f"{told} returns {with_article(terms)}, not Terms")
    assert isinstance(terms, Terms)
    found, wanted = terms.value, array.item(entry)
    require(np.isclose(found, wanted), f"{told}, entry {entry}, come to {found:.6g}, and not to {wanted:.6g}")


def _taken(layer: AnyLayer) -> list[Shapes]:
    """The shapes of samples that it takes, of those that are tried."""
    taken, refused = [], ""
    tried = SEVERAL_INPUTS if isinstance(layer, MergeLayer) else tuple((shape,) for shape in INPUT_SHAPES)
    for shapes in tried:
        try:
            plan_for(layer, shapes)
        except UsageError as error:
            refused = error.message
        else:
            taken.append(shapes)
    if not taken:
        these = "; ".join(" and ".join(map(str, shapes)) for shapes in tried)
        raise CheckFailed(f"it takes samples of none of the shapes {these}: {refused}")
    return taken


def _named(shapes: Shapes) -> list[str]:
    """What the inputs are called."""
    return ["input"] if len(shapes) == 1 else [f"input {number}" for number in range(len(shapes))]


def _samples(shapes: Shapes) -> str:
    """Samples of these shapes, in words."""
    return f"samples of shape {' and '.join(map(str, shapes))}"


CHECKS = (
    check_plan,
    check_gradients,
    check_in_place,
    check_first_layer,
    check_dtype,
    check_prediction,
    check_randomness,
    check_keeps_nothing,
    check_export,
    check_no_allocation,
    check_explained,
)
