"""How well a trained network does on data: class by class, or in regression by R²."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import DivergedError
from nnzoo.kinds import Floats, Loss, Split
from nnzoo.nn import Network
from nnzoo.training.batches import Batches
from nnzoo.training.metrics import Tally
from nnzoo.training.prepare import EVALUATION_BATCH


@dataclass(frozen=True)
class ClassFigures:
    """What came of one class; a share of nothing is None.

    Attributes
    ----------
    samples, predicted : int
        How many samples are of this class, and how many were taken for it.
    precision : float or None
        Share of those taken for it that are of it.
    recall : float or None
        Share of those of it that were taken for it.
    """

    samples: int
    predicted: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class Evaluation:
    """Figures of a network on data.

    Attributes
    ----------
    samples : int
    loss : float
        Mean over the samples.
    accuracy : float or None
        Share of right predictions; None in regression.
    confusion : ndarray of shape (k, k) or None
        How many samples of each class (row) were taken for each class (column); None in regression.
    mse, r2 : float or None
        In regression the mean squared error, and the coefficient of determination R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²,
        which is None where all y are equal.
    """

    samples: int
    loss: float
    accuracy: float | None = None
    confusion: NDArray[np.integer[Any]] | None = None
    mse: float | None = None
    r2: float | None = None

    def classes(self) -> list[ClassFigures]:
        """The figures of each class; none in regression."""
        if self.confusion is None:
            return []
        counts = (self.confusion.diagonal(), self.confusion.sum(axis=1), self.confusion.sum(axis=0))
        return [
            ClassFigures(of, taken, right / taken if taken else None, right / of if of else None)
            for right, of, taken in zip(*(count.tolist() for count in counts), strict=True)
        ]


def measure(network: Network, loss: Loss, split: Split, classes: int) -> Evaluation:
    """Figures of a network on a part of a data set.

    Parameters
    ----------
    network, loss : Network, Loss
        What is measured.
    split : Split
        Inputs of the network's input shape.
    classes : int
        Number of classes; 0 in regression.

    Raises
    ------
    DivergedError
        When an output is not finite: such a network has no accuracy.
    """
    batches = Batches(split, EVALUATION_BATCH, classes, network.dtype)
    outputs: Floats = np.empty((len(split), *network.output_shape), network.dtype)
    tally, scratch = Tally(), np.empty((batches.batch_size, *network.output_shape), network.dtype)
    with np.errstate(all="ignore"):
        for x, targets, labels in batches.in_order():
            logits = network.forward(x)
            if not np.isfinite(logits).all():
                raise DivergedError("the network's outputs are not finite", hint="it is of no use: train it again")
            outputs[tally.samples : tally.samples + len(x)] = logits
            tally.add(loss.value_and_gradient(logits, targets, scratch[: len(x)]), logits, labels)
    if classes:
        pairs = split.targets.astype(np.intp) * classes + outputs.argmax(axis=1)
        confusion = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
        return Evaluation(tally.samples, tally.loss, tally.accuracy, confusion)
    loss.predict(outputs)
    wrong = ((split.targets - outputs) ** 2).mean(dtype=np.float64)
    spread = ((split.targets - split.targets.mean(axis=0)) ** 2).mean(dtype=np.float64)
    return Evaluation(tally.samples, tally.loss, mse=float(wrong), r2=float(1 - wrong / spread) if spread else None)
