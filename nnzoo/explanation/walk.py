"""`walk`: take one step of gradient descent on one sample, and record every number in a `Walk`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from nnzoo.component import Component
from nnzoo.errors import DivergedError
from nnzoo.explanation.differences import CheckedGradient, Verdict, check_gradient
from nnzoo.explanation.watching import WatchedLayer, watched_copy
from nnzoo.kinds import AnyLayer, Floats, LayerSample, Problem
from nnzoo.nn import FlatParameters, Network
from nnzoo.nn.threads import blas_threads
from nnzoo.training.batches import Batch
from nnzoo.training.divergence import not_finite
from nnzoo.training.freezing import Freezing
from nnzoo.training.optimizing import initial_memory
from nnzoo.training.probing import Probing
from nnzoo.training.recipe import Recipe
from nnzoo.training.scoring import Scorer


@dataclass(frozen=True)
class LayerStep:
    """One layer in the forward and the backward pass of one sample; arrays have no batch axis.

    Attributes
    ----------
    place : int
        The layer's index in the network.
    takes : tuple of int
        The places whose outputs are the inputs; `Graph.input` is the sample.
    inputs, out : tuple of ndarray, ndarray
        The inputs and the output.
    parameters : dict of str to ndarray
        Parameters before the step, by the layer's names.
    grad_out : ndarray or None
        ∂L/∂out; None if neither this layer nor one before it has parameters.
    grads_in : tuple of (CheckedGradient or None)
        The part of ∂L/∂(each input) that comes through this layer; None where it is not needed.
    gradients : dict of str to CheckedGradient
        The part of each parameter's gradient that comes from this layer.
    output_gradient : CheckedGradient or None
        ``grad_out`` where several layers read the output: the sum over them.
    shared_with : str or None
        The name of the layer that owns the parameters, if that is another one.
    shared_gradients : dict of str to CheckedGradient
        Gradients of parameters that other layers use, too: the sum over them.
    """

    place: int
    layer: AnyLayer
    takes: tuple[int, ...]
    inputs: tuple[Floats, ...]
    out: Floats
    parameters: dict[str, Floats]
    grad_out: Floats | None
    grads_in: tuple[CheckedGradient | None, ...]
    gradients: dict[str, CheckedGradient]
    output_gradient: CheckedGradient | None = None
    shared_with: str | None = None
    shared_gradients: dict[str, CheckedGradient] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The layer's place and name, with which the names of its arrays begin: ``0.dense``."""
        return f"{self.place}.{self.layer.name}"

    @property
    def x(self) -> Floats:
        """The first input."""
        return self.inputs[0]

    @property
    def sample(self) -> LayerSample:
        """The arrays of the forward pass."""
        return LayerSample(self.inputs, self.out, self.parameters)

    @property
    def at(self) -> str:
        """Suffix for this layer's part of a shared parameter's gradient: `` at 4.dense``; empty without sharing."""
        return f" at {self.name}" if self.shared_with or self.shared_gradients else ""

    def component(self) -> Component:
        """The activation, if all the layer does is apply one; otherwise the layer."""
        applied: Component = getattr(self.layer, self.layer.applies) if self.layer.applies else self.layer
        return applied

    def checked(self) -> dict[str, CheckedGradient]:
        """All gradients computed by this layer, in order, by the full names of their arrays."""
        owner = self.shared_with or self.name
        checked = {} if self.output_gradient is None else {f"{self.name}.output": self.output_gradient}
        checked |= {f"{owner}.{name}{self.at}": gradient for name, gradient in self.gradients.items()}
        checked |= {f"{owner}.{name}": gradient for name, gradient in self.shared_gradients.items()}
        for number, gradient in enumerate(self.grads_in):
            if gradient is not None:
                checked[f"{self.name}.input{f'.{number}' if len(self.inputs) > 1 else ''}"] = gradient
        return checked


@dataclass(frozen=True)
class LossStep:
    """The loss of the sample.

    Attributes
    ----------
    logits, predicted, targets : ndarray of shape (k,)
        ``predicted`` has the probabilities or values that the loss computes from the logits.
    value : float
        L, including the penalty.
    penalty : float
        The sum that layers add to the loss.
    gradient : CheckedGradient
        ∂L/∂logits.
    """

    logits: Floats
    predicted: Floats
    targets: Floats
    value: float
    gradient: CheckedGradient
    penalty: float = 0.0


