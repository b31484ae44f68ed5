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
from nnzoo.training.metrics import EpochMetrics, Tally, evaluate
from nnzoo.training.recipe import Recipe, default_rates


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
        Measured after each epoch; neither chooses anything.
    first_epoch : int
        How many epochs the network has been trained before; their orders of samples are not repeated.

    After a while, ``steps`` of ``total_steps`` are done and took ``seconds``, evaluation left out.
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
        self.first_epoch = first_epoch
        self.steps, self.seconds = 0, 0.0
        self.total_steps = recipe.epochs * len(train)
        self.optimizer_state = recipe.optimizer.init(network.parameters.vector)
        self.schedule_memory: dict[str, float] = {}
        self.plateau_factor = 1.0
        self._grad: Floats = np.empty((train.batch_size, *network.output_shape), network.dtype)

    def epochs(self) -> Iterator[EpochMetrics]:
        """Train epoch by epoch, yielding the figures of each.

        Raises
        ------
        DivergedError
            At the step where a loss or gradient is not finite, before the parameters are touched.
        """
        for epoch in range(1, self.recipe.epochs + 1):
            with blas_threads(self.recipe.threads):
                metrics = self._epoch(epoch)
            yield metrics

    def _epoch(self, epoch: int) -> EpochMetrics:
        tally = Tally()
        started = time.perf_counter()
        with np.errstate(all="ignore"):  # _check finds whatever is not finite
            for x, targets, labels in self.train.shuffled(self.recipe.seed, self.first_epoch + epoch):
                self._step(x, targets, labels, tally)
        if not np.isfinite(self.network.parameters.vector).all():
            raise self._diverged("last update")
        seconds = time.perf_counter() - started
        self.seconds += seconds
        metrics = EpochMetrics(
            epoch=self.first_epoch + epoch,
            learning_rate=self.learning_rate(self.steps - 1),
            train_loss=tally.loss,
            train_accuracy=tally.accuracy,
            seconds=seconds,
            **self.measure(),
        )
        schedule = self.recipe.schedule
        if isinstance(schedule, MetricSchedule):
            self.plateau_factor = schedule.after_epoch(metrics.to_dict(), self.schedule_memory)
        return metrics

    def _step(self, x: Floats, targets: Floats, labels: NDArray[np.intp] | None, tally: Tally) -> None:
        """One step of gradient descent on one batch."""
        recipe, network = self.recipe, self.network
        learning_rate = self.learning_rate(self.steps)
        grad = self._grad[: len(x)]

        logits = network.forward(x, step=self.steps)
        loss = recipe.loss.value_and_gradient(logits, targets, out=grad)
        tally.add(loss, logits, labels)
        network.backward(grad)
        self._check(loss)

        # Decoupled weight decay (Loshchilov & Hutter 2019): θ ← (1 − ηλ) θ, for the weights only.
        if recipe.weight_decay:
            network.parameters.weights *= 1 - learning_rate * recipe.weight_decay
        recipe.optimizer.update(
            network.parameters.vector, network.gradients.vector, self.optimizer_state, learning_rate, self.steps
        )
        self.steps += 1

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, from the schedule."""
        factor = self.recipe.schedule.factor(step, max(self.total_steps, 1))
        return self.recipe.learning_rate * factor * self.plateau_factor

    def measure(self) -> dict[str, float | None]:
        """Loss and accuracy on the validation and test data, as the network is now; None where there is none."""
        figures: dict[str, float | None] = {}
        for part, batches in (("validation", self.validation), ("test", self.test)):
            loss, accuracy = (None, None) if batches is None else evaluate(self.network, self.recipe.loss, batches)
            if loss is not None and not math.isfinite(loss):
                raise self._diverged(f"loss on the {part} data")
            figures |= {f"{part}_loss": loss, f"{part}_accuracy": accuracy}
        return figures

    def _check(self, loss: float) -> None:
        """Stop before an update that could only spread NaN; one product tells whether the gradient is finite."""
        gradient = self.network.gradients.vector
        if not math.isfinite(loss):
            raise self._diverged(f"loss ({loss})")
        if not (math.isfinite(np.vdot(gradient, gradient)) or np.isfinite(gradient).all()):
            raise self._diverged("gradient")

    def _diverged(self, what: str) -> DivergedError:
        recipe, done = self.recipe, min(self.steps, max(self.total_steps - 1, 0))
        usual, _ = default_rates(recipe.optimizer, recipe.model, recipe.activation, recipe.loss, recipe.schedule)
        return DivergedError(
            f"training diverged: the {what} is not finite at step {done + 1} of {self.total_steps}, "
            f"learning rate {self.learning_rate(done):.6g}",
            hint=f"try a learning rate below {recipe.learning_rate:g}, such as "
            f"{min(usual, recipe.learning_rate / 10):g} (the default here is {usual:g})",
        )
