"""The check of what layers tell `nnzoo explain`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnzoo.errors import UsageError
from nnzoo.kinds import Activation, AnyLayer, ExplainedLayer, Floats, LayerMemory, LayerSample, MergeLayer, Shape, Terms
from nnzoo.testing.check import CheckSkipped, require
from nnzoo.testing.numerics import random, some_entries

_SHAPES: tuple[Shape, ...] = ((6,), (3, 4, 2))
"""Of samples."""
_ENTRIES = 8
"""Of each array."""


def check_terms(layer: AnyLayer) -> None:
    """What it tells of its numbers is what they are: terms come to outputs and gradients, an activation to outputs."""
    if not (isinstance(layer, ExplainedLayer) or layer.applies):
        raise CheckSkipped("it tells no terms and applies nothing")
    if layer.applies:
        applied = getattr(layer, layer.applies, None)
        require(isinstance(applied, Activation), f"applies = {layer.applies!r} is not the name of an activation of it")
    for shape in _SHAPES:
        try:
            sample, grad_out, gradients = _pass(layer, shape)
        except UsageError:
            continue
        if layer.applies:
            z, out = sample.inputs[0][None], np.empty_like(sample.out[None])
            require(z.shape == out.shape, "it applies an activation, but its output has another shape than its input")
            getattr(layer, layer.applies).forward(z, out)
            require(np.allclose(out[0], sample.out), "its output is not what its activation makes of its input")
        if isinstance(layer, ExplainedLayer):
            for entry in map(int, some_entries(sample.out, _ENTRIES)):
                _require_sum(layer.output_terms(entry, sample), sample.out, entry, "output_terms")
            for of, gradient in gradients.items():
                for entry in map(int, some_entries(gradient, _ENTRIES)):
                    terms = layer.gradient_terms(of, entry, sample, grad_out)
                    _require_sum(terms, gradient, entry, f"gradient_terms of {of!r}")


def _require_sum(terms: object, array: Floats, entry: int, told: str) -> None:
    value = array.item(entry)
    require(isinstance(terms, Terms), f"{told} returns {terms!r}, not Terms")
    assert isinstance(terms, Terms)
    require(np.isclose(terms.value, value), f"{told}, entry {entry}, come to {terms.value:.6g}, but it is {value:.6g}")


def _pass(layer: Any, shape: Shape) -> tuple[LayerSample, Floats, dict[Any, Floats]]:
    """One sample forward and back in float64: what went forward, ∂L/∂out, and the gradients by name or number."""
    several, rng = isinstance(layer, MergeLayer), random(10)
    shapes = (shape, shape) if several else (shape,)
    plan = layer.plan(shapes if several else shape)
    parameters = {name: rng.standard_normal(parameter.shape) for name, parameter in plan.parameters.items()}
    memory = LayerMemory(
        parameters=parameters,
        gradients={name: np.empty_like(array) for name, array in parameters.items()},
        state={name: np.ones(parameter.shape) for name, parameter in plan.state.items()},
        workspace={
            name: np.full((1, *buffer.shape), buffer.fill, buffer.dtype or np.float64)
            for name, buffer in plan.workspace.items()
        },
        training=True,
        rng=rng if plan.random else None,
    )
    inputs = tuple(rng.standard_normal((1, *each)) for each in shapes)
    out, grad_out = np.empty((1, *plan.output_shape)), rng.standard_normal((1, *plan.output_shape))
    layer.forward(inputs if several else inputs[0], out, memory)
    sample, came = LayerSample(tuple(x[0] for x in inputs), out[0].copy(), parameters), grad_out[0].copy()
    grads_in = (grad_out,) if plan.gradient_in_place else tuple(map(np.empty_like, inputs))
    layer.backward(inputs if several else inputs[0], out, grad_out, grads_in if several else grads_in[0], memory)
    return sample, came, {**memory.gradients, **{number: each[0] for number, each in enumerate(grads_in)}}
