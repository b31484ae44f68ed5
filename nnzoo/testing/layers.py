"""Checks of layers."""

from __future__ import annotations

import copy
import gc
import math
import weakref
from functools import partial
from typing import Any

import numpy as np

from nnzoo.component import with_article
from nnzoo.kinds import Activation, AnyLayer, ExplainedLayer, Floats, LayerPlan, LayerSample, MergeLayer, Shape, Terms
from nnzoo.testing.check import CheckFailed, CheckSkipped, accepted, require
from nnzoo.testing.numerics import far_off, peak_memory, require_gradient, some_entries
from nnzoo.testing.observation import same
from nnzoo.testing.plain import plain, require_same
from nnzoo.testing.workbench import Shapes, Workbench, plan_for

INPUT_SHAPES: tuple[Shape, ...] = ((6,), (8, 8), (9, 7, 2), (3, 4, 5, 2))
"""Shapes of samples: a row, an image, a colour image, and one with a fourth axis."""

SEVERAL_INPUTS: tuple[Shapes, ...] = (
    *((shape, shape) for shape in INPUT_SHAPES),
    ((6,), (6,), (6,)),
    ((8, 8), (8, 8), (8, 8)),
    ((6,), (4,)),
    ((6,), (4,), (5,)),
    ((9, 7, 2), (9,)),
    ((9,), (9, 7, 2)),
)
"""Shapes of several inputs: equal ones, rows of different lengths, and an image with a value for each channel."""

LARGE_BATCH = 8192
"""Samples in the search for allocations; NumPy's internal buffers hold this many values and grow no further."""


def exercise(layer: AnyLayer) -> list[Any]:
    """Use the layer once."""
    results = []
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 4, np.float32)
        bench.step()
        results += bench.arrays()
    return results


def check_plan(layer: AnyLayer) -> None:
    """`plan` returns the same plan each time, and raises a UsageError for samples that it can't take."""
    for shapes in _taken(layer):
        plan = plan_for(layer, shapes)
        require(isinstance(plan, LayerPlan), f"plan returns {with_article(plan)}")
        require(plan == plan_for(layer, shapes), f"for {_samples(shapes)} plan returns another plan the second time")
        fine = all(isinstance(side, int) and side > 0 for side in plan.output_shape)
        require(fine, f"output_shape = {plan.output_shape}")
        for name, parameter in plan.parameters.items():
            require(math.prod(parameter.shape) > 0, f"parameter {name!r} has the shape {parameter.shape}")
        if plan.gradient_in_place:
            require(len(shapes) == 1, "it plans gradients in place, which only a layer with one input can do")
            require((plan.output_shape,) == shapes, "it plans gradients in place, but changes the shape")


def check_gradients(layer: AnyLayer) -> None:
    """`backward` computes the gradient of each input and of each parameter (central differences, float64)."""
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 3, np.float64)
        bench.step()
        gradients = bench.memory.gradients
        pairs = [(f"parameter {name!r}", x, gradients[name].copy()) for name, x in bench.memory.parameters.items()]
        if layer.class_inputs:  # a function of class numbers has no differences
            require(not any(grad.any() for grad in bench.grads_in), "the gradient of class numbers is not 0")
        else:
            inputs = zip(_named(shapes), bench.inputs, bench.grads_in, strict=True)
            pairs = [*((f"the {name}", x, grad.copy()) for name, x, grad in inputs), *pairs]
        for what, array, gradient in pairs:
            of = f"gradient of {what}, for {_samples(shapes)},"
            require_gradient(of, gradient, bench.loss, array, some_entries(array), 1e-5)


