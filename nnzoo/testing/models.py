"""Checks of models."""

from __future__ import annotations

import math
from dataclasses import replace
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
from nnzoo.kinds import AnyLayer, AnyModel, Dataset, Graph, GraphModel, InputPart, Model, Problem, Shape, Split
from nnzoo.nn import Network
from nnzoo.testing.check import CheckFailed, require
from nnzoo.testing.class_at_each_step import ClassAtEachStep
from nnzoo.testing.numerics import random, require_gradient, some_entries
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import Recipe, default_rates

INPUT_SHAPES: tuple[Shape, ...] = ((12,), (8, 8), (28, 28), (32, 32, 3))
"""Of samples: a row of features, an image of `digits`, one of MNIST, one in colour."""

CLASSES = 3

SEQUENCE = Problem((8,), (8, CLASSES), (8,))
"""Class numbers, and a class at each step: tried with models that take nothing else."""


def exercise(model: AnyModel) -> list[Any]:
    """Use it once."""
    problem = _taken(model)[0]
    network = _network(model, problem)
    return [network.parameters.vector.copy(), network.forward(_samples(problem, 4).astype(np.float32)).copy()]


def check_layers(model: AnyModel) -> None:
    """`layers`, or `graph`, makes the same each time, ending in as many logits as it is asked for."""
    for problem in _taken(model):
        for outputs in (1, 2, 10):
            asked = replace(problem, output_shape=(*problem.output_shape[:-1], outputs))
            graph = _graph(model, asked)
            require(graph == _graph(model, asked), f"{_method(model)} makes others the second time")
            network = Network(graph, problem.input_shape)
            require(
                network.output_shape == asked.output_shape,
                f"for {_words(problem)} and {outputs} outputs it ends in the shape {network.output_shape}",
            )
            require(len(network.parameters), "it has no parameters")


def check_depth(model: AnyModel) -> None:
    """`depth` is a whole number, at least 1."""
    depth = model.depth()
    require(isinstance(depth, int) and depth >= 1, f"depth() is {depth!r}")


def check_initial_outputs(model: AnyModel) -> None:
    """As it starts, logits are finite and neither huge nor all the same."""
    for problem in _taken(model):
        logits = _network(model, problem).forward(_samples(problem, 32).astype(np.float32))
        require(np.isfinite(logits).all(), f"for {_words(problem)} its first logits are not finite")
        spread = float(logits.std())
        require(
            1e-4 < spread < 20,
            f"for {_words(problem)} its first logits have a standard deviation of {spread:.3g}",
        )


def check_gradients(model: AnyModel) -> None:
    """The whole network's gradient is that of the loss (central differences, float64, sigmoid)."""
    taken = _taken(model)
    for problem in (taken[0], *(other for other in taken[1:] if other.inputs)):
        network, loss = _network(model, problem, np.float64), SoftmaxCrossEntropy()
        m = 4 * problem.positions
        x, targets = _samples(problem, 4).astype(np.float64), np.resize([0, 1, 2, 1], m)
        losses, gradient, running = np.empty(m), np.empty((m, CLASSES)), network.state.vector.copy()
        workspace = {
            name: np.full((m, *b.shape), b.fill, b.dtype or np.float64) for name, b in loss.plan(CLASSES).items()
        }

        def value() -> float:
            network.state.vector[...] = running  # noqa: B023 (called within the loop)
            outputs = network.forward(x, step=0).reshape(m, CLASSES)  # noqa: B023
            loss.losses(outputs, targets, losses, gradient, workspace)  # noqa: B023
            return float(losses.sum()) + network.penalty  # noqa: B023

        value()
        network.backward(gradient.reshape(4, *network.output_shape))
        for name, array in network.parameters.views().items():
            require_gradient(f"gradient of {name}", network.gradients[name], value, array, some_entries(array, 8), 1e-5)


