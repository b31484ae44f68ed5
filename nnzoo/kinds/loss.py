"""`Loss`: the function that training minimizes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats
from nnzoo.kinds.layer import Buffer


@dataclass(frozen=True)
class Loss(Component):
    """The loss of each sample, and its gradient with respect to the network's outputs.

    The trainer weights rows and averages over the batch: a loss treats each row separately.

    Attributes
    ----------
    gives_probabilities : bool
        Whether `predict` yields probabilities.
    curvature : float
        Roughly the curvature of the loss relative to softmax cross-entropy; for values (not probabilities), with five
        outputs or more. Gradients grow with it, so the default learning rate of a gradient-scaled optimizer is divided
        by it.
    in_numpy : callable, optional
        A function of plain NumPy that computes the same in a prediction, from outputs of shape (n, …, k). It is copied
        into exported scripts, so it must be self-contained. By default it is made from `predict`, if that is plain
        NumPy.
    """

    kind: ClassVar[str] = "loss"
    gives_probabilities: ClassVar[bool] = False
    curvature: ClassVar[float] = 1.0
    in_numpy: ClassVar[Callable[..., Any] | None] = None

    @abstractmethod
    def plan(self, outputs: int) -> Mapping[str, Buffer]:
        """The scratch arrays for k = ``outputs`` outputs, by name; ``{}`` for none."""

    @abstractmethod
    def losses(
        self,
        outputs: Floats,
        targets: NDArray[Any],
        losses: Floats,
        grad: Floats,
        workspace: Mapping[str, NDArray[Any]],
    ) -> None:
        """Write the loss of each row into ``losses``, and its gradient into the row of ``grad``.

        Parameters
        ----------
        outputs : ndarray of shape (n, k)
            The network's outputs; must not be changed.
        targets : ndarray of shape (n,), intp, or (n, k), floating-point
            Class numbers; or values, labels of 0 and 1, or shares of classes. Must not be changed.
        losses : ndarray of shape (n,)
            Receives the loss of each row.
        grad : ndarray of shape (n, k)
            Receives ∂(loss of the row)/∂outputs, not divided by n.
        workspace : mapping of str to ndarray
            The planned arrays, with arbitrary contents.

        Raises
        ------
        UsageError
            When the targets do not fit this loss.
        """

    @abstractmethod
    def predict(self, outputs: Floats) -> None:
        """Convert outputs to predictions, probabilities or values, in place.

        Parameters
        ----------
        outputs : ndarray of shape (n, k)
            Overwritten with the predictions.
        """