def check_in_place(layer: AnyLayer) -> None:
    """It overwrites the arrays that it receives, returns None, and leaves its inputs unchanged."""
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 4, np.float32)
        inputs = [x.copy() for x in bench.inputs]
        parameters = {name: array.copy() for name, array in bench.memory.parameters.items()}
        require(bench.call_forward() is None, "forward returns something", hint="write into out")
        written = not np.isnan(bench.out).any()
        require(written, "forward leaves (part of) out unwritten", hint="use out=…, or out[...] = …")
        gradients = "grads_in" if len(shapes) > 1 else "grad_in"
        hint = f"write into {gradients} and memory.gradients"
        require(bench.backward() is None, "backward returns something", hint=hint)
        for number, grad in enumerate(bench.grads_in):
            which = f"{gradients}[{number}]" if len(shapes) > 1 else gradients
            require(not np.isnan(grad).any(), f"backward leaves (part of) {which} unwritten, or adds to its old values")
        for name, gradient in bench.memory.gradients.items():
            require(
                not np.isnan(gradient).any(),
                f"backward leaves the gradient of {name!r} unwritten, or adds to its old values",
                hint=f"write np.matmul(…, out=memory.gradients[{name!r}]) or memory.gradients[{name!r}][...] = …",
            )
            unchanged = np.array_equal(bench.memory.parameters[name], parameters[name])
            require(unchanged, f"it changes the parameter {name!r}")
        for name, x, before in zip(_named(shapes), bench.inputs, inputs, strict=True):
            require(np.array_equal(x, before), f"it changes its {name}", hint="it is the output of another layer")
        for part, name, array in bench.handed_over:
            require(
                getattr(bench.memory, part).get(name) is array,
                f"it replaces the array memory.{part}[{name!r}]",
                hint=f"the network keeps the old one: write memory.{part}[{name!r}][...] = …, or use out=",
            )


def check_first_layer(layer: AnyLayer) -> None:
    """If the gradient of an input is not requested, as in a network's first layer, all others stay the same."""
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
            equal = [same(grad, expected) for grad, expected, one in grads if one]
            fine = same(bench.memory.gradients, whole.memory.gradients) and all(equal)
            require(fine, f"with {without} the gradients differ")


def check_dtype(layer: AnyLayer) -> None:
    """float32 gives the output of float64, to the precision of float32."""
    for shapes in _taken(layer):
        single, double = (Workbench(layer, shapes, 3, dtype) for dtype in (np.float32, np.float64))
        for x, exact in zip(single.inputs, double.inputs, strict=True):
            np.copyto(x, exact)
        for name, array in single.memory.parameters.items():
            np.copyto(array, double.memory.parameters[name])
        place = far_off(single.forward().astype(np.float64), double.forward(), 1e-3)
        require(place is None, f"for {_samples(shapes)} its output in float32 differs from that in float64")


def check_prediction(layer: AnyLayer) -> None:
    """In a prediction, the output for a sample depends on that sample alone, and the state does not change."""
    for shapes in _taken(layer):
        whole = Workbench(layer, shapes, 5, np.float64)
        whole.forward()  # a training step first, so that running statistics differ from their initial values
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
            "the prediction for a sample depends on the rest of its batch",
            hint="where memory.training is False, use learnt statistics (memory.state), not the batch",
        )


def check_randomness(layer: AnyLayer) -> None:
    """If it plans for random numbers, the same generator gives the same output."""
    for shapes in _taken(layer):
        if not plan_for(layer, shapes).random:
            continue
        one, again = (Workbench(layer, shapes, 8, np.float32) for _ in range(2))
        require(same(one.forward(seed=1), again.forward(seed=1)), "the same memory.rng gives different outputs")
        return
    raise CheckSkipped("it plans for no random numbers")


def check_keeps_nothing(layer: AnyLayer) -> None:
    """It keeps no reference to an array that it receives, and puts no other array into its memory."""
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 4, np.float32)
        attributes, planned = copy.copy(vars(layer)), dict(bench.memory.workspace)
        bench.step()
        hint = "keep in memory.workspace what backward needs"
        require(attributes == vars(layer), "it sets an attribute on itself", hint=hint)
        hint = "plan a Buffer and write into it; backward receives inputs and out again"
        for name, array in bench.memory.workspace.items():
            require(array is planned.get(name), f"it puts a new array into memory.workspace[{name!r}]", hint=hint)
        references = {"out": weakref.ref(bench.out), "grad_out": weakref.ref(bench.grad_out)}
        references |= {f"its {name}": weakref.ref(x) for name, x in zip(_named(shapes), bench.inputs, strict=True)}
        del bench
        if any(reference() is not None for reference in references.values()):
            gc.collect()
        hint = "backward receives inputs and out again; keep whatever else it needs in memory.workspace"
        for name, reference in references.items():
            require(reference() is None, f"it keeps a view of {name}, which the network overwrites", hint=hint)


