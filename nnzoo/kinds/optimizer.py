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
        Used when the user gives none.
    default_weight_decay : float
        The decoupled weight decay used when the user gives none.
    gradient_scaled : bool
        Whether the step grows with the gradient (SGD: yes, Adam: no). If it does, the default learning rate is
        divided by the activation's `slope`, and the default weight decay multiplied by it.
    elementwise : bool
        Whether each parameter moves by its own gradient and state alone, whatever the others do (LARS and others that
        look at a norm: no).
    in_pieces : bool
        Whether `update` may be called for one piece of the vectors after the other, and for several at once, each on a
        thread of its own: a long vector then stays in the processor's cache while it is worked on. It must be
        elementwise, and every array of its state as long as the parameters.

    An optimizer that works through another one takes them over from it, except ``in_pieces``: see `OptimizerWrapper`.
    """

    kind: ClassVar[str] = "optimizer"
    default_learning_rate: ClassVar[float]
    default_weight_decay: ClassVar[float] = 0.0
    gradient_scaled: ClassVar[bool] = True
    elementwise: ClassVar[bool] = True
    in_pieces: ClassVar[bool] = False

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

    Called with one vector, as an `Optimizer` is, it treats that as one array.
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
    """An optimizer whose step follows the gradient at other parameters than the present ones: SAM, extragradient.

    In each step the gradient of a batch is computed twice: where the parameters are, then where `probe` has moved them
    to. They are put back, and `update` gets the second gradient. Both passes have the same random numbers, such as
    dropout's; the loss and the metrics reported, and running statistics, are those of the first.

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
        """Move ``params`` in place to where the gradient is wanted; as `Optimizer.update`, but undone after that.

        Parameters
        ----------
        params, grad : ndarray of shape (p,)
            Parameters, and the gradient of the mean loss there; ``grad`` may be used as scratch space.
        state : dict of str to ndarray
            What `init` returned, as the last step left it; may be changed in place.
        learning_rate, step : float, int
            Those of the step.
        """


@dataclass(frozen=True)
class OptimizerWrapper(Optimizer):
    """An optimizer that works through another one, its hyperparameter ``inner``.

    The default learning rate and weight decay, ``gradient_scaled`` and ``elementwise`` are those of the inner one; a
    wrapper that changes this declares it: ``elementwise: ClassVar[bool] = False``. A wrapper passes on the flat vector
    and one gradient, so a `LayerwiseOptimizer` or a `ProbingOptimizer` can't be inside one: that is an error when the
    training starts.

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
    def default_learning_rate(self) -> float:  # type: ignore[override] # what is a constant elsewhere depends here
        """That of the inner optimizer."""
        return self.inner.default_learning_rate

    @property
    def default_weight_decay(self) -> float:  # type: ignore[override]
        """That of the inner optimizer."""
        return self.inner.default_weight_decay

    @property
    def gradient_scaled(self) -> bool:  # type: ignore[override]
        """Whether the inner optimizer's steps grow with the gradient."""
        return self.inner.gradient_scaled

    @property
    def elementwise(self) -> bool:  # type: ignore[override]
        """Whether the inner optimizer moves each parameter by itself."""
        return self.inner.elementwise
