"""Momentum that adds the gradient in full: Polyak's heavy ball and Nesterov's, which looks ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc
from nnzoo.api import Floats, Optimizer


@dataclass(frozen=True)
class HeavyBall(Optimizer):
    """Momentum as defined by Polyak and most frameworks: a ball that rolls downhill and keeps its speed.

    Equation::

        v ← β v + g
        θ ← θ − η v

    where θ are the parameters, g the gradient of the batch's mean loss and η the learning rate. The state is the
    velocity v, zero at first.

    A gradient that stays the same makes v grow to g / (1 − β). nnzoo's built-in ``momentum`` averages instead,
    v ← β v + (1 − β) g, and takes the same steps at η_heavy = η (1 − β): 0.3 here is 3 there, if β = 0.9.

    References
    ----------
    Polyak (1964), "Some methods of speeding up the convergence of iteration methods", USSR Comput. Math. 4(5).
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning", ICML. Theirs has η
    inside the velocity, which differs only while the learning rate changes; PyTorch's ``SGD`` is the same.
    """

    name: ClassVar[str] = "heavy-ball"
    default_learning_rate: ClassVar[float] = 0.3
    default_weight_decay: ClassVar[float] = 3e-3
    in_pieces: ClassVar[bool] = True

    beta: Annotated[float, Ge(0), Lt(1), doc("share of the old velocity that is kept at each step")] = 0.9

    def init(self, params: Floats) -> dict[str, Floats]:
        return {"velocity": np.zeros_like(params)}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        velocity = state["velocity"]
        velocity *= self.beta
        velocity += grad
        np.multiply(velocity, learning_rate, out=grad)
        params -= grad


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Nesterov's accelerated gradient: momentum with the gradient at the point to which the velocity leads.

    Equation::

        u ← β (u + g)
        θ ← θ − η (g + u)

    where θ are the parameters, g the gradient of the batch's mean loss and η the learning rate. The state is u, zero at
    first.

    In terms of the heavy ball's velocity v ← β v + g, the state is u = β v, the part of it that the next step starts
    with, and the step is g + β v. Nesterov takes the gradient at the point θ − η β v that lies ahead; here θ *is* that
    point, which is the same method after a change of variables (Bengio et al. 2013, section 3.5), and needs no second
    evaluation. PyTorch's ``SGD(nesterov=True)`` is the same.

    References
    ----------
    Nesterov (1983), "A method for solving the convex programming problem with convergence rate O(1/k²)", Dokl. Akad.
    Nauk SSSR 269.
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning", ICML.
    Bengio, Boulanger-Lewandowski & Pascanu (2013), "Advances in optimizing recurrent networks", ICASSP,
    arXiv:1212.0901.
    """

    name: ClassVar[str] = "nesterov"
    default_learning_rate: ClassVar[float] = 0.3
    default_weight_decay: ClassVar[float] = 3e-3
    in_pieces: ClassVar[bool] = True

    beta: Annotated[float, Ge(0), Lt(1), doc("share of the old velocity that is kept at each step")] = 0.9

    def init(self, params: Floats) -> dict[str, Floats]:
        return {"decayed_velocity": np.zeros_like(params)}

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        decayed_velocity = state["decayed_velocity"]
        decayed_velocity += grad
        decayed_velocity *= self.beta
        grad += decayed_velocity
        grad *= learning_rate
        params -= grad
