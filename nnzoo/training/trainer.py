"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import final

import numpy as np

from nnzoo.errors import DivergedError
from nnzoo.kinds import MetricSchedule
from nnzoo.nn import Network
from nnzoo.training.batches import Batch, Batches
from nnzoo.training.divergence import diverged, not_finite
from nnzoo.training.freezing import Freezing
from nnzoo.training.measures import PARTS
from nnzoo.training.observing import observing_of
from nnzoo.training.probing import Probing
from nnzoo.training.recipe import Recipe
from nnzoo.training.scoring import EpochMetrics, Scorer
from nnzoo.training.state import TrainingState, monitored_figure


@final
class Trainer:
    """Mini-batch gradient descent: for each batch forward, loss, backward, update.

    Parameters
    ----------
    network : Network
        Trained in place.
    recipe : Recipe
        Optimizer, schedule, learning rate, weight decay, epochs and seed.
    scorer : Scorer
        Loss and metrics.
    train : Batches
        The training data.
    validation, test : Batches, optional
        Measured after each epoch. Validation data may select the best epoch; test data never selects a model.
    first_epoch : int
        The number of epochs that the network was trained before; their sample orders and random draws are not repeated.

    ``state`` is the progress, out of ``total_steps``. Setting ``stop_requested`` stops it after the current step.
    """

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        scorer: Scorer,
        train: Batches,
        validation: Batches | None = None,
        test: Batches | None = None,
        *,
        first_epoch: int = 0,
    ) -> None:
        self.network, self.recipe, self.scorer = network, recipe, scorer
        self.train, self.validation, self.test = train, validation, test
        self.first_epoch, self._first_step = first_epoch, first_epoch * len(train)
        self.total_steps = recipe.epochs * len(train)
        self.freezing = Freezing(network, recipe.freeze, recipe.learning_rate_of)
        self._update = self.freezing.update_with(recipe.optimizer)
        self._probing = Probing(recipe.optimizer, network, scorer, self.freezing)
        self.observing = observing_of(
            *(recipe, network, scorer.measures, self.total_steps),
            has_validation=validation is not None,
            first_epoch=first_epoch,
        )
        self.state = TrainingState.initial(
            recipe.optimizer, network.parameters, scorer.tally(), self.observing.arrays(), train.cursor(first_epoch)
        )
        self._memory = self.state.memory_kinds()
        self.stop_requested = False

    def finished(self) -> bool:
        """Whether all epochs are done, an observer ended the training, or early stopping did."""
        done, patience = self.state.epoch, self.recipe.early_stopping
        return (
            done >= self.recipe.epochs
            or bool(self.state.stopped)
            or (patience is not None and done - self.state.best.epoch >= patience)
        )

    def epochs(self) -> Iterator[EpochMetrics]:
        """Train to the end, yielding the figures of each epoch; see `advance`."""
        while not (self.finished() or self.stop_requested) and (metrics := self.advance()):
            yield metrics

    def advance(self, batches: int | None = None) -> EpochMetrics | None:
        """Train to the end of the epoch, or for fewer ``batches``; returns the figures of the epoch if it has ended.

        Raises
        ------
        DivergedError
            At the step where a loss or gradient is not finite, before the parameters change.
        """
        state, started = self.state, time.perf_counter()
        self.freezing.keep()
        until = len(self.train) if batches is None else min(state.batch + batches, len(self.train))
        with self.network.on_threads(self.recipe.threads), np.errstate(all="ignore"):  # _step checks for not finite
            epoch = self.first_epoch + state.epoch + 1
            for batch in self.train.shuffled(self.recipe.seed, epoch, first=state.batch, cursor=state.stream):
                self._step(batch)
                if state.batch >= until or self.stop_requested:
                    break
            state.require_same_memory(self.recipe.optimizer, self._memory)
            state.epoch_seconds += time.perf_counter() - started
            return self._end_epoch(epoch) if state.batch == len(self.train) and not self.stop_requested else None

    def _step(self, batch: Batch) -> None:
        """One step of gradient descent on one batch."""
        recipe, network, state, scorer = self.recipe, self.network, self.state, self.scorer
        learning_rate = self.learning_rate(state.steps)

        outputs = network.forward(batch.inputs, step=self._first_step + state.steps)
        rows = scorer.rows(outputs)
        losses, grad = scorer.losses(rows, batch)
        loss = batch.average(losses, grad) + network.penalty  # grad is now the gradient of the batch's mean loss
        scorer.count(state.tally, loss, rows, batch)
        network.backward(grad.reshape(outputs.shape))
        self.freezing.before_step()  # frozen arrays have no gradient
        self._probing.gradient(batch, state.optimizer, learning_rate, state.steps, self._first_step)
        if (cause := not_finite(loss, network.gradients.vector)) is not None:
            raise self._diverged(cause)
        self.observing.gradient(state, loss, learning_rate)

        # Decoupled weight decay (Loshchilov & Hutter 2019): θ ← (1 − ηλ) θ, for the weights only.
        if recipe.weight_decay:
            network.parameters.weights *= 1 - learning_rate * recipe.weight_decay
        self._update(state.optimizer, learning_rate, state.steps)
        state.steps += 1
        state.batch += 1
        self.observing.after_step(state)
        self.freezing.restore()

    def _end_epoch(self, epoch: int) -> EpochMetrics:
        state, schedule, network = self.state, self.recipe.schedule, self.network
        if not np.isfinite(network.parameters.vector).all():
            raise self._diverged("last update")
        with self.observing.own_weights(state):
            self.freezing.restore()
            metrics = EpochMetrics(
                epoch=epoch,
                learning_rate=self.learning_rate(state.steps - 1),
                figures={**self.trained_figures(), **self.measure()},
                seconds=state.epoch_seconds,
                measures=self.scorer.measures,
            )
            state.end_epoch(
                monitored_figure(self.recipe, metrics.figures, state.best, self.validation is not None),
                network.parameters.vector,
                network.state.vector,
                higher_is_better=self.scorer.measures[self.recipe.monitor].higher_is_better,
            )
        if isinstance(schedule, MetricSchedule):
            state.ask(schedule, metrics.to_dict())
        self.observing.after_epoch(state, metrics.to_dict())
        return metrics

    def keep_best(self) -> int | None:
        """Put the final weights into the network; returns the best epoch's number if the recipe keeps that one.

        Only validation data selects it. The last epoch's weights may be an observer's, such as an average.
        """
        best, network = self.state.best, self.network
        if self.recipe.keep != "best" or best.parameters is None or best.state is None:
            with self.freezing.held():
                self.observing.take_weights(self.state)
            return None
        network.parameters.vector[...] = best.parameters
        network.state.vector[...] = best.state
        return best.epoch

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, from the schedule."""
        factor = float(self.recipe.schedule.factor(step, max(self.total_steps, 1)))
        return self.recipe.learning_rate * factor * self.state.plateau_factor

    def trained_figures(self) -> dict[str, float | None]:
        """Loss and metrics of the current epoch's training batches; None before the first step."""
        tally, scorer = self.state.tally, self.scorer
        values = {"loss": tally.loss, **scorer.values(tally)} if tally.rows else dict.fromkeys(scorer.figures)
        return {f"{PARTS[0]}_{name}": values[name] for name in scorer.figures}

    def measure(self) -> dict[str, float | None]:
        """Loss and metrics of the network on the validation and test data; None without such data."""
        figures: dict[str, float | None] = {}
        for part, batches in zip(PARTS[1:], (self.validation, self.test), strict=True):
            missing: dict[str, float | None] = dict.fromkeys(self.scorer.figures)
            values = missing if batches is None else self.scorer.evaluate(self.network, batches)
            if not math.isfinite(values["loss"] or 0.0):
                raise self._diverged(f"loss on the {part} data")
            figures |= {f"{part}_{name}": value for name, value in values.items()}
        return figures

    def _diverged(self, cause: str) -> DivergedError:
        step = min(self.state.steps, max(self.total_steps - 1, 0))
        rate, stepped = self.learning_rate(step), self.state.steps > 0
        return diverged(cause, self.recipe, self.network, step, self.total_steps, rate, stepped=stepped)