def check_learns(model: AnyModel) -> None:
    """With a third of the default learning rate it learns to tell three kinds of blobs apart, or which number is next.

    The latter is for models that take sequences of class numbers.
    """
    for problem in _taken(model):
        shape = problem.input_shape
        labels = random(10).integers(CLASSES, size=240)
        centres = 1.5 * random(11, math.prod(shape)).standard_normal((CLASSES, *shape))
        inputs = (0.5 * centres[labels] + 0.25 * _samples(problem, len(labels))).astype(np.float32)
        if problem is SEQUENCE:
            inputs = _samples(problem, len(labels))
            labels = (inputs + 1) % CLASSES
        halves = slice(0, 180), slice(180, None)
        train, test = (Split(inputs[half], labels[half], parts=problem.inputs) for half in halves)
        parts = (model, Relu(), SoftmaxCrossEntropy(), Momentum(), OneCycle())
        rate, decay = default_rates(parts[3], *parts[:3], parts[4])
        recipe = Recipe(
            ClassAtEachStep() if problem is SEQUENCE else Classification(),
            *parts,
            learning_rate=rate / 3,  # so few samples want smaller steps
            weight_decay=decay,
            epochs=8,
            batch_size=20,
            metrics=(Accuracy(),),
        )
        *_, last = prepare_new(recipe, Dataset(train, test, ("red", "green", "blue"))).epochs()
        right = last.figures["test_accuracy"] or 0.0
        learnt = "the number after each" if problem is SEQUENCE else "blobs of three classes"
        require(right > 0.8, f"of {_words(problem)}, {learnt}, it gets only {right:.0%} right")


def _network(model: AnyModel, problem: Problem, dtype: type[np.floating[Any]] = np.float32) -> Network:
    return Network(_graph(model, problem), problem.input_shape, dtype=dtype)


def _graph(model: AnyModel, problem: Problem) -> Graph:
    """What the model makes for a problem; a list of layers is a graph, too."""
    made = (
        model.graph(problem, Sigmoid())
        if isinstance(model, GraphModel)
        else model.layers(problem.input_shape, math.prod(problem.output_shape), Sigmoid())
        if isinstance(model, Model)
        else None
    )
    wanted = Graph if isinstance(model, GraphModel) else list
    require(isinstance(made, wanted), f"{_method(model)} returns {with_article(made)}, not a {wanted.__name__}")
    layers = [node.layer for node in made.nodes] if isinstance(made, Graph) else made or []
    for layer in layers:
        hint = "list instances; for an activation, Activate(activation)"
        require(isinstance(layer, AnyLayer), f"it lists {layer!r}, which is not a layer", hint=hint)
    return made if isinstance(made, Graph) else Graph.of(layers)


def _method(model: AnyModel) -> str:
    return "graph" if isinstance(model, GraphModel) else "layers"


def _samples(problem: Problem, count: int) -> Any:
    if problem.positions > 1:
        return random(12).integers(CLASSES, size=(count, *problem.input_shape))
    return random(12).standard_normal((count, *problem.input_shape))


def _words(problem: Problem) -> str:
    """Samples of a problem, in words."""
    if problem.positions > 1:
        return f"sequences of {problem.positions} class numbers"
    if problem.inputs:
        return f"samples with inputs of shapes {' and '.join(str(part.shape) for part in problem.inputs)}"
    return f"samples of shape {problem.input_shape}"


def _tried(model: AnyModel) -> list[Problem]:
    """Samples of several shapes; a graph may take some that consist of two inputs, as well or instead."""
    problems = [Problem(shape, (CLASSES,), ()) for shape in INPUT_SHAPES]
    if isinstance(model, GraphModel):
        for left, right in (((6,), (6,)), ((8, 8), (4,)), ((8, 8), (8, 8)), ((28, 28), (28, 28))):
            parts = InputPart("left", 0, left), InputPart("right", math.prod(left), right)
            problems.append(Problem((parts[-1].stop,), (CLASSES,), (), inputs=parts))
    return problems


def _taken(model: AnyModel) -> list[Problem]:
    """The problems that it takes, of those that are tried."""
    taken, refused = list[Problem](), ""
    for problem in (*_tried(model), SEQUENCE):
        if problem is SEQUENCE and taken:
            break
        try:
            _network(model, problem)
        except UsageError as error:
            refused = error.message
        else:
            taken.append(problem)
    if not taken:
        raise CheckFailed(f"it takes none of {'; '.join(map(_words, (*_tried(model), SEQUENCE)))}: {refused}")
    return taken


CHECKS = (check_layers, check_depth, check_initial_outputs, check_gradients, check_learns)
