"""`Loss`: what training makes small."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats


@dataclass(frozen=True)
class Loss(Component):
    """The mean loss of a batch of logits (the network's raw outputs), and its gradient.

    Attributes
    ----------
    gives_probabilities : bool
        Whether `predict` yields class probabilities.
    curvature : float
        Roughly how much more curved the loss is than softmax cross-entropy, of values (not of probabilities) for five
        outputs or more. Gradients grow with it, so the default learning rate of a gradient-scaled optimizer is divided
        by it.
    """

    kind: ClassVar[str] = "loss"
    gives_probabilities: ClassVar[bool] = False
    curvature: ClassVar[float] = 1.0

    @abstractmethod
    def value_and_gradient(self, logits: Floats, targets: Floats, out: Floats) -> float:
        """The loss averaged over the n samples; its gradient with respect to the logits goes into ``out``.

        Parameters
        ----------
        logits : ndarray of shape (n, k)
            The network's outputs; must not be changed.
        targets : ndarray of shape (n, k)
            One-hot rows in classification, values in regression; same dtype as the logits. Must not be changed.
        out : ndarray of shape (n, k)
            Receives ∂(mean loss)/∂logits.
        """

    @abstractmethod
    def predict(self, logits: Floats) -> None:
        """Turn logits, in place, into what the network predicts: class probabilities, or values.

        Parameters
        ----------
        logits : ndarray of shape (n, k)
            Overwritten with the predictions.
        """
