"""What is measured: loss and accuracy of a pass over data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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
        Sum of their losses, each times its weight where there are weights.
    correct : int or None
        How many were predicted right; None in regression.
    """

    samples: int = 0
    loss_sum: float = 0.0
    correct: int | None = 0
    _predicted: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp), repr=False, compare=False)

    def add(self, loss: float, logits: Floats, labels: NDArray[np.intp] | None) -> None:
        """Count one batch; logits of shape (n, classes), labels of shape (n,) or None."""
        self.samples += len(logits)
        self.loss_sum += loss * len(logits)
        if labels is None or self.correct is None:
            self.correct = None
        else:
            if len(self._predicted) < len(logits):
                self._predicted = np.empty(len(logits), np.intp)
            predicted = logits.argmax(axis=1, out=self._predicted[: len(logits)])
            self.correct += int(np.count_nonzero(np.equal(predicted, labels, out=predicted)))

    def to_dict(self) -> dict[str, Any]:
        """By name, as JSON can hold it."""
        return {"samples": self.samples, "loss_sum": self.loss_sum, "correct": self.correct}

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
            value = loss.value_and_gradient(logits, targets, scratch[: len(x)])
            if batches.weights is not None:
                value = weigh(loss, logits, targets, batches.weights, scratch[: len(x)])
            tally.add(value, logits, labels)
    return tally.loss, tally.accuracy


def weigh(loss: Loss, logits: Floats, targets: Floats, weights: Floats, grad: Floats) -> float:
    """The weighted loss of a batch, 1/n Σ wᵢ ℓᵢ; its gradient takes the place of the loss's own in ``grad``.

    A `Loss` tells no more than the mean over the samples it is given. So the weights are written in binary, and the
    samples that have a certain digit are given to it together: Σ wᵢ ℓᵢ = Σ_d 2ᵈ Σ {ℓᵢ : digit d of wᵢ is 1}. With 16
    digits the weights, and so the loss, are exact to 1/131,070 of the largest weight. The gradient is exact.

    It is divided by n and not by the batch's own Σ wᵢ: among light samples a heavy one would then count for less than
    it should. Over a whole pass both sums are the same.

    Parameters
    ----------
    loss : Loss
        What is weighted.
    logits, targets : ndarray of shape (n, k)
        As for `Loss.value_and_gradient`.
    weights : ndarray of shape (n, 1)
        With mean 1 over all the samples that are trained on.
    grad : ndarray of shape (n, k)
        The gradient of the mean loss; its rows are multiplied by the weights.
    """
    unit = float(weights.max()) / (2**16 - 1) or 1.0
    shares = np.rint(weights[:, 0] / unit).astype(np.int64)
    scratch, total = np.empty_like(logits), 0.0
    for digit in range(16):
        rows = np.flatnonzero(shares >> digit & 1)
        if len(rows):
            mean = loss.value_and_gradient(logits[rows], targets[rows], scratch[: len(rows)])
            total += 2**digit * len(rows) * mean
    grad *= weights
    return total * unit / len(logits)