@dataclass(frozen=True)
class UpdateStep:
    """The optimizer's step. Arrays have the layout of the network's parameters; those of the state need not.

    Attributes
    ----------
    learning_rate, weight_decay : float
        η and λ.
    before, decayed, gradient, after : FlatParameters
        Parameters before the step, after the weight decay, their gradient, and the parameters after the step.
    state_before, state_after : dict of str to ndarray
        The optimizer's state.
    loss : float
        The loss of the same sample after the step.
    """

    learning_rate: float
    weight_decay: float
    before: FlatParameters
    decayed: FlatParameters
    gradient: FlatParameters
    after: FlatParameters
    state_before: dict[str, Floats]
    state_after: dict[str, Floats]
    loss: float


@dataclass(frozen=True)
class Agreement:
    """Numbers of gradients that are confirmed, lie at a kink, and are not confirmed.

    ``largest_difference`` is the largest relative difference of those that are not at a kink.
    """

    confirmed: int
    kinks: int
    not_confirmed: int
    largest_difference: float

    @property
    def checked(self) -> int:
        """The number of all checked gradients."""
        return self.confirmed + self.kinks + self.not_confirmed


@dataclass(frozen=True)
class Walk:
    """A step of gradient descent on one sample, with every number."""

    recipe: Recipe
    layers: tuple[LayerStep, ...]
    loss: LossStep
    update: UpdateStep

    def checked(self) -> Iterator[tuple[str, Component, CheckedGradient]]:
        """Yield every gradient in the order of the backward pass, with the name of its array and its component.

        Names are those of parameters, ``0.dense.weight``, and of inputs and outputs, ``1.activate.input`` and
        ``logits``. In a graph there are also ``3.add.input.0`` for one of several inputs, ``2.dense.output`` where
        several layers read it, and ``0.dense.weight at 4.dense`` for one layer's part of a shared parameter's gradient.
        """
        yield "logits", self.recipe.loss, self.loss.gradient
        for step in reversed(self.layers):
            for name, gradient in step.checked().items():
                yield name, step.component(), gradient

    def readers(self, step: LayerStep) -> list[tuple[LayerStep, int]]:
        """The layers that read a layer's output, each with the number of the input; the last layer first."""
        return [
            (reader, number)
            for reader in reversed(self.layers)
            for number, place in enumerate(reader.takes)
            if place == step.place
        ]

    def users(self, step: LayerStep) -> list[LayerStep]:
        """The layers that use a layer's parameters, itself included; the last layer first."""
        return [user for user in reversed(self.layers) if user is step or user.shared_with == step.name]

    def agreement(self) -> Agreement:
        """Summarize the verdicts on all gradients."""
        gradients = [gradient for _, _, gradient in self.checked()]
        verdicts = np.array([verdict for gradient in gradients for verdict in gradient.verdicts()])
        relative = np.concatenate([gradient.relative for gradient in gradients])[verdicts != "kink"]
        confirmed, kinks, wrong = (int((verdicts == verdict).sum()) for verdict in get_args(Verdict))
        return Agreement(confirmed, kinks, wrong, float(relative.max(initial=0)))

    def culprit(self) -> Component | None:
        """The component with the first unconfirmed gradient; later gradients are computed from wrong ones."""
        wrong = (component for _, component, gradient in self.checked() if "not confirmed" in gradient.verdicts())
        return next(wrong, None)


