"""What is measured: loss and accuracy of a pass over data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Floats, Loss
from nnzoo.nn import Network
from nnzoo.training.batches import Batches


@dataclass(frozen=True)
class EpochMetrics:
    """The figures of one epoch.

    Attributes
    ----------
    epoch : int
        1 for the first.
    learning_rate : float
        Of the epoch's last step.
    train_loss, train_accuracy : float
        Mean over the epoch while the network was learning; accuracies are shares, and None in regression.
    validation_loss, validation_accuracy, test_loss, test_accuracy : float or None
        After the epoch; None where there is no such data.
    seconds : float
        Training alone, without evaluation.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    seconds: float

    def __str__(self) -> str:
        parts = [f"epoch {self.epoch}", f"learning rate {self.learning_rate:.3g}"]
        for part in ("train", "validation", "test"):
            loss, accuracy = getattr(self, f"{part}_loss"), getattr(self, f"{part}_accuracy")
            parts += [] if loss is None else [f"{part} loss {loss:.4f}"]
            parts += [] if accuracy is None else [f"{part} accuracy {accuracy:.2%}"]
        return ", ".join([*parts, f"{self.seconds:.2f} s"])

    def to_dict(self) -> dict[str, Any]:
        """By name, as ``metrics.jsonl`` has it."""
        return asdict(self)


@dataclass
class Tally:
    """Running mean of loss and accuracy, weighted by the size of each batch.

    Attributes
    ----------
    samples : int
        Samples counted.
    loss_sum : float
        Sum of their losses.
    correct : int or None
        How many were predicted right; None in regression.
    """

    samples: int = 0
    loss_sum: float = 0.0
    correct: int | None = 0

    def add(self, loss: float, logits: Floats, labels: NDArray[np.intp] | None) -> None:
        """Count one batch; logits of shape (n, classes), labels of shape (n,) or None."""
        self.samples += len(logits)
        self.loss_sum += loss * len(logits)
        if labels is None or self.correct is None:
            self.correct = None
        else:
            self.correct += int(np.count_nonzero(logits.argmax(axis=1) == labels))

    def to_dict(self) -> dict[str, Any]:
        """By name, as JSON can hold it."""
        return asdict(self)

    @classmethod
    def restored(cls, values: Mapping[str, Any]) -> Self:
        """The tally that `to_dict` told of."""
        correct = values["correct"]
        return cls(int(values["samples"]), float(values["loss_sum"]), None if correct is None else int(correct))

    @property
    def loss(self) -> float:
        """Mean loss so far."""
        return self.loss_sum / self.samples

    @property
    def accuracy(self) -> float | None:
        """Share of right predictions so far; None in regression."""
        return None if self.correct is None else self.correct / self.samples


def evaluate(network: Network, loss: Loss, batches: Batches) -> tuple[float, float | None]:
    """Mean loss and accuracy of a network over data.

    Where an output is not finite the loss is NaN and the accuracy None: such a network has no accuracy.
    """
    tally = Tally()
    scratch = np.empty((batches.batch_size, *network.output_shape), network.dtype)
    with np.errstate(all="ignore"):
        for x, targets, labels in batches.in_order():
            logits = network.forward(x)
            if not np.isfinite(logits).all():
                return math.nan, None
            tally.add(loss.value_and_gradient(logits, targets, scratch[: len(x)]), logits, labels)
    return tally.loss, tally.accuracy
