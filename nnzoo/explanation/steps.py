"""What is kept of a step: `Walk`, with each layer, the loss and the update."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from nnzoo.component import Component
from nnzoo.explanation.differences import CheckedGradient, Verdict
from nnzoo.kinds import AnyLayer, Floats, LayerSample
from nnzoo.nn import FlatParameters
from nnzoo.training.recipe import Recipe


@dataclass(frozen=True)
class LayerStep:
    """One layer on the way forward and back; there is one sample, and no batch axis.

    Attributes
    ----------
    place : int
        Its own in the network, from 0.
    takes : tuple of int
        The places whose outputs it takes; `Graph.input` is the sample.
    inputs, out : tuple of ndarray, ndarray
        What came from each, and the output.
    parameters : dict of str to ndarray
        As they were, by the layer's own names.
    grad_out : ndarray or None
        ∂L/∂out; None where nothing before the layer, nor the layer, has parameters.
    grads_in : tuple of (CheckedGradient or None)
        ∂L/∂(each input), as far as it comes through this layer; None where it is not needed.
    gradients : dict of str to CheckedGradient
        Of the parameters, as far as they come from this layer.
    output_gradient : CheckedGradient or None
        ``grad_out`` where several layers take the output: the sum of what comes back from each.
    shared_with : str or None
        The name of the layer that the parameters belong to, where it is another one.
    shared_gradients : dict of str to CheckedGradient
        Of parameters that other layers use, too: the sum of what comes from each.
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
        """As the names of its arrays begin: ``0.dense``."""
        return f"{self.place}.{self.layer.name}"

    @property
    def x(self) -> Floats:
        """The input, the first where there are several."""
        return self.inputs[0]

    @property
    def grad_in(self) -> CheckedGradient | None:
        """The gradient of the input, the first where there are several."""
        return self.grads_in[0]

    @property
    def sample(self) -> LayerSample:
        """What went forward."""
        return LayerSample(self.inputs, self.out, self.parameters)

    @property
    def at(self) -> str:
        """What tells its part of the gradient of a shared parameter from the whole: `` at 4.dense``; else empty."""
        return f" at {self.name}" if self.shared_with or self.shared_gradients else ""

    def component(self) -> Component:
        """What computes: the activation, where the layer does no more than apply one."""
        applied: Component = getattr(self.layer, self.layer.applies) if self.layer.applies else self.layer
        return applied

    def checked(self) -> dict[str, CheckedGradient]:
        """All gradients that were computed here, in order, by the full names of their arrays."""
        owner, here = (
            self.shared_with or self.name,
            f" at {self.name}" if self.shared_with or self.shared_gradients else "",
        )
        several = len(self.inputs) > 1
        found = {} if self.output_gradient is None else {f"{self.name}.output": self.output_gradient}
        found |= {f"{owner}.{name}{here}": gradient for name, gradient in self.gradients.items()}
        found |= {f"{owner}.{name}": gradient for name, gradient in self.shared_gradients.items()}
        return found | {
            f"{self.name}.input{f'.{number}' if several else ''}": gradient
            for number, gradient in enumerate(self.grads_in)
            if gradient is not None
        }


@dataclass(frozen=True)
class LossStep:
    """The loss of the sample.

    Attributes
    ----------
    logits, predicted, targets : ndarray of shape (k,)
        ``predicted`` is what the loss makes of the logits: probabilities, or values.
    value : float
        L, with the penalty of layers in it.
    penalty : float
        What layers have added.
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
    """What the optimizer did; all arrays in one layout with the network's parameters, but for some of the state.

    Attributes
    ----------
    learning_rate, weight_decay : float
        η and λ.
    before, decayed, gradient, after : FlatParameters
        Parameters before the step, after the weight decay, their gradient, and the parameters after the step.
    state_before, state_after : dict of str to ndarray
        What the optimizer remembers.
    loss : float
        Of the same sample after the step.
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
    """How many gradients were confirmed, lie at a kink, and are not confirmed.

    ``largest_difference`` is the largest relative difference of those that are not at a kink.
    """

    confirmed: int
    kinks: int
    not_confirmed: int
    largest_difference: float

    @property
    def checked(self) -> int:
        """All of them."""
        return self.confirmed + self.kinks + self.not_confirmed


@dataclass(frozen=True)
class Walk:
    """A step of gradient descent on one sample, number by number."""

    recipe: Recipe
    layers: tuple[LayerStep, ...]
    loss: LossStep
    update: UpdateStep

    def checked(self) -> Iterator[tuple[str, Component, CheckedGradient]]:
        """Every gradient, in the order of the backward pass, with the name of its array and what computed it.

        Names are those of the parameters, ``0.dense.weight``; and ``1.activate.input`` and ``logits``. In a graph there
        are ``3.add.input.0`` of several inputs, ``2.dense.output`` where several layers take it, and
        ``0.dense.weight at 4.dense``, which is a place's part of the gradient of shared parameters.
        """
        yield "logits", self.recipe.loss, self.loss.gradient
        for step in reversed(self.layers):
            for name, gradient in step.checked().items():
                yield name, step.component(), gradient

    def readers(self, step: LayerStep) -> list[tuple[LayerStep, int]]:
        """The layers that take a layer's output, each with the number of the input; the last one first."""
        return [
            (reader, number)
            for reader in reversed(self.layers)
            for number, place in enumerate(reader.takes)
            if place == step.place
        ]

    def users(self, step: LayerStep) -> list[LayerStep]:
        """The layers that use a layer's parameters, itself included; the last one first."""
        return [user for user in reversed(self.layers) if user is step or user.shared_with == step.name]

    def agreement(self) -> Agreement:
        """What came of all checks."""
        gradients = [gradient for _, _, gradient in self.checked()]
        verdicts = np.array([verdict for gradient in gradients for verdict in gradient.verdicts()])
        relative = np.concatenate([gradient.relative for gradient in gradients])[verdicts != "kink"]
        confirmed, kinks, wrong = (int((verdicts == verdict).sum()) for verdict in get_args(Verdict))
        return Agreement(confirmed, kinks, wrong, float(relative.max(initial=0)))

    def culprit(self) -> Component | None:
        """What computed the first gradient that is not confirmed: those after it are computed from wrong ones."""
        wrong = (component for _, component, gradient in self.checked() if "not confirmed" in gradient.verdicts())
        return next(wrong, None)
