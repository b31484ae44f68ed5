"""Checks of models."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.losses import SoftmaxCrossEntropy
from nnzoo.builtin.metrics import Accuracy
from nnzoo.builtin.optimizers import Momentum
from nnzoo.builtin.schedules import OneCycle
from nnzoo.builtin.tasks import Classification
from nnzoo.component import with_article
from nnzoo.kinds import (
    AnyLayer,
    AnyModel,
    Dataset,
    Floats,
    Graph,
    GraphModel,
    InputPart,
    InvertiblePreprocessor,
    Model,
    Problem,
    Shape,
    Split,
    Task,
)
from nnzoo.kinds.layer import scratch
from nnzoo.nn import Network
from nnzoo.testing.check import require, results_of
from nnzoo.testing.numerics import random, require_gradient, some_entries
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import Recipe, default_rates

INPUT_SHAPES: tuple[Shape, ...] = ((12,), (8, 8), (28, 28), (32, 32, 3))
"""Shapes of samples: a row of features, an image of `digits`, one of MNIST, and a colour image."""

CLASSES = 3

SEQUENCE = Problem((8,), (8, CLASSES), (8,))
"""Class numbers, with a class at each step; tried with models that take nothing else."""


@dataclass(frozen=True)
class ClassAtEachStep(Task):
    """A class at each step of a sequence. Targets are class numbers of shape (n, steps)."""

    name: ClassVar[str] = "class-at-each-step"
    default_loss: ClassVar[str] = "softmax-cross-entropy"

    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        """Return no steps."""
        return ()

    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        """Describe a class for each number, out of those with names."""
        return Problem(input_shape, (*targets.shape[1:], len(names)), targets.shape[1:], names)

    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        """Convert class numbers to intp."""
        return targets.astype(np.intp)

    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        """Choose the most probable class."""
        predictions.argmax(axis=1, out=out)

    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        """Compute the shares of the classes."""
        shares: Floats = np.bincount(targets, minlength=problem.width) / len(targets)
        return shares

    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        """Return the class at each step."""
        return {"answer": prediction.argmax(axis=1).tolist()}


def exercise(model: AnyModel) -> list[Any]:
    """Use the model once."""
    problem = _taken(model)[0]
    network = _network(model, problem)
    return [network.parameters.vector.copy(), network.forward(_samples(problem, 4).astype(np.float32)).copy()]


def check_layers(model: AnyModel) -> None:
    """`layers` or `graph` returns the same layers each time, ending in the requested number of logits."""
    for problem in _taken(model):
        for outputs in (1, 2, 10):
            asked = replace(problem, output_shape=(*problem.output_shape[:-1], outputs))
            graph = _graph(model, asked)
            require(graph == _graph(model, asked), f"{_method(model)} returns other layers the second time")
            network = Network(graph, problem.input_shape)
            found, fine = network.output_shape, network.output_shape == asked.output_shape
            require(fine, f"for {_words(problem)} and {outputs} outputs its last layer has the shape {found}")
            require(len(network.parameters), "it has no parameters")


def check_depth(model: AnyModel) -> None:
    """`depth` returns a whole number of at least 1."""
    depth = model.depth()
    require(isinstance(depth, int) and depth >= 1, f"depth() is {depth!r}")


def check_initial_outputs(model: AnyModel) -> None:
    """Before training, logits are finite and neither huge nor all the same."""
    for problem in _taken(model):
        logits = _network(model, problem).forward(_samples(problem, 32).astype(np.float32))
        require(np.isfinite(logits).all(), f"for {_words(problem)} its first logits are not finite")
        spread = float(logits.std())
        require(1e-4 < spread < 20, f"for {_words(problem)} its first logits have a standard deviation of {spread:.3g}")


def check_gradients(model: AnyModel) -> None:
    """The gradient of the whole network is that of the loss (central differences, float64, sigmoid)."""
    taken = _taken(model)
    for problem in (taken[0], *(other for other in taken[1:] if other.inputs)):
        network, loss = _network(model, problem, np.float64), SoftmaxCrossEntropy()
        m = 4 * problem.positions
        x, targets = _samples(problem, 4).astype(np.float64), np.resize([0, 1, 2, 1], m)
        losses, gradient, running = np.empty(m), np.empty((m, CLASSES)), network.state.vector.copy()
        workspace = scratch(loss.plan(CLASSES), m, np.float64)

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
    """With a third of the default learning rate, it learns to distinguish three blobs, or to continue sequences.

    A model gets sequences of class numbers only if it takes nothing else.
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
            learning_rate=rate / 3,  # few samples need smaller steps
            weight_decay=decay,
            epochs=8,
            batch_size=20,
            metrics=(Accuracy(),),
        )
        *_, last = prepare_new(recipe, Dataset(train, test, ("red", "green", "blue"))).epochs()
        right = last.figures["test_accuracy"] or 0.0
        goal = "predicting the next number" if problem is SEQUENCE else "distinguishing three classes"
        require(right > 0.8, f"for {_words(problem)}, {goal}, only {right:.0%} of its answers are right")


def _network(model: AnyModel, problem: Problem, dtype: type[np.floating[Any]] = np.float32) -> Network:
    return Network(_graph(model, problem), problem.input_shape, dtype=dtype)


def _graph(model: AnyModel, problem: Problem) -> Graph:
    """The model's graph for a problem; a list of layers becomes a graph."""
    returned: Any
    wanted: type = Graph if isinstance(model, GraphModel) else list
    if isinstance(model, GraphModel):
        returned = model.graph(problem, Sigmoid())
    else:
        assert isinstance(model, Model)
        returned = model.layers(problem.input_shape, math.prod(problem.output_shape), Sigmoid())
    require(isinstance(returned, wanted), f"{_method(model)} returns {with_article(returned)}, not a {wanted.__name__}")
    for layer in returned if wanted is list else [node.layer for node in returned.nodes]:
        hint = "list instances; for an activation, Activate(activation)"
        require(isinstance(layer, AnyLayer), f"it lists {layer!r}, which is not a layer", hint=hint)
    graph: Graph = Graph.of(returned) if wanted is list else returned
    return graph


def _method(model: AnyModel) -> str:
    return "graph" if isinstance(model, GraphModel) else "layers"


def _samples(problem: Problem, count: int) -> Any:
    if problem.positions > 1:
        return random(12).integers(CLASSES, size=(count, *problem.input_shape))
    return random(12).standard_normal((count, *problem.input_shape))


def _words(problem: Problem) -> str:
    """A description of a problem's samples."""
    if problem.positions > 1:
        return f"sequences of {problem.positions} class numbers"
    if problem.inputs:
        return f"samples with inputs of shapes {' and '.join(str(part.shape) for part in problem.inputs)}"
    return f"samples of shape {problem.input_shape}"


def _taken(model: AnyModel) -> list[Problem]:
    """The problems that it accepts; a graph is also tried with samples of two inputs."""
    problems = [Problem(shape, (CLASSES,), ()) for shape in INPUT_SHAPES]
    if isinstance(model, GraphModel):
        for left, right in (((6,), (6,)), ((8, 8), (4,)), ((8, 8), (8, 8)), ((28, 28), (28, 28))):
            parts = InputPart("left", 0, left), InputPart("right", math.prod(left), right)
            problems.append(Problem((parts[-1].stop,), (CLASSES,), (), inputs=parts))
    cases = {_words(problem): problem for problem in problems}
    results = results_of(partial(_network, model), cases, {_words(SEQUENCE): SEQUENCE})
    return [cases.get(words, SEQUENCE) for words in results]
