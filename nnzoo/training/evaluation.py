"""How well a trained network does on data: class by class, or in regression by R²."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import DivergedError, UsageError
from nnzoo.kinds import Dataset, Floats, Loss, Split
from nnzoo.nn import EVALUATION_BATCH, Network
from nnzoo.training.batches import Batches
from nnzoo.training.metrics import Tally


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


def fitting_part(network: Network, data: Dataset, part: str, *, name: str, classification: bool) -> Split:
    """A part of a data set, in the network's input shape.

    Parameters
    ----------
    network : Network
        What is to be measured.
    data : Dataset
        Where the samples are from.
    part : str
        ``train`` or ``test``.
    name : str
        What the data set is called in messages.
    classification : bool
        Whether the network is for classes.

    Raises
    ------
    UsageError
        When the data are not of the kind that the network takes.
    """
    takes, has, (outputs,) = network.input_shape, data.input_shape, network.output_shape
    same_values = math.prod(takes) == math.prod(has) and 1 in (len(takes), len(has))  # in a row, or as a picture
    if takes != has and not same_values:
        raise UsageError(f"samples of {name} have shape {has}, and the network takes shape {takes}")
    if classification != bool(data.class_names):
        task = "classification" if classification else "regression"
        raise UsageError(f"{name} has {'classes' if data.class_names else 'values'}; the network is for {task}")
    if outputs != data.outputs:
        what = "classes" if data.class_names else "values to predict"
        raise UsageError(f"{name} has {data.outputs} {what}, and the network {outputs}")
    split: Split = getattr(data, part)
    return replace(split, inputs=split.inputs.reshape(-1, *takes))


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
    return Evaluation(tally.samples, tally.loss, mse=float(wrong), r2=r_squared(split.targets, outputs))


def r_squared(values: Floats, predicted: Floats) -> float | None:
    """The coefficient of determination, R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)², over all outputs together.

    Parameters
    ----------
    values, predicted : ndarray of shape (n, k)
        What is true, and what was predicted.

    Returns
    -------
    float or None
        1 for a perfect prediction, 0 for that of the mean; None where all values of each output are the same.
    """
    wrong = ((values - predicted) ** 2).sum(dtype=np.float64)
    spread = ((values - values.mean(axis=0)) ** 2).sum(dtype=np.float64)
    return float(1 - wrong / spread) if spread else None