def walk(network: Network, recipe: Recipe, problem: Problem, batch: Batch) -> Walk:
    """Take one step of gradient descent on a batch of one float64 sample, as the trainer does, in float64.

    The network does not change: a copy takes the step.

    Raises
    ------
    DivergedError
        When a computed number is not finite.
    """
    copy, watched = watched_copy(network)
    state = copy.state.vector.copy()
    scorer = Scorer(recipe.task, recipe.loss, (), problem, dtype=np.float64)

    def forward() -> tuple[Floats, float, Floats]:
        np.copyto(copy.state.vector, state)  # a training step may move running statistics
        rows = scorer.rows(copy.forward(batch.inputs, step=0))
        losses, grad = scorer.losses(rows, batch)
        return rows, batch.average(losses, grad) + copy.penalty, grad

    def loss() -> float:
        return forward()[1]

    with blas_threads(1), np.errstate(all="ignore"):  # results are checked for numbers that are not finite
        rows, value, gradient = forward()
        logits, at_logits, penalty = rows.copy(), gradient.copy(), copy.penalty
        copy.backward(gradient.reshape(1, *copy.output_shape))
        _require_finite(not_finite(value, copy.gradients.vector))

        predicted, targets = logits.copy(), batch.targets
        recipe.loss.predict(predicted)
        if problem.has_classes:
            targets = np.eye(problem.width)[targets]
        steps = _layer_steps(copy, watched, loss)
        checked = check_gradient(loss, watched[-1].nudge, at_logits.reshape(copy.output_shape))
        logits = logits.reshape(-1)
        loss_step = LossStep(logits, predicted.reshape(-1), targets.reshape(-1), value, checked, penalty)
        return Walk(recipe, steps, loss_step, _update(copy, recipe, scorer, batch, loss))


def _layer_steps(network: Network, watched: list[WatchedLayer], loss: Callable[[], float]) -> tuple[LayerStep, ...]:
    """Collect the arrays of each layer, and check its gradients."""
    graph, readers = network.graph, network.graph.readers()
    lent = {node.shared_with for node in graph.nodes}
    all_seen = [layer.seen for layer in watched]  # finite differences replace them
    gradients = {name: array.copy() for name, array in network.gradients.views().items()}
    steps = []
    for place, (node, layer, seen) in enumerate(zip(graph.nodes, watched, all_seen, strict=True)):
        owner = graph.name(place if node.shared_with is None else node.shared_with)
        parameters = {name: network.parameters[f"{owner}.{name}"] for name in network.plans[place].parameters}
        nudged = layer.parameter_nudges or parameters
        summed = seen.grad_out if readers[place] > 1 else None
        steps.append(
            LayerStep(
                place=place,
                layer=layer.layer,
                takes=node.inputs,
                inputs=seen.inputs,
                out=seen.out,
                parameters={name: array.copy() for name, array in parameters.items()},
                grad_out=seen.grad_out,
                grads_in=tuple(
                    None if gradient is None else check_gradient(loss, nudge, gradient)
                    for nudge, gradient in zip(layer.input_nudges, seen.grads_in, strict=True)
                ),
                gradients={name: check_gradient(loss, nudged[name], seen.gradients[name]) for name in parameters},
                output_gradient=None if summed is None else check_gradient(loss, layer.nudge, summed),
                shared_with=owner if parameters and node.shared_with is not None else None,
                shared_gradients={
                    name: check_gradient(loss, array, gradients[f"{owner}.{name}"])
                    for name, array in parameters.items()
                    if place in lent
                },
            )
        )
    return tuple(steps)


def _update(network: Network, recipe: Recipe, scorer: Scorer, batch: Batch, loss: Callable[[], float]) -> UpdateStep:
    """Take the optimizer's step with weight decay, as the trainer does."""
    learning_rate = recipe.learning_rate * recipe.schedule.factor(0, 1)
    parameters, freezing = network.parameters, Freezing(network, recipe.freeze, recipe.learning_rate_of)
    freezing.before_step()
    state = initial_memory(recipe.optimizer, parameters)
    state_before = {name: array.copy() for name, array in state.items()}
    Probing(recipe.optimizer, network, scorer, freezing).gradient(batch, state, learning_rate, 0)
    before, gradient = _copied(parameters), _copied(network.gradients)
    if recipe.weight_decay:
        parameters.weights *= 1 - learning_rate * recipe.weight_decay
    decayed = _copied(parameters)
    freezing.update_with(recipe.optimizer)(state, learning_rate, 0)
    if not np.isfinite(parameters.vector).all():
        _require_finite("parameters after the step")
    after, loss_after = _copied(parameters), loss()
    _require_finite(not_finite(loss_after, parameters.vector))
    return UpdateStep(
        learning_rate, recipe.weight_decay, before, decayed, gradient, after, state_before, state, loss_after
    )


def _copied(flat: FlatParameters) -> FlatParameters:
    copy = FlatParameters(flat.layout, flat.vector.dtype)
    np.copyto(copy.vector, flat.vector)
    return copy


def _require_finite(what: str | None) -> None:
    if what is not None:
        raise DivergedError(f"the {what} of this step is not finite", hint="try a smaller learning rate")
