"""`walk`: one real step of gradient descent on one sample, with all its numbers kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnzoo.errors import DivergedError
from nnzoo.explanation.differences import check_gradient
from nnzoo.explanation.steps import LayerStep, LossStep, UpdateStep, Walk
from nnzoo.explanation.watching import WatchedLayer, watched_copy
from nnzoo.kinds import Floats, Problem
from nnzoo.nn import FlatParameters, Network
from nnzoo.nn.threads import blas_threads
from nnzoo.training.batches import Batch
from nnzoo.training.divergence import not_finite
from nnzoo.training.freezing import Freezing
from nnzoo.training.optimizing import initial_memory
from nnzoo.training.probing import Probing
from nnzoo.training.recipe import Recipe
from nnzoo.training.scoring import Scorer


def walk(network: Network, recipe: Recipe, problem: Problem, batch: Batch) -> Walk:
    """Take one step of gradient descent on one sample, as the trainer does, in float64.

    Parameters
    ----------
    network : Network
        Left as it is: the step is taken by a copy.
    recipe : Recipe
        Loss, optimizer, learning rate and weight decay.
    problem : Problem
        Shapes.
    batch : Batch
        The sample, float64, and its target.

    Raises
    ------
    DivergedError
        When something that was computed is not finite.
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

    with blas_threads(1), np.errstate(all="ignore"):  # what is not finite is found
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
    """All layers, with what they kept of the pass, and their gradients checked."""
    graph, readers = network.graph, network.graph.readers()
    lent = {node.shared_with for node in graph.nodes}
    all_seen = [layer.seen for layer in watched]  # before differences
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
    """Weight decay and the optimizer's step, as the trainer has them."""
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
