"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import final

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import DivergedError
from nnzoo.kinds import Floats, MetricSchedule
from nnzoo.nn import Network
from nnzoo.nn.threads import blas_threads
from nnzoo.training.batches import Batches
from nnzoo.training.divergence import diverged, not_finite
from nnzoo.training.metrics import EpochMetrics, evaluate, weigh
from nnzoo.training.recipe import Recipe
from nnzoo.training.state import TrainingState


@final
class Trainer:
    """Mini-batch gradient descent: for each batch forward, loss, backward, update.

    Parameters
    ----------
    network : Network
        Trained in place.
    recipe : Recipe
        Loss, optimizer, schedule, learning rate, weight decay, epochs and seed.
    train : Batches
        What is learnt from.
    validation, test : Batches, optional
        Measured after each epoch. Validation data may tell which epoch was the best; test data choose nothing.
    first_epoch : int
        How many epochs the network has been trained before; their orders of samples and random draws are not repeated.

    ``state`` is where it stands, of ``total_steps``. Set ``stop_requested``, and it stops after the step it is at.
    """

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        train: Batches,
        validation: Batches | None = None,
        test: Batches | None = None,
        *,
        first_epoch: int = 0,
    ) -> None:
        self.network, self.recipe = network, recipe
        self.train, self.validation, self.test = train, validation, test
        self.first_epoch, self._first_step = first_epoch, first_epoch * len(train)
        self.total_steps = recipe.epochs * len(train)
        self.state = TrainingState.initial(recipe.optimizer, network.parameters.vector)
        self.stop_requested = False
        self._grad: Floats = np.empty((train.batch_size, *network.output_shape), network.dtype)

    def finished(self) -> bool:
        """Whether all epochs are done, or the validation loss has stopped getting better for long enough."""
        done, patience = self.state.epoch, self.recipe.early_stopping
        return done >= self.recipe.epochs or (patience is not None and done - self.state.best.epoch >= patience)

    def epochs(self) -> Iterator[EpochMetrics]:
        """Train epoch by epoch to the end, yielding the figures of each; see `advance`."""
        while not (self.finished() or self.stop_requested) and (metrics := self.advance()):
            yield metrics

    def advance(self, batches: int | None = None) -> EpochMetrics | None:
        """Train on to the end of the epoch, or for some batches if that is less; the figures of an epoch that ended.

        Raises
        ------
        DivergedError
            At the step where a loss or gradient is not finite, before the parameters are touched.
        """
        state, started = self.state, time.perf_counter()
        until = len(self.train) if batches is None else min(state.batch + batches, len(self.train))
        with blas_threads(self.recipe.threads), np.errstate(all="ignore"):  # what is not finite is found below
            epoch = self.first_epoch + state.epoch + 1
            for x, targets, labels in self.train.shuffled(self.recipe.seed, epoch, first=state.batch):
                self._step(x, targets, labels)
                if state.batch >= until or self.stop_requested:
                    break
            state.epoch_seconds += time.perf_counter() - started
            return self._end_epoch(epoch) if state.batch == len(self.train) and not self.stop_requested else None

    def _step(self, x: Floats, targets: Floats, labels: NDArray[np.intp] | None) -> None:
        """One step of gradient descent on one batch."""
        recipe, network, state = self.recipe, self.network, self.state
        learning_rate = self.learning_rate(state.steps)
        grad = self._grad[: len(x)]

        logits = network.forward(x, step=self._first_step + state.steps)
        loss = recipe.loss.value_and_gradient(logits, targets, grad)
        if self.train.weights is not None:
            loss = weigh(recipe.loss, logits, targets, self.train.weights, grad)
        state.tally.add(loss, logits, labels)
        network.backward(grad)
        if (what := not_finite(loss, network.gradients.vector)) is not None:
            raise self._diverged(what)

        # Decoupled weight decay (Loshchilov & Hutter 2019): θ ← (1 − ηλ) θ, for the weights only.
        if recipe.weight_decay:
            network.parameters.weights *= 1 - learning_rate * recipe.weight_decay
        recipe.optimizer.update(
            network.parameters.vector, network.gradients.vector, state.optimizer, learning_rate, state.steps
        )
        state.steps += 1
        state.batch += 1

    def _end_epoch(self, epoch: int) -> EpochMetrics:
        state, schedule, network = self.state, self.recipe.schedule, self.network
        if not np.isfinite(network.parameters.vector).all():
            raise self._diverged("last update")
        metrics = EpochMetrics(
            epoch=epoch,
            learning_rate=self.learning_rate(state.steps - 1),
            train_loss=state.tally.loss,
            train_accuracy=state.tally.accuracy,
            seconds=state.epoch_seconds,
            **self.measure(),
        )
        state.end_epoch(metrics.validation_loss, network.parameters.vector, network.state.vector)
        if isinstance(schedule, MetricSchedule):
            state.ask(schedule, metrics.to_dict())
        return metrics

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, from the schedule."""
        factor = self.recipe.schedule.factor(step, max(self.total_steps, 1))
        return self.recipe.learning_rate * factor * self.state.plateau_factor

    def measure(self) -> dict[str, float | None]:
        """Loss and accuracy on the validation and test data, as the network is now; None where there is none."""
        figures: dict[str, float | None] = {}
        for part, batches in (("validation", self.validation), ("test", self.test)):
            loss, accuracy = (None, None) if batches is None else evaluate(self.network, self.recipe.loss, batches)
            if loss is not None and not math.isfinite(loss):
                raise self._diverged(f"loss on the {part} data")
            figures |= {f"{part}_loss": loss, f"{part}_accuracy": accuracy}
        return figures

    def _diverged(self, what: str) -> DivergedError:
        step = min(self.state.steps, max(self.total_steps - 1, 0))
        return diverged(what, self.recipe, self.network, step, self.total_steps, self.learning_rate(step))
