"""What is kept of a step: `Walk`, with each layer, the loss and the update."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from nnzoo.builtin.layers import Activate
from nnzoo.component import Component
from nnzoo.explanation.differences import CheckedGradient, Verdict
from nnzoo.kinds import Floats, Layer
from nnzoo.nn import FlatParameters
from nnzoo.training.recipe import Recipe


@dataclass(frozen=True)
class LayerStep:
    """One layer on the way forward and back; there is one sample, and no batch axis.

    Attributes
    ----------
    place : int
        Its own in the network, from 0.
    x, out : ndarray
        Input and output.
    parameters : dict of str to ndarray
        As they were, by the layer's own names.
    grad_out : ndarray or None
        ∂L/∂out; None where nothing before the layer, nor the layer, has parameters.
    grad_in : CheckedGradient or None
        ∂L/∂x; None where it is not needed.
    gradients : dict of str to CheckedGradient
        Of the parameters.
    """

    place: int
    layer: Layer
    x: Floats
    out: Floats
    parameters: dict[str, Floats]
    grad_out: Floats | None
    grad_in: CheckedGradient | None
    gradients: dict[str, CheckedGradient]

    @property
    def name(self) -> str:
        """As the names of its arrays begin: ``0.dense``."""
        return f"{self.place}.{self.layer.name}"

    def component(self) -> Component:
        """What computes: the activation, where the layer does no more than apply one."""
        return self.layer.activation if isinstance(self.layer, Activate) else self.layer

    def checked(self) -> dict[str, CheckedGradient]:
        """All gradients that it computed, by the names of the parameters, and ``input``."""
        return self.gradients | ({} if self.grad_in is None else {"input": self.grad_in})


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
class Tally:
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

        Names are those of the parameters, ``0.dense.weight``; and ``1.activate.input`` and ``logits``.
        """
        yield "logits", self.recipe.loss, self.loss.gradient
        for step in reversed(self.layers):
            for name, gradient in step.checked().items():
                yield f"{step.name}.{name}", step.component(), gradient

    def tally(self) -> Tally:
        """What came of all checks."""
        gradients = [gradient for _, _, gradient in self.checked()]
        verdicts = np.array([verdict for gradient in gradients for verdict in gradient.verdicts()])
        relative = np.concatenate([gradient.relative for gradient in gradients])[verdicts != "kink"]
        confirmed, kinks, wrong = (int((verdicts == verdict).sum()) for verdict in get_args(Verdict))
        return Tally(confirmed, kinks, wrong, float(relative.max(initial=0)))

    def culprit(self) -> Component | None:
        """What computed the first gradient that is not confirmed: those after it are computed from wrong ones."""
        wrong = (component for _, component, gradient in self.checked() if "not confirmed" in gradient.verdicts())
        return next(wrong, None)