def check_export(layer: AnyLayer) -> None:
    """Its function in exported scripts computes the same predictions."""
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 5, np.float32)
        bench.forward()  # a training step first, so that running statistics differ from their initial values
        plan, arrays = bench.plan, {**bench.memory.parameters, **bench.memory.state}
        function = plain(layer, plan, {"input_shape": shapes[0], "output_shape": plan.output_shape})
        require_same(function, bench.forward(training=False), bench.inputs, arrays)


def check_no_allocation(layer: AnyLayer) -> None:
    """After the first step, neither forward nor backward allocates an array that grows with the batch."""
    for shapes in _taken(layer):
        single, double = (Workbench(layer, shapes, samples, np.float32) for samples in (LARGE_BATCH, 2 * LARGE_BATCH))
        growth = peak_memory(double.step) - peak_memory(single.step)
        require(
            growth <= min(single.out.size, *(x.size for x in single.inputs)) // 2,  # a mask has a byte for each value
            f"a step on {LARGE_BATCH:,} more {_samples(shapes)} allocates {growth:,} more bytes",
            hint="plan a Buffer, and use out=…",
        )


def check_explained(layer: AnyLayer) -> None:
    """For ``nnzoo explain``, its terms add up to its outputs and gradients, and `applies` is its activation."""
    if not (isinstance(layer, ExplainedLayer) or layer.applies):
        raise CheckSkipped("it explains nothing")
    for shapes in _taken(layer):
        bench = Workbench(layer, shapes, 1, np.float64)
        sample = LayerSample(tuple(x[0] for x in bench.inputs), bench.forward()[0].copy(), bench.memory.parameters)
        bench.backward()
        if layer.applies:
            applied, out = getattr(layer, layer.applies, None), np.empty_like(bench.inputs[0])
            if not isinstance(applied, Activation):
                raise CheckFailed(f"applies = {layer.applies!r}, which is not a hyperparameter with an activation")
            applied.forward(bench.inputs[0], out)
            require(same(out[0], sample.out), f"its output is not {applied} of its input")
        if isinstance(layer, ExplainedLayer):
            for entry in map(int, some_entries(sample.out, 8)):
                _require_value(layer.output_terms(entry, sample), sample.out, entry, "output_terms")
            gradients: list[tuple[str | int, Floats]] = list(bench.memory.gradients.items())
            gradients += [(number, grad[0]) for number, grad in enumerate(bench.grads_in)]
            for of, gradient in gradients:
                for entry in map(int, some_entries(gradient, 8)):
                    terms = layer.gradient_terms(of, entry, sample, bench.weights[0])
                    _require_value(terms, gradient, entry, f"gradient_terms of {of!r}")


def _require_value(terms: object, array: Floats, entry: int, source: str) -> None:
    """Refuse terms that do not add up to the entry of an array; ``source`` is their place in the message."""
    if not isinstance(terms, Terms):
        raise CheckFailed(f"{source} returns {with_article(terms)}, not Terms")
    found, wanted = terms.value, array.item(entry)
    require(np.isclose(found, wanted), f"{source}, entry {entry}, add up to {found:.6g}, not to {wanted:.6g}")


def _taken(layer: AnyLayer) -> list[Shapes]:
    """The shapes of samples that it takes."""
    several = SEVERAL_INPUTS if isinstance(layer, MergeLayer) else tuple((shape,) for shape in INPUT_SHAPES)
    return [*accepted(partial(plan_for, layer), {_samples(shapes): shapes for shapes in several}).values()]


def _named(shapes: Shapes) -> list[str]:
    """Names for the inputs."""
    return ["input"] if len(shapes) == 1 else [f"input {number}" for number in range(len(shapes))]


def _samples(shapes: Shapes) -> str:
    """A description of samples of these shapes."""
    return f"samples of shape {' and '.join(map(str, shapes))}"
