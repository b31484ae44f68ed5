"""`Optimizer`: one update of the flat parameter vector from its gradient."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats


@dataclass(frozen=True)
class Optimizer(Component):
    """A rule that moves the parameters against the gradient, in place on one flat vector.

    Attributes
    ----------
    default_learning_rate : float
        Used when the user gives none.
    default_weight_decay : float
        The decoupled weight decay used when the user gives none.
    gradient_scaled : bool
        Whether the step grows with the gradient (SGD: yes, Adam: no). Where it does, the default learning rate is
        divided by the activation's `slope`, and the default weight decay multiplied by it.
    elementwise : bool
        Whether each parameter moves by its own gradient and state alone, whatever the others do (LARS and others that
        look at a norm: no).
    """

    kind: ClassVar[str] = "optimizer"
    default_learning_rate: ClassVar[float]
    default_weight_decay: ClassVar[float] = 0.0
    gradient_scaled: ClassVar[bool] = True
    elementwise: ClassVar[bool] = True

    @abstractmethod
    def init(self, params: Floats) -> dict[str, Floats]:
        """The state before the first step: arrays only, by the name the equation gives them.

        Parameters
        ----------
        params : ndarray of shape (p,)
            All parameters of the network; must not be changed.
        """

    @abstractmethod
    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        """Take one step: change ``params`` and the arrays of ``state`` in place.

        Parameters
        ----------
        params, grad : ndarray of shape (p,)
            Parameters and the gradient of the mean loss; ``grad`` may be used as scratch space.
        state : dict of str to ndarray
            What `init` returned, as the last step left it.
        learning_rate : float
            The learning rate of this step, with the schedule's factor in it.
        step : int
            How many steps came before: 0 at the first.
        """


@dataclass(frozen=True)
class LayerwiseOptimizer(Optimizer):
    """An optimizer that looks at each array by itself: at its norm, its shape, or at all of its rows together.

    Whoever has one vector only, as `Optimizer` has, gets it treated as one array.
    """

    elementwise: ClassVar[bool] = False

    @abstractmethod
    def init_arrays(self, arrays: Mapping[str, Floats]) -> dict[str, Floats]:
        """The state before the first step: arrays only, by names such as ``velocity.0.dense.weight``.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            All parameters of the network by their names in model files; must not be changed.
        """

    @abstractmethod
    def update_arrays(
        self,
        arrays: Mapping[str, Floats],
        gradients: Mapping[str, Floats],
        state: dict[str, Floats],
        learning_rate: float,
        step: int,
    ) -> None:
        """Take one step: change the parameters and the arrays of ``state`` in place; see `Optimizer.update`."""

    def init(self, params: Floats) -> dict[str, Floats]:
        """`init_arrays`, of one array."""
        return self.init_arrays({"": params})

    def update(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        """`update_arrays`, of one array."""
        self.update_arrays({"": params}, {"": grad}, state, learning_rate, step)
