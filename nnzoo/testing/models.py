"""Checks of models."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.losses import SoftmaxCrossEntropy
from nnzoo.builtin.metrics import Accuracy
from nnzoo.builtin.optimizers import Momentum
from nnzoo.builtin.schedules import OneCycle
from nnzoo.builtin.tasks import Classification
from nnzoo.component import with_article
from nnzoo.errors import UsageError
from nnzoo.kinds import Dataset, Layer, Model, Shape, Split
from nnzoo.nn import Network
from nnzoo.testing.check import CheckFailed, require
from nnzoo.testing.gradients import require_gradient
from nnzoo.testing.numerics import random, some_entries
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import Recipe, default_rates

INPUT_SHAPES: tuple[Shape, ...] = ((12,), (8, 8), (28, 28), (32, 32, 3))
"""Of samples: a row of features, an image of `digits`, one of MNIST, one in colour."""

CLASSES = 3


def exercise(model: Model) -> list[Any]:
    """Use it once."""
    network = Network(_layers(model, shape := _shapes(model)[0]), shape)
    return [network.parameters.vector.copy(), network.forward(_samples(shape, 4).astype(np.float32)).copy()]


def check_layers(model: Model) -> None:
    """`layers` makes the same list of layers each time, ending in as many logits as it is asked for."""
    for shape in _shapes(model):
        for outputs in (1, 2, 10):
            layers = _layers(model, shape, outputs)
            require(layers == _layers(model, shape, outputs), "layers makes others the second time")
            network = Network(layers, shape)
            require(
                network.output_shape == (outputs,),
                f"for samples of shape {shape} and {outputs} outputs it ends in the shape {network.output_shape}",
            )
            require(len(network.parameters), "it has no parameters")


def check_depth(model: Model) -> None:
    """`depth` is a whole number, at least 1."""
    depth = model.depth()
    require(isinstance(depth, int) and depth >= 1, f"depth() is {depth!r}")


def check_initial_outputs(model: Model) -> None:
    """As it starts, logits are finite and neither huge nor all the same."""
    for shape in _shapes(model):
        logits = Network(_layers(model, shape), shape).forward(_samples(shape, 32).astype(np.float32))
        require(np.isfinite(logits).all(), f"for samples of shape {shape} its first logits are not finite")
        spread = float(logits.std())
        require(
            1e-4 < spread < 20,
            f"for samples of shape {shape} its first logits have a standard deviation of {spread:.3g}",
        )


def check_gradients(model: Model) -> None:
    """The whole network's gradient is that of the loss (central differences, float64, sigmoid)."""
    shape, loss = _shapes(model)[0], SoftmaxCrossEntropy()
    network = Network(_layers(model, shape), shape, dtype=np.float64)
    x, targets = _samples(shape, 4), np.array([0, 1, 2, 1])
    losses, gradient, running = np.empty(4), np.empty((4, CLASSES)), network.state.vector.copy()
    workspace = {name: np.full((4, *b.shape), b.fill, b.dtype or np.float64) for name, b in loss.plan(CLASSES).items()}

    def value() -> float:
        network.state.vector[...] = running
        loss.losses(network.forward(x, step=0), targets, losses, gradient, workspace)
        return float(losses.sum()) + network.penalty

    value()
    network.backward(gradient)
    for name, array in network.parameters.views().items():
        require_gradient(f"gradient of {name}", network.gradients[name], value, array, some_entries(array, 8), 1e-5)


def check_learns(model: Model) -> None:
    """With a third of the default learning rate it learns to tell three kinds of blobs apart."""
    for shape in _shapes(model):
        labels = random(10).integers(CLASSES, size=240)
        centres = 1.5 * random(11, math.prod(shape)).standard_normal((CLASSES, *shape))
        inputs = (0.5 * centres[labels] + 0.25 * _samples(shape, len(labels))).astype(np.float32)
        train, test = (Split(inputs[part], labels[part]) for part in (slice(0, 180), slice(180, None)))
        parts = (model, Relu(), SoftmaxCrossEntropy(), Momentum(), OneCycle())
        rate, decay = default_rates(parts[3], *parts[:3], parts[4])
        recipe = Recipe(
            Classification(),
            *parts,
            learning_rate=rate / 3,  # so few samples want smaller steps
            weight_decay=decay,
            epochs=8,
            batch_size=20,
            metrics=(Accuracy(),),
        )
        *_, last = prepare_new(recipe, Dataset(train, test, ("red", "green", "blue"))).epochs()
        right = last.figures["test_accuracy"] or 0.0
        require(right > 0.8, f"of samples of shape {shape}, blobs of three classes, it gets only {right:.0%} right")


def _layers(model: Model, shape: Shape, outputs: int = CLASSES) -> list[Layer]:
    layers = model.layers(shape, outputs, Sigmoid())
    require(isinstance(layers, list), f"layers returns {with_article(layers)}, not a list")
    for layer in layers:
        hint = "list instances; for an activation, Activate(activation)"
        require(isinstance(layer, Layer), f"it lists {layer!r}, which is no layer", hint=hint)
    return layers


def _samples(shape: Shape, count: int) -> Any:
    return random(12).standard_normal((count, *shape))


def _shapes(model: Model) -> list[Shape]:
    """The shapes of samples that it takes, of those that are tried."""
    taken, refused = [], ""
    for shape in INPUT_SHAPES:
        try:
            Network(_layers(model, shape), shape)
        except UsageError as error:
            refused = error.message
        else:
            taken.append(shape)
    if not taken:
        raise CheckFailed(f"it takes samples of none of the shapes {', '.join(map(str, INPUT_SHAPES))}: {refused}")
    return taken


CHECKS = (check_layers, check_depth, check_initial_outputs, check_gradients, check_learns)
