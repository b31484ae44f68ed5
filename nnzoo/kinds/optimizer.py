"""`Optimizer`: one update of the flat parameter vector from its gradient."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import doc

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats


@dataclass(frozen=True)
class Optimizer(Component):
    """A rule that moves the parameters against the gradient, in place on one flat vector.

    Attributes
    ----------
    default_learning_rate : float
        The learning rate, if the user chooses none.
    default_weight_decay : float
        The decoupled weight decay, if the user chooses none.
    gradient_scaled : bool
        Whether the step grows with the gradient (SGD: yes, Adam: no). The default learning rate is then divided by the
        activation's `slope`, and the default weight decay multiplied by it.
    elementwise : bool
        Whether each parameter depends only on its own gradient and state (not for LARS, which uses a norm).
    in_pieces : bool
        Whether `update` may be called for pieces of the vectors, also on several threads at once, so that a long vector
        stays in the processor's cache. The optimizer must be elementwise, and every array of its state as long as the
        parameters.

    An optimizer with an inner one inherits these from it, except ``in_pieces``: see `OptimizerWrapper`.
    """

    kind: ClassVar[str] = "optimizer"
    default_learning_rate: ClassVar[float]
    default_weight_decay: ClassVar[float] = 0.0
    gradient_scaled: ClassVar[bool] = True
    elementwise: ClassVar[bool] = True
    in_pieces: ClassVar[bool] = False

    @abstractmethod
    def init(self, params: Floats) -> dict[str, Floats]:
        """The state before the first step: arrays only, by their names in the equation.

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
            The learning rate of this step, including the schedule's factor.
        step : int
            The number of steps before: 0 at the first.
        """


@dataclass(frozen=True)
class LayerwiseOptimizer(Optimizer):
    """An optimizer that treats each array separately: it uses its norm, its shape or its rows.

    Called with one vector, like any `Optimizer`, it treats that as one array.
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


@dataclass(frozen=True)
class ProbingOptimizer(Optimizer):
    """An optimizer whose step follows the gradient at other parameters than the current ones: SAM, extragradient.

    Each step computes the gradient of a batch twice: at the current parameters, then where `probe` has moved them. The
    parameters are restored, and `update` gets the second gradient. Both passes use the same random numbers, for example
    in dropout; the reported loss and metrics, and running statistics, are those of the first.

    >>> class Extragradient(ProbingOptimizer):
    ...     name = "extragradient"
    ...     default_learning_rate = 1.0
    ...     def init(self, params):
    ...         return {}
    ...     def probe(self, params, grad, state, learning_rate, step):
    ...         grad *= learning_rate
    ...         params -= grad
    ...     update = probe
    """

    @abstractmethod
    def probe(self, params: Floats, grad: Floats, state: dict[str, Floats], learning_rate: float, step: int) -> None:
        """Move ``params`` in place to the point of the second gradient; the move is undone afterwards.

        The arguments are those of `Optimizer.update`; ``state`` may be changed in place.
        """


@dataclass(frozen=True)
class OptimizerWrapper(Optimizer):
    """An optimizer that delegates its step to another one, its hyperparameter ``inner``.

    The default learning rate and weight decay, ``gradient_scaled`` and ``elementwise`` are those of the inner one; a
    wrapper that changes one declares it: ``elementwise: ClassVar[bool] = False``. A wrapper passes on the flat vector
    and one gradient, so a `LayerwiseOptimizer` or a `ProbingOptimizer` inside it is an error when training starts.

    >>> from nnzoo.builtin.optimizers import Sgd
    >>> @dataclass(frozen=True)
    ... class Halved(OptimizerWrapper):
    ...     name = "halved"
    ...     def init(self, params):
    ...         return self.inner.init(params)
    ...     def update(self, params, grad, state, learning_rate, step):
    ...         grad *= 0.5
    ...         self.inner.update(params, grad, state, learning_rate, step)
    >>> str(Halved(Sgd())), Halved(Sgd()).default_learning_rate
    ('halved:inner=sgd', 1.0)
    """

    inner: Annotated[Optimizer, doc("the optimizer that takes the step")]

    @property
    def default_learning_rate(self) -> float:  # type: ignore[override] # a constant of all other optimizers
        """The inner optimizer's."""
        return self.inner.default_learning_rate

    @property
    def default_weight_decay(self) -> float:  # type: ignore[override]
        """The inner optimizer's."""
        return self.inner.default_weight_decay

    @property
    def gradient_scaled(self) -> bool:  # type: ignore[override]
        """The inner optimizer's."""
        return self.inner.gradient_scaled

    @property
    def elementwise(self) -> bool:  # type: ignore[override]
        """The inner optimizer's."""
        return self.inner.elementwise
